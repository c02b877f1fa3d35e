//! What the spool is told, and why it may not open.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use agentguard_api::Workload;
use agentguard_telemetry::metrics::MetricError;

/// The least that makes sense: a few segments of a few records.
const MIN_CAP: u64 = 64 << 10;

/// What the spool is told.
#[derive(Clone, Debug)]
pub struct SpoolConfig {
    /// Bytes of records on disk, all instances together. At the cap the oldest verdicts that flag nothing go first.
    pub cap_bytes: u64,
    /// Verdicts in memory on the way to the disk.
    pub queue_events: usize,
    /// Bytes of captured content among them, about.
    pub queue_bytes: usize,
    /// The longest that a verdict waits for its fsync.
    pub sync_interval: Duration,
    /// So many verdicts are synced without waiting.
    pub sync_events: u64,
    /// Who, for heartbeats of instances that are gone.
    pub workload: Workload,
}

impl Default for SpoolConfig {
    fn default() -> Self {
        Self {
            cap_bytes: 256 << 20,
            queue_events: 8192,
            queue_bytes: 32 << 20,
            sync_interval: Duration::from_millis(25),
            sync_events: 1024,
            workload: Workload::default(),
        }
    }
}

impl SpoolConfig {
    /// Segments are what is evicted and deleted: small against the cap, large enough that files are few.
    pub(super) fn segment_bytes(&self) -> u64 {
        (self.cap_bytes / 64).clamp(4 << 10, 1 << 20)
    }

    pub(super) fn check(&self) -> Result<(), SpoolError> {
        let too_small = |what, value, min| Err(SpoolError::TooSmall { what, value, min });
        if self.cap_bytes < MIN_CAP {
            return too_small("cap_bytes", self.cap_bytes, MIN_CAP);
        }
        if self.queue_events == 0 {
            return too_small("queue_events", 0, 1);
        }
        if self.sync_events == 0 {
            return too_small("sync_events", 0, 1);
        }
        Ok(())
    }
}

/// Why there is no spool.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// A setting is out of range.
    #[error("spool: {what} is {value}; allowed: {min} or more")]
    TooSmall {
        /// Which.
        what: &'static str,
        /// As given.
        value: u64,
        /// The least allowed.
        min: u64,
    },
    /// Another process writes there.
    #[error("spool: {} is in use by another process; give each proxy a directory of its own", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The disk said no.
    #[error("spool: cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A metric's name is taken: two spools on one registry.
    #[error("spool: {0}")]
    Metrics(#[from] MetricError),
}

impl SpoolError {
    /// For `map_err`.
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}
