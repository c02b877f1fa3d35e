//! One row an instance: who it is, what it last said, and its ledger.

use std::collections::BTreeMap;

use agentguard_api::query::Sidecar;
use agentguard_api::{Heartbeat, LossReason, Unjudged, Workload};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::ledger::Ledger;
use crate::store::{Received, StoreError};

/// Instances listed at once: the ones seen last.
const LISTED: i64 = 5_000;

const COLUMNS: &str = "inst, instance, workload, version, policy, started, last_seen, produced, in_flight, spool_bytes, \
                       seen, judged, lost, stored, rejected, forgotten, known, not_checked";

/// An instance as the writer knows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Instance {
    pub(super) inst: i64,
    pub(super) ledger: Ledger,
    pub(super) stored: u64,
    pub(super) rejected: u64,
    instance: Uuid,
    workload: Workload,
    version: String,
    policy: String,
    started: i64,
    last_seen: Received,
    produced: u64,
    in_flight: u64,
    spool_bytes: u64,
    seen: u64,
    judged: u64,
    lost: BTreeMap<LossReason, u64>,
    not_checked: Vec<Unjudged>,
}

impl Instance {
    /// Takes note of a batch.
    pub(super) fn heard(&mut self, received: Received, workload: &Workload) {
        self.last_seen = self.last_seen.max(received);
        if self.workload == Workload::default() {
            self.workload = workload.clone();
        }
    }

    /// Takes over what the instance says of itself.
    pub(super) fn beat(&mut self, heartbeat: &Heartbeat, received: Received) {
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

    fn sidecar(&self) -> Sidecar {
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

/// The row of an instance, made when new.
pub(super) async fn load(
    conn: &mut SqliteConnection,
    instance: Uuid,
    received: Received,
) -> Result<Instance, StoreError> {
    sqlx::query("INSERT INTO instance (instance, last_seen) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(instance.as_bytes().as_slice())
        .bind(received)
        .execute(&mut *conn)
        .await?;
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM instance WHERE instance = ?"));
    read(&sqlx::query(sql).bind(instance.as_bytes().as_slice()).fetch_one(conn).await?)
}

/// Writes the row back.
pub(super) async fn save(conn: &mut SqliteConnection, row: &Instance) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE instance SET workload = ?, version = ?, policy = ?, started = ?, last_seen = ?, produced = ?, \
         in_flight = ?, spool_bytes = ?, seen = ?, judged = ?, lost = ?, stored = ?, rejected = ?, forgotten = ?, \
         known = ?, not_checked = ? WHERE inst = ?",
    )
    .bind(json(&row.workload)?)
    .bind(&row.version)
    .bind(&row.policy)
    .bind(row.started)
    .bind(row.last_seen)
    .bind(number(row.produced))
    .bind(number(row.in_flight))
    .bind(number(row.spool_bytes))
    .bind(number(row.seen))
    .bind(number(row.judged))
    .bind(json(&row.lost)?)
    .bind(number(row.stored))
    .bind(number(row.rejected))
    .bind(number(row.ledger.forgotten()))
    .bind(row.ledger.encode())
    .bind(json(&row.not_checked)?)
    .bind(row.inst)
    .execute(conn)
    .await?;
    Ok(())
}

/// Every instance, seen last first.
pub(super) async fn all(readers: &SqlitePool) -> Result<Vec<Sidecar>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM instance ORDER BY last_seen DESC, inst DESC LIMIT {LISTED}"
    ));
    let rows = sqlx::query(sql).fetch_all(readers).await?;
    rows.iter().map(|row| read(row).map(|instance| instance.sidecar())).collect()
}

fn read(row: &SqliteRow) -> Result<Instance, StoreError> {
    let count = |i: usize| row.try_get::<i64, _>(i).map(|n| n as u64);
    Ok(Instance {
        inst: row.try_get(0)?,
        instance: Uuid::from_slice(row.try_get(1)?).map_err(|e| StoreError::Damaged(e.to_string()))?,
        workload: parse(row.try_get(2)?)?,
        version: row.try_get(3)?,
        policy: row.try_get(4)?,
        started: row.try_get(5)?,
        last_seen: row.try_get(6)?,
        produced: count(7)?,
        in_flight: count(8)?,
        spool_bytes: count(9)?,
        seen: count(10)?,
        judged: count(11)?,
        lost: parse(row.try_get(12)?)?,
        stored: count(13)?,
        rejected: count(14)?,
        ledger: Ledger::decode(row.try_get(16)?, count(15)?)
            .map_err(|e| StoreError::Damaged(e.to_string()))?,
        not_checked: parse(row.try_get(17)?)?,
    })
}

/// SQLite's integers are signed.
fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Damaged(e.to_string()))
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Damaged(e.to_string()))
}
