//! Retention: small deletes, so that a commit never waits long for one.

use sqlx::{Connection, SqliteConnection};

use super::page;
use crate::rollup;
use crate::store::{StoreError, Swept};

/// Verdicts deleted in one step.
const STEP: i64 = 1000;
/// Pages handed back to the file system in one step.
const PAGES: &str = "PRAGMA incremental_vacuum(512)";
/// Buckets narrower than a minute are kept this long, microseconds.
const NARROW_KEPT: i64 = 86_400_000_000;

/// Deletes a step of what is older than `before`, microseconds.
pub(super) async fn sweep(conn: &mut SqliteConnection, before: i64, now: i64) -> Result<Swept, StoreError> {
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
    let old: Vec<i64> = sqlx::query_scalar("SELECT n FROM verdict WHERE ts < ? ORDER BY ts LIMIT ?")
        .bind(before)
        .bind(STEP)
        .fetch_all(&mut *tx)
        .await?;
    let rows = page::array(&old);
    for sql in [
        "DELETE FROM content WHERE n IN (SELECT value FROM json_each(?))",
        "DELETE FROM verdict WHERE n IN (SELECT value FROM json_each(?))",
    ] {
        sqlx::query(sql).bind(&rows).execute(&mut *tx).await?;
    }
    let more = old.len() as i64 == STEP;
    if !more {
        sqlx::query("DELETE FROM dead_letter WHERE received < ?").bind(before).execute(&mut *tx).await?;
        for width in rollup::WIDTHS {
            let kept = if width < rollup::FULL_WIDTH { before.max(now - NARROW_KEPT) } else { before };
            let oldest = kept.div_euclid(1_000_000) - width;
            for sql in [
                "DELETE FROM rollup WHERE width = ? AND bucket <= ?",
                "DELETE FROM rollup_by WHERE width = ? AND bucket <= ?",
                "DELETE FROM rollup_shape WHERE width = ? AND bucket <= ?",
            ] {
                sqlx::query(sql).bind(width).bind(oldest).execute(&mut *tx).await?;
            }
        }
        // An instance goes when it has been silent that long and nothing of it is left.
        sqlx::query(
            "DELETE FROM instance WHERE last_seen < ?1 \
             AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.inst = instance.inst) \
             AND NOT EXISTS (SELECT 1 FROM dead_letter WHERE dead_letter.inst = instance.inst)",
        )
        .bind(before)
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    sqlx::query(PAGES).execute(conn).await?;
    Ok(Swept { verdicts: old.len() as u64, more })
}
