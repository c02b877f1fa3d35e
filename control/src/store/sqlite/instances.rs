//! The rows of the instances.

use agentguard_api::query::Sidecar;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::ledger::Ledger;
use crate::store::instance::{Instance, LISTED, json, number, parse};
use crate::store::scope::{Namespaces, Scope};
use crate::store::shapes::Shapes;
use crate::store::{Received, StoreError};

const COLUMNS: &str = "inst, instance, workload, version, policy, started, last_seen, produced, in_flight, spool_bytes, \
                       seen, judged, lost, stored, rejected, forgotten, known, not_checked";

/// The row of an instance, made when new.
pub(super) async fn load(
    conn: &mut SqliteConnection,
    tenant: i64,
    instance: Uuid,
    received: Received,
) -> Result<Instance, StoreError> {
    sqlx::query("INSERT INTO instance (tenant, instance, last_seen) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(tenant)
        .bind(instance.as_bytes().as_slice())
        .bind(received)
        .execute(&mut *conn)
        .await?;
    let sql =
        sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM instance WHERE tenant = ? AND instance = ?"));
    read(&sqlx::query(sql).bind(tenant).bind(instance.as_bytes().as_slice()).fetch_one(conn).await?)
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

/// Every instance of a scope, seen last first.
pub(super) async fn all(
    readers: &SqlitePool,
    shapes: &Shapes,
    scope: &Scope,
) -> Result<Vec<Sidecar>, StoreError> {
    let Some(tenant) = shapes.tenant(scope.of()) else { return Ok(Vec::new()) };
    let some = match scope.namespaces() {
        Namespaces::All => None,
        Namespaces::Only(some) => Some(json(some)?),
    };
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM instance WHERE tenant = ?1 AND (?2 IS NULL OR \
         coalesce(workload ->> '$.namespace', '') IN (SELECT value FROM json_each(?2))) \
         ORDER BY last_seen DESC, inst DESC LIMIT {LISTED}"
    ));
    let rows = sqlx::query(sql).bind(tenant).bind(some).fetch_all(readers).await?;
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
