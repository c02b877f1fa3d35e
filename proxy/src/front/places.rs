//! Places for connections. When all are taken, a newcomer gets the place of whoever has been there longest without saying what it
//! wants: connections that are opened and left, by the thousand, keep nobody else out.

use std::collections::BTreeMap;
use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Until one that is sent away has left.
const LEAVES: Duration = Duration::from_secs(1);
/// Until a place that is changing hands has been taken.
const SETTLES: Duration = Duration::from_millis(50);

/// The places of one proxy, all its listeners together.
#[derive(Clone)]
pub(crate) struct Places {
    all: Arc<Semaphore>,
    strangers: Arc<Mutex<Strangers>>,
    /// Told whenever a connection has got its place.
    seated: Arc<Notify>,
}

/// Connections that have a place and have not said what they want, by age.
#[derive(Default)]
struct Strangers {
    came: u64,
    waiting: BTreeMap<u64, Arc<Notify>>,
}

/// A connection that has come in.
pub(crate) struct Newcomer {
    number: u64,
    sent_away: Arc<Notify>,
    places: Places,
}

impl Places {
    pub(crate) fn new(connections: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(connections)), strangers: Arc::default(), seated: Arc::default() }
    }

    /// Lets a connection in. `None`: every place is taken by one that is in use.
    pub(crate) async fn admit(&self) -> Option<(Newcomer, OwnedSemaphorePermit)> {
        let place = timeout(LEAVES, self.place()).await.ok()??;
        let sent_away = Arc::new(Notify::new());
        let mut strangers = self.strangers.lock();
        let number = strangers.came;
        strangers.came += 1;
        strangers.waiting.insert(number, sent_away.clone());
        drop(strangers);
        self.seated.notify_waiters();
        Some((Newcomer { number, sent_away, places: self.clone() }, place))
    }

    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            let mut seated = pin!(self.seated.notified());
            seated.as_mut().enable();
            let mut free = Box::pin(self.all.clone().acquire_owned());
            let oldest = tokio::select! {
                biased;
                place = &mut free => return place.ok(),
                // It stands in line before it sends somebody away: whoever comes after it must not get the place.
                oldest = ready(()).map(|()| self.strangers.lock().waiting.pop_first()) => oldest,
            };
            if let Some((_, oldest)) = oldest {
                oldest.notify_one();
                return free.await.ok();
            }
            // Nobody to send away; but somebody may just be sitting down. Who sends nobody away has no claim to stand in line.
            drop(free);
            timeout(SETTLES, seated).await.ok()?;
        }
    }
}

impl Newcomer {
    /// It has said what it wants, and keeps its place.
    pub(crate) fn known(&self) {
        self.places.strangers.lock().waiting.remove(&self.number);
    }

    /// Waits until somebody else needs its place more.
    pub(crate) async fn sent_away(&self) {
        self.sent_away.notified().await;
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        self.known();
    }
}

#[cfg(test)]
mod tests;
