//! One proxy instance as a store knows it: who it is, what it last said, and its ledger. The same for every database.

use std::collections::BTreeMap;

use agentguard_api::query::Sidecar;
use agentguard_api::{Heartbeat, LossReason, Unjudged, Workload};
use uuid::Uuid;

use super::{Received, StoreError};
use crate::ledger::Ledger;

/// Instances listed at once: the ones seen last.
pub(in crate::store) const LISTED: i64 = 5_000;

/// An instance as the writer knows it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::store) struct Instance {
    pub(in crate::store) inst: i64,
    pub(in crate::store) ledger: Ledger,
    pub(in crate::store) stored: u64,
    pub(in crate::store) rejected: u64,
    pub(in crate::store) instance: Uuid,
    pub(in crate::store) workload: Workload,
    pub(in crate::store) version: String,
    pub(in crate::store) policy: String,
    pub(in crate::store) started: i64,
    pub(in crate::store) last_seen: Received,
    pub(in crate::store) produced: u64,
    pub(in crate::store) in_flight: u64,
    pub(in crate::store) spool_bytes: u64,
    pub(in crate::store) seen: u64,
    pub(in crate::store) judged: u64,
    pub(in crate::store) lost: BTreeMap<LossReason, u64>,
    pub(in crate::store) not_checked: Vec<Unjudged>,
}

impl Instance {
    /// Takes note of a batch.
    pub(in crate::store) fn heard(&mut self, received: Received, workload: &Workload) {
        self.last_seen = self.last_seen.max(received);
        if self.workload == Workload::default() {
            self.workload = workload.clone();
        }
    }

    /// Takes over what the instance says of itself.
    pub(in crate::store) fn beat(&mut self, heartbeat: &Heartbeat, received: Received) {
        self.last_seen = self.last_seen.max(received);
        self.workload = heartbeat.workload.clone();
        self.version.clone_from(&heartbeat.version);
        // One that has not read its policy yet, or again, is silent about it: what it said before still holds.
        if !heartbeat.policy.is_empty() {
            self.policy.clone_from(&heartbeat.policy);
        }
        self.started = heartbeat.started;
        // A heartbeat that was overtaken by a later one takes nothing back.
        self.produced = self.produced.max(heartbeat.produced);
        self.in_flight = heartbeat.in_flight;
        self.spool_bytes = heartbeat.spool_bytes;
        self.seen = self.seen.max(heartbeat.seen);
        self.judged = self.judged.max(heartbeat.judged);
        self.lost.clone_from(&heartbeat.lost);
        // The counts only grow, and a proxy that is older, or has come to its end, tells of none.
        if connections(&heartbeat.not_checked) >= connections(&self.not_checked) {
            self.not_checked.clone_from(&heartbeat.not_checked);
        }
        for &(start, end) in &heartbeat.lost_ranges {
            self.ledger.insert(start, end);
        }
    }

    /// As it is answered.
    pub(in crate::store) fn sidecar(&self) -> Sidecar {
        let lost: u64 = self.lost.values().fold(0, |sum, &n| sum.saturating_add(n));
        let explained = self.stored.saturating_add(self.rejected).saturating_add(lost);
        let produced = self.produced.max(explained);
        Sidecar {
            instance: self.instance,
            workload: self.workload.clone(),
            version: self.version.clone(),
            started: self.started,
            last_seen: self.last_seen,
            produced,
            stored: self.stored,
            rejected: self.rejected,
            lost: self.lost.iter().map(|(reason, &n)| (reason.as_str().to_owned(), n)).collect(),
            in_flight: self.in_flight,
            unexplained: self.ledger.unexplained(),
            completeness: if produced == 0 { 1.0 } else { explained as f64 / produced as f64 },
            policy: self.policy.clone(),
            seen: self.seen,
            judged: self.judged,
            not_checked: self.not_checked.clone(),
        }
    }
}

fn connections(unjudged: &[Unjudged]) -> u64 {
    unjudged.iter().fold(0, |sum, one| sum.saturating_add(one.connections))
}

/// The databases' integers are signed.
pub(in crate::store) fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A column that holds JSON.
pub(in crate::store) fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Damaged(e.to_string()))
}

/// Reads such a column.
pub(in crate::store) fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Damaged(e.to_string()))
}
