//! Everything that is on disk, of all instances, under one lock that the data path never takes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;
use uuid::Uuid;

use super::instance::{Instance, Lane};
use super::metrics::Metrics;
use super::queue::Queue;

/// A disk that fails fails often; it is logged once in this time.
const QUIET: Duration = Duration::from_secs(10);

/// What the handle, the writer and the reader share.
#[derive(Debug)]
pub(super) struct Shared {
    /// The instance of this process.
    pub(super) live: Uuid,
    pub(super) queue: Queue,
    pub(super) metrics: Metrics,
    /// There is something to send.
    pub(super) news: Notify,
    shelf: Mutex<Shelf>,
    logged: Mutex<Option<Instant>>,
}

/// The instances and how much they may hold.
#[derive(Debug)]
pub(super) struct Shelf {
    /// Version 7 ids: the oldest first.
    pub(super) instances: BTreeMap<Uuid, Instance>,
    /// Bytes of all segments, as far as they are published.
    pub(super) bytes: u64,
    cap: u64,
    /// Keeps other processes out for as long as it is open.
    _lock: File,
}

impl Shared {
    pub(super) fn new(live: Uuid, queue: Queue, metrics: Metrics, shelf: Shelf) -> Self {
        let shared = Self {
            live,
            queue,
            metrics,
            news: Notify::new(),
            shelf: Mutex::new(shelf),
            logged: Mutex::default(),
        };
        shared.shelf(|_| ());
        shared
    }

    /// Works on the shelf and brings the gauges up to date.
    pub(super) fn shelf<R>(&self, work: impl FnOnce(&mut Shelf) -> R) -> R {
        let mut shelf = self.shelf.lock();
        let result = work(&mut shelf);
        self.metrics.bytes.set(shelf.bytes as i64);
        self.metrics.records.set(shelf.instances.values().map(|instance| instance.records as i64).sum());
        result
    }

    /// Counts and logs what the disk refused. It never ends the spool: what it cost is counted as lost.
    pub(super) fn failed(&self, what: &str, error: &io::Error) {
        self.metrics.errors.inc();
        let mut logged = self.logged.lock();
        if logged.is_none_or(|at| at.elapsed() >= QUIET) {
            *logged = Some(Instant::now());
            tracing::warn!(%error, "spool: cannot {what}");
        }
    }
}

impl Shelf {
    pub(super) fn new(cap: u64, lock: File) -> Self {
        Self { instances: BTreeMap::new(), bytes: 0, cap, _lock: lock }
    }

    /// Bytes that fit beside what is there and `unpublished`.
    pub(super) fn room(&self, unpublished: u64) -> u64 {
        self.cap.saturating_sub(self.bytes + unpublished)
    }

    /// The most bytes to be sent at a time.
    pub(super) fn parcel(&self) -> usize {
        usize::try_from(self.cap / 4).unwrap_or(usize::MAX)
    }

    /// The instance of this process.
    pub(super) fn live(&mut self, id: Uuid) -> &mut Instance {
        self.instances
            .get_mut(&id)
            .expect("the live instance is put here when the spool opens and never removed")
    }

    /// Gives up the oldest segment of the lane that was never sent from, of the oldest instance that has one.
    /// False: there is none.
    pub(super) fn evict(&mut self, lane: Lane, shared: &Shared) -> bool {
        let Some((freed, done)) = self.instances.values_mut().find_map(|instance| instance.evict(lane))
        else {
            return false;
        };
        self.bytes -= freed;
        if let Err(error) = done {
            shared.failed("make room", &error);
        }
        true
    }
}
