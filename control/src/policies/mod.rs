//! Policies: versions that never change, what is published of them, and the signed bundle that every sidecar of a tenant fetches.
//!
//! Whatever changes what sidecars go by is one transaction under one lock, and ends with a new bundle ([`issue`]). Every replica holds
//! the newest bundle of each tenant in memory ([`heads`]); questions that wait for the next one wait for that, not for the database.

mod canary;
mod heads;
mod issue;
mod keys;
mod kill;
mod publish;
mod reports;
mod simulate;
mod state;
mod versions;

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore, watch};

pub(crate) use heads::{Head, Waited};
pub use keys::KeyError;
pub(crate) use keys::Keys;
pub(crate) use simulate::{Candidate, simulate};
pub(crate) use versions::{parse, validate};

use crate::store::StoreError;
use crate::store::records::Records;
use heads::Heads;
use reports::Reports;

/// Whoever changes policies waits for whoever is at it, on whichever replica.
const LOCK: &str = "policies";
/// As the author of what was done without anybody asking for it.
const OURSELVES: &str = "control plane";

/// The policies of every tenant.
pub(crate) struct Policies {
    records: Records,
    keys: Keys,
    heads: watch::Sender<Heads>,
    wake: Notify,
    waiting: Arc<Semaphore>,
    reports: Reports,
}

/// Why it is not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It does not go together with how things are.
    #[error("{0}")]
    Conflict(String),
    #[error("{field}: {what}")]
    Invalid { field: &'static str, what: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Policies {
    /// Over these tables; at most `waiting` questions wait for a new bundle at once.
    pub(crate) fn new(records: Records, keys: Keys, waiting: usize) -> Self {
        Self {
            records,
            keys,
            heads: watch::Sender::new(Heads::default()),
            wake: Notify::new(),
            waiting: Arc::new(Semaphore::new(waiting)),
            reports: Reports::default(),
        }
    }

    /// The keys that sign.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What sidecars say of the bundle.
    pub(crate) fn reports(&self) -> &Reports {
        &self.reports
    }
}

/// A number of the database.
fn number(value: i64) -> u64 {
    value.unsigned_abs()
}

/// A number for the database; none of ours come near its end.
fn stored(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unreadable(what: &str, error: &serde_json::Error) -> StoreError {
    StoreError::Damaged(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests;
