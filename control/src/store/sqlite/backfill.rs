//! The sums of namespaces for verdicts that were stored before there were any: counted once, at the first start after the upgrade.

use std::collections::HashSet;
use std::sync::Arc;

use agentguard_api::Latency;
use sqlx::{Connection, Row, SqliteConnection};
use uuid::Uuid;

use super::rollups;
use crate::rollup::Deltas;
use crate::store::instance::parse;
use crate::store::shapes::{Filed, Shapes};
use crate::store::{Event, StoreError};

/// Verdicts of one step; each step is a transaction of its own, so that one that is broken off goes on where it was.
const STEP: i64 = 20_000;

/// What the sums need of a stored verdict.
#[derive(serde::Deserialize)]
struct Body {
    latency: Latency,
}

/// Counts what is still to be counted, newest first.
pub(super) async fn namespaces(conn: &mut SqliteConnection, shapes: &Shapes) -> Result<(), StoreError> {
    loop {
        let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
        let upto: Option<i64> = sqlx::query_scalar("SELECT upto FROM backfill").fetch_one(&mut *tx).await?;
        let Some(upto) = upto else { return Ok(()) };
        tracing::info!(upto, "counting stored verdicts by namespace; once, after an upgrade");
        let rows =
            sqlx::query("SELECT n, ts, shape, risk, body FROM verdict WHERE n <= ? ORDER BY n DESC LIMIT ?")
                .bind(upto)
                .bind(STEP)
                .fetch_all(&mut *tx)
                .await?;
        let mut lowest = None;
        let mut counted: Vec<(Event, Arc<Filed>)> = Vec::with_capacity(rows.len());
        for row in rows {
            lowest = Some(row.try_get::<i64, _>(0)?);
            let number = row.try_get(2)?;
            let filed = shapes.get(number);
            let filed =
                filed.ok_or_else(|| StoreError::Damaged(format!("no shape has the number {number}")))?;
            let event = Event {
                index: 0,
                id: Uuid::nil(),
                seq: 0,
                ts: row.try_get(1)?,
                shape: (*filed.shape).clone(),
                risk: row.try_get::<f64, _>(3)? as f32,
                latency: parse::<Body>(row.try_get(4)?)?.latency,
                judge: String::new(),
                words: Arc::from(""),
                body: Arc::from(""),
                content: None,
            };
            counted.push((event, filed));
        }
        let mut deltas = Deltas::of(counted.iter().map(|(event, filed)| (event, &**filed)));
        // The tenant's own were always counted.
        let tenants: HashSet<i64> = counted.iter().map(|(_, filed)| filed.tenant).collect();
        deltas.wholes.retain(|(_, zone, _), _| !tenants.contains(zone));
        deltas.cells.retain(|(_, zone, ..), _| !tenants.contains(zone));
        rollups::add(&mut tx, &deltas).await?;
        sqlx::query("UPDATE backfill SET upto = ?").bind(lowest.map(|n| n - 1)).execute(&mut *tx).await?;
        tx.commit().await?;
    }
}
