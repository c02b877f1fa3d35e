//! Places for connections. When all are taken, a newcomer gets the place of whoever has been there longest without saying what it
//! wants: connections that are opened and left, by the thousand, keep nobody else out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Until one that is sent away has left.
const LEAVES: Duration = Duration::from_secs(1);

/// The places of one proxy, all its listeners together.
#[derive(Clone)]
pub(crate) struct Places {
    all: Arc<Semaphore>,
    strangers: Arc<Mutex<Strangers>>,
}

/// Connections that have not said what they want, by age.
#[derive(Default)]
struct Strangers {
    came: u64,
    waiting: BTreeMap<u64, Arc<Notify>>,
}

/// A connection that has come in.
pub(crate) struct Newcomer {
    number: u64,
    place: Option<OwnedSemaphorePermit>,
    sent_away: Arc<Notify>,
    places: Places,
}

impl Places {
    pub(crate) fn new(connections: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(connections)), strangers: Arc::default() }
    }

    /// Lets a connection in. `None`: every place is taken by one that is in use.
    pub(crate) fn admit(&self) -> Option<Newcomer> {
        let place = self.all.clone().try_acquire_owned().ok();
        let mut strangers = self.strangers.lock();
        if place.is_none() {
            let (_, oldest) = strangers.waiting.pop_first()?;
            oldest.notify_one();
        }
        let number = strangers.came;
        strangers.came += 1;
        let sent_away = Arc::new(Notify::new());
        strangers.waiting.insert(number, sent_away.clone());
        drop(strangers);
        Some(Newcomer { number, place, sent_away, places: self.clone() })
    }
}

impl Newcomer {
    /// Its place, as soon as it is free. `None`: it was not, in time.
    pub(crate) async fn place(&mut self) -> Option<OwnedSemaphorePermit> {
        match self.place.take() {
            Some(place) => Some(place),
            None => timeout(LEAVES, self.places.all.clone().acquire_owned()).await.ok()?.ok(),
        }
    }

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
