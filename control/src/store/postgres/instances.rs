//! The rows of the instances: locked for the time of a commit, so that two replicas that hear of one instance take turns.

use std::collections::{BTreeMap, HashMap};

use agentguard_api::query::Sidecar;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row};
use uuid::Uuid;

use super::plain;
use crate::ledger::Ledger;
use crate::store::instance::{Instance, LISTED, json, number, parse};
use crate::store::scope::{Namespaces, Scope};
use crate::store::shapes::Shapes;
use crate::store::{Received, StoreError};

/// An instance: the number of its tenant, and its id.
pub(super) type Known = (i64, Uuid);

const COLUMNS: &str = "inst, instance::text, workload, version, policy, started, last_seen, produced, in_flight, spool_bytes, \
                       seen, judged, lost, stored, rejected, forgotten, known, tenant, not_checked";

/// The rows of these instances, locked in one order until the transaction ends. Those that are not there are left out.
pub(super) async fn lock(
    conn: &mut PgConnection,
    wanted: &BTreeMap<Known, Received>,
) -> Result<HashMap<Known, Instance>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM instance \
         JOIN unnest($1::bigint[], $2::text[]) w (t, i) ON tenant = w.t AND instance = w.i::uuid \
         ORDER BY inst FOR UPDATE OF instance"
    ));
    let (tenants, ids): (Vec<i64>, Vec<String>) =
        wanted.keys().map(|(tenant, id)| (*tenant, id.to_string())).unzip();
    let mut found = HashMap::with_capacity(wanted.len());
    for row in sqlx::query(sql).bind(tenants).bind(ids).fetch_all(conn).await? {
        let instance = read(&row)?;
        found.insert((row.try_get(17)?, instance.instance), instance);
    }
    Ok(found)
}

/// Makes the rows that are not there. Not within a commit: locks that it holds could cross with another replica's.
pub(super) async fn make(pool: &PgPool, wanted: &BTreeMap<Known, Received>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO instance (tenant, instance, last_seen) \
         SELECT t, i::uuid, r FROM unnest($1::bigint[], $2::text[], $3::bigint[]) w (t, i, r) ON CONFLICT DO NOTHING",
    )
    .bind(wanted.keys().map(|(tenant, _)| *tenant).collect::<Vec<_>>())
    .bind(wanted.keys().map(|(_, id)| id.to_string()).collect::<Vec<_>>())
    .bind(wanted.values().copied().collect::<Vec<_>>())
    .execute(pool)
    .await?;
    Ok(())
}

/// Writes rows back.
pub(super) async fn save(conn: &mut PgConnection, rows: &[&Instance]) -> Result<(), StoreError> {
    let numbers = |of: fn(&Instance) -> i64| rows.iter().map(|row| of(row)).collect::<Vec<i64>>();
    let texts = |of: fn(&Instance) -> &str| rows.iter().map(|row| plain(of(row)).into_owned()).collect();
    let namespaces: Vec<String> = texts(|row| &row.workload.namespace);
    let workloads = rows.iter().map(|row| json(&row.workload)).collect::<Result<Vec<_>, _>>()?;
    let versions: Vec<String> = texts(|row| &row.version);
    let policies: Vec<String> = texts(|row| &row.policy);
    let lost = rows.iter().map(|row| json(&row.lost)).collect::<Result<Vec<_>, _>>()?;
    let not_checked = rows.iter().map(|row| json(&row.not_checked)).collect::<Result<Vec<_>, _>>()?;
    let known: Vec<Vec<u8>> = rows.iter().map(|row| row.ledger.encode()).collect();
    sqlx::query(
        "UPDATE instance SET namespace = s.a, workload = s.b, version = s.c, policy = s.d, started = s.e, last_seen = s.f, \
         produced = s.g, in_flight = s.h, spool_bytes = s.i, seen = s.j, judged = s.k, lost = s.l, stored = s.m, \
         rejected = s.n, forgotten = s.o, known = s.p, not_checked = s.q \
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], \
         $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::bigint[], \
         $15::bigint[], $16::bigint[], $17::bytea[], $18::text[]) \
         s (inst, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q) \
         WHERE instance.inst = s.inst",
    )
    .bind(numbers(|row| row.inst))
    .bind(namespaces)
    .bind(workloads)
    .bind(versions)
    .bind(policies)
    .bind(numbers(|row| row.started))
    .bind(numbers(|row| row.last_seen))
    .bind(numbers(|row| number(row.produced)))
    .bind(numbers(|row| number(row.in_flight)))
    .bind(numbers(|row| number(row.spool_bytes)))
    .bind(numbers(|row| number(row.seen)))
    .bind(numbers(|row| number(row.judged)))
    .bind(lost)
    .bind(numbers(|row| number(row.stored)))
    .bind(numbers(|row| number(row.rejected)))
    .bind(numbers(|row| number(row.ledger.forgotten())))
    .bind(known)
    .bind(not_checked)
    .execute(conn)
    .await?;
    Ok(())
}

/// Every instance of a scope, seen last first.
pub(super) async fn all(pool: &PgPool, shapes: &Shapes, scope: &Scope) -> Result<Vec<Sidecar>, StoreError> {
    let Some(tenant) = shapes.tenant(scope.of()) else { return Ok(Vec::new()) };
    let some: Option<Vec<String>> = match scope.namespaces() {
        Namespaces::All => None,
        Namespaces::Only(some) => Some(some.iter().map(|name| plain(name).into_owned()).collect()),
    };
    let sql = AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM instance WHERE tenant = $1 AND ($2::text[] IS NULL OR namespace = ANY($2)) \
         ORDER BY last_seen DESC, inst DESC LIMIT {LISTED}"
    ));
    let rows = sqlx::query(sql).bind(tenant).bind(some).fetch_all(pool).await?;
    rows.iter().map(|row| read(row).map(|instance| instance.sidecar())).collect()
}

fn read(row: &PgRow) -> Result<Instance, StoreError> {
    let count = |i: usize| row.try_get::<i64, _>(i).map(|n| n as u64);
    let id: &str = row.try_get(1)?;
    Ok(Instance {
        inst: row.try_get(0)?,
        instance: id.parse().map_err(|e: uuid::Error| StoreError::Damaged(e.to_string()))?,
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
        not_checked: parse(row.try_get(18)?)?,
    })
}
