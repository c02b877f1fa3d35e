//! Verdicts on disk until the control plane has stored them.
//!
//! [`Spool::record`](Recorder::record) numbers an event and queues it; a thread writes it to a segment and syncs in groups;
//! the [`SpoolReader`] hands synced events out in order; what the control plane acknowledges is deleted.
//!
//! **What is promised.** A verdict is *kept* once its group is synced, [`SpoolConfig::sync_interval`] after it was recorded at
//! the latest: from then on it reaches the control plane, or its seq is reported lost with the reason, whatever is killed or
//! pulled out. A process that is killed loses, uncounted, at most what it recorded within that interval and had not yet
//! written; such seqs were never counted as produced either (`produced` is the highest seq that is on disk or lost), unless a higher one of
//! the other lane was written already: then the gap is counted as lost. So for
//! every instance, at every moment, `produced = acknowledged + lost + in_flight`.
//!
//! **What is lost first.** At the cap the oldest segments of verdicts that flag nothing, then, and only for newer flagged ones,
//! the oldest flagged. What was sent at least once is not evicted: it may be stored already. When the disk is slower than the
//! traffic the queue fills, and newer verdicts are counted as lost; traffic never waits.
//!
//! It knows nothing of HTTP or of the control plane: see [`crate::report`].

mod accounts;
mod appender;
mod config;
mod cursor;
mod instance;
mod losses;
mod metrics;
mod queue;
mod ranges;
mod reader;
mod record;
mod recover;
mod shelf;
mod writer;

use std::fs::{DirBuilder, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use agentguard_api::VerdictEvent;
use parking_lot::Mutex;
use prometheus::Registry;
use uuid::Uuid;

pub use accounts::{Account, Accounts};
pub use config::{SpoolConfig, SpoolError};
pub use reader::{Parcel, SpoolReader};

use crate::Recorder;
use instance::{FORMAT, Instance, Lane, Meta};
use metrics::Metrics;
use queue::Queue;
use shelf::{Shared, Shelf};
use writer::Writer;

/// The recording end. Dropping it writes and syncs what is queued.
#[derive(Debug)]
pub struct Spool {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Spool {
    /// Opens the spool in a directory, which is made when missing, and takes up what earlier instances left there. Reads all
    /// that they left, so it may take a second for a full spool.
    ///
    /// # Errors
    /// The directory cannot be used, or another process uses it.
    pub fn open(
        dir: &Path,
        config: &SpoolConfig,
        registry: &Registry,
    ) -> Result<(Self, SpoolReader), SpoolError> {
        config.check()?;
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(SpoolError::io("create", dir))?;
        let path = dir.join("lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let lock = lock.map_err(SpoolError::io("open", &path))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => SpoolError::InUse { path: dir.to_owned() },
            TryLockError::Error(source) => SpoolError::Io { what: "lock", path, source },
        })?;

        let metrics = Metrics::new(registry)?;
        let mut shelf = Shelf::new(config.cap_bytes, lock);
        let (found, bytes) = recover::all(dir, &metrics).map_err(SpoolError::io("read", dir))?;
        shelf.bytes = bytes;
        shelf.instances.extend(found.into_iter().map(|instance| (instance.id, instance)));

        let live = Uuid::now_v7();
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let meta = Meta {
            format: FORMAT,
            started: recover::started(live),
            version,
            workload: config.workload.clone(),
        };
        shelf.instances.insert(live, Instance::new(live, dir, meta, metrics.lost.clone()));
        let queue = Queue::new(live, config.queue_events, config.queue_bytes);
        let shared = Arc::new(Shared::new(live, queue, metrics, shelf));
        // The cap may have been lowered since.
        while shared.shelf(|shelf| {
            shelf.bytes > config.cap_bytes && Lane::BOTH.into_iter().any(|lane| shelf.evict(lane, &shared))
        }) {}

        let writer = Writer::new(Arc::clone(&shared), config);
        let thread = std::thread::Builder::new().name("spool".to_owned()).spawn(move || writer.run());
        let thread = thread.map_err(SpoolError::io("start the writer of", dir))?;
        let reader = SpoolReader::new(Arc::clone(&shared));
        Ok((Self { shared, writer: Mutex::new(Some(thread)) }, reader))
    }

    /// The instance of this process: new at every start.
    #[must_use]
    pub fn instance(&self) -> Uuid {
        self.shared.live
    }
}

impl Recorder for Spool {
    /// Numbers the event and queues it: microseconds, no disk.
    fn record(&self, event: VerdictEvent) {
        self.shared.queue.push(event);
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.shared.queue.close();
        if let Some(writer) = self.writer.lock().take() {
            // It only ends otherwise by a panic, which was reported.
            let _ = writer.join();
        }
    }
}

#[cfg(test)]
mod tests;
