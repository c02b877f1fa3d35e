//! The live tail: every stored verdict, from the writer straight to whoever reads along; never from the database.
//!
//! A reader that is too slow loses events and is told how many; it never slows the writer. The newest [`KEPT`] are kept so
//! that a reader whose connection broke can go on where it was.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::store::{Event, Filter, Scope};

/// Events that a reader may be behind.
const BEHIND: usize = 1024;
/// Events kept for readers that come back.
const KEPT: usize = 512;

/// Where events are published.
pub(crate) struct Hub {
    live: broadcast::Sender<Arc<Entry>>,
    kept: Mutex<Kept>,
    /// Tells this process from the one before it in event ids.
    boot: u32,
}

struct Kept {
    next: u64,
    entries: VecDeque<Arc<Entry>>,
}

/// A published event.
pub(crate) struct Entry {
    /// Gapless within this process, from 1.
    pub(crate) number: u64,
    pub(crate) tenant: Arc<str>,
    pub(crate) instance: Uuid,
    pub(crate) event: Event,
}

impl Entry {
    /// Whether a reader with this scope and filter gets it.
    pub(crate) fn passes(&self, scope: &Scope, filter: &Filter) -> bool {
        scope.admits(&self.tenant, &self.event.shape.namespace) && filter.admits(self.instance, &self.event)
    }
}

/// What a reader begins with.
pub(crate) struct Start {
    /// Missed since the last event it saw and no longer kept.
    pub(crate) lost: u64,
    /// Missed and still there.
    pub(crate) missed: Vec<Arc<Entry>>,
    /// Everything from now on.
    pub(crate) live: broadcast::Receiver<Arc<Entry>>,
}

impl Hub {
    /// An empty hub.
    pub(crate) fn new() -> Self {
        let (live, _) = broadcast::channel(BEHIND);
        let kept = Mutex::new(Kept { next: 1, entries: VecDeque::with_capacity(KEPT) });
        Self { live, kept, boot: rand::random() }
    }

    /// Publishes a stored event.
    pub(crate) fn publish(&self, tenant: &Arc<str>, instance: Uuid, mut event: Event) {
        event.content = None;
        let mut kept = self.kept.lock();
        let entry = Arc::new(Entry { number: kept.next, tenant: Arc::clone(tenant), instance, event });
        kept.next += 1;
        if kept.entries.len() == KEPT {
            kept.entries.pop_front();
        }
        kept.entries.push_back(Arc::clone(&entry));
        // Nobody reading along is no error. Sent under the lock, so that the order is that of the numbers.
        let _ = self.live.send(entry);
    }

    /// The id of an entry in the event stream.
    pub(crate) fn id(&self, number: u64) -> String {
        format!("{:08x}-{number}", self.boot)
    }

    /// Joins: from the id seen last when it is one of ours, else from now.
    pub(crate) fn join(&self, last_id: Option<&str>) -> Start {
        let kept = self.kept.lock();
        let live = self.live.subscribe();
        let last = last_id
            .and_then(|id| id.split_once('-'))
            .filter(|(boot, _)| *boot == format!("{:08x}", self.boot))
            .and_then(|(_, number)| number.parse::<u64>().ok())
            .filter(|&number| number < kept.next);
        let Some(last) = last else { return Start { lost: 0, missed: Vec::new(), live } };
        let missed: Vec<_> = kept.entries.iter().filter(|e| e.number > last).cloned().collect();
        let lost = (kept.next - 1 - last).saturating_sub(missed.len() as u64);
        Start { lost, missed, live }
    }
}

#[cfg(test)]
mod tests;
