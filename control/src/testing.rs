//! Events for this crate's own tests, made the way ingest makes them.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::ingest::event;
use crate::store::scope::DEFAULT_TENANT;
use crate::store::{BadEvent, Done, Event, Incoming, Scope, Work};

/// 2026-01-01T00:00:00Z, microseconds: a whole day, hour and minute.
pub(crate) const DAY0: i64 = 1_767_225_600_000_000;

/// A grounded event with members replaced.
pub(crate) fn json(instance: Uuid, seq: u64, ts: i64, changes: &Value) -> Value {
    let mut event = json!({
        "id": Uuid::now_v7(), "instance": instance, "seq": seq, "ts": ts, "direction": "outbound",
        "provider": "openai", "host": "api.openai.com", "path": "/v1/chat/completions", "model": "gpt-4o-mini",
        "response_id": format!("chatcmpl-{seq}"), "verdict": "grounded", "risk": 0.1, "action": "annotate",
        "mode": "pass", "explanation": "Every one of the 3 sentences follows from the evidence.", "judge": "rules-1",
        "latency": { "total_ms": 812.34, "first_byte_ms": 210.0, "judge_ms": 0.4, "held_ms": 0.0 },
        "workload": { "namespace": "shop", "name": "assistant", "pod": "assistant-1" },
    });
    for (name, value) in changes.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

/// An event as ingest hands it to the store.
pub(crate) fn event(instance: Uuid, seq: u64, ts: i64, changes: &Value) -> Event {
    let raw = json(instance, seq, ts, changes).to_string();
    event::read(&raw, usize::try_from(seq).unwrap(), instance, i64::MAX / 2, 1 << 20, None).unwrap().0
}

/// A batch of events.
pub(crate) fn batch(instance: Uuid, events: Vec<Event>) -> Work {
    batch_with(instance, events, Vec::new())
}

/// A batch with events that cannot be stored.
pub(crate) fn batch_with(instance: Uuid, events: Vec<Event>, bad: Vec<BadEvent>) -> Work {
    of(DEFAULT_TENANT, instance, events, bad)
}

/// A batch of some tenant.
pub(crate) fn of(tenant: &str, instance: Uuid, events: Vec<Event>, bad: Vec<BadEvent>) -> Work {
    let tenant = Arc::from(tenant);
    Work::Batch(Incoming { tenant, instance, received: DAY0, workload: Default::default(), events, bad })
}

/// Everything of the one tenant.
pub(crate) fn all() -> Scope {
    Scope::tenant(DEFAULT_TENANT)
}

/// The reply to the one batch.
pub(crate) fn reply(done: Vec<Done>) -> agentguard_api::BatchReply {
    match done.into_iter().next() {
        Some(Done::Batch(reply, _)) => reply,
        other => panic!("no batch: {other:?}"),
    }
}

/// The small tables of accounts and audit, empty, on SQLite and on PostgreSQL. The folder has to outlive the first.
pub(crate) async fn both() -> [(Option<tempfile::TempDir>, crate::store::records::Records); 2] {
    use crate::store::records::Records;
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
    let dir = tempfile::TempDir::new().unwrap();
    let options = SqliteConnectOptions::new().filename(dir.path().join("t.db")).create_if_missing(true);
    let options = options.foreign_keys(true).busy_timeout(std::time::Duration::from_secs(10));
    let options = options.journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    let writes = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.unwrap();
    let reads = SqlitePoolOptions::new().max_connections(2).connect_with(options).await.unwrap();
    sqlx::raw_sql(include_str!("../migrations/sqlite/0010_identity.sql")).execute(&writes).await.unwrap();
    let url =
        tokio::task::spawn_blocking(|| agentguard_testbed::Postgres::shared().database()).await.unwrap();
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    sqlx::raw_sql(include_str!("../migrations/postgres/0010_identity.sql")).execute(&pool).await.unwrap();
    [(Some(dir), Records::sqlite(reads, writes)), (None, Records::postgres(pool))]
}
