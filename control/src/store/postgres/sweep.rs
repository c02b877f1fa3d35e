//! Retention: whole days are dropped, what is left of the day that the bound cuts is deleted in small steps.
//!
//! `DETACH … CONCURRENTLY` is not to be had for a table with a last partition for everything else; the plain one waits for the questions that
//! are being answered, for a second at most, and is tried again at the next sweep.

use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use super::days::{self, DAY, Days};
use crate::rollup;
use crate::store::{StoreError, Swept};

/// Rows deleted in one step, of each table.
const STEP: i64 = 5_000;
/// Buckets narrower than a minute are kept this long, microseconds.
const NARROW_KEPT: i64 = 86_400_000_000;
/// One replica sweeps at a time.
const LOCK: i64 = 0x6167_0004;
/// PostgreSQL: `lock_not_available`.
const BUSY: &str = "55P03";

/// Drops and deletes a step of what is older than `before`, microseconds.
pub(super) async fn sweep(pool: &PgPool, days: &Days, before: i64, now: i64) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    if let Some(day) = oldest(pool, before).await? {
        match drop_day(pool, &day).await {
            Ok(verdicts) => {
                days.forget();
                tracing::info!(day, verdicts, "a day past its retention is gone");
                return Ok(Swept { verdicts, more: true });
            }
            Err(StoreError::Database(sqlx::Error::Database(error)))
                if error.code().as_deref() == Some(BUSY) =>
            {
                tracing::info!(
                    day,
                    "a day past its retention is still being read; it goes with the next sweep"
                );
            }
            Err(error) => return Err(error),
        }
    }
    let mut tx = pool.begin().await?;
    let mine: bool =
        sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)").bind(LOCK).fetch_one(&mut *tx).await?;
    if !mine {
        return Ok(swept);
    }
    for (sql, verdicts) in [
        (
            "DELETE FROM content WHERE (ts, n) IN (SELECT ts, n FROM content WHERE ts < $1 ORDER BY ts, n LIMIT $2)",
            false,
        ),
        (
            "DELETE FROM verdict WHERE (tenant, ts, n) IN (SELECT tenant, ts, n FROM verdict WHERE ts < $1 LIMIT $2)",
            true,
        ),
        (
            "DELETE FROM verdict_key WHERE ctid = ANY (ARRAY (SELECT ctid FROM verdict_key WHERE ts < $1 LIMIT $2))",
            false,
        ),
    ] {
        let gone = sqlx::query(sql).bind(before).bind(STEP).execute(&mut *tx).await?.rows_affected();
        swept.more |= gone == STEP.unsigned_abs();
        swept.verdicts += if verdicts { gone } else { 0 };
    }
    if !swept.more {
        rest(&mut tx, before, now).await?;
    }
    tx.commit().await?;
    Ok(swept)
}

/// What goes with the last verdicts.
async fn rest(conn: &mut PgConnection, before: i64, now: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM dead_letter WHERE received < $1").bind(before).execute(&mut *conn).await?;
    for width in rollup::WIDTHS {
        let kept = if width < rollup::FULL_WIDTH { before.max(now - NARROW_KEPT) } else { before };
        let oldest = kept.div_euclid(1_000_000) - width;
        for sql in [
            "DELETE FROM rollup WHERE width = $1 AND bucket <= $2",
            "DELETE FROM rollup_by WHERE width = $1 AND bucket <= $2",
            "DELETE FROM rollup_shape WHERE width = $1 AND bucket <= $2",
        ] {
            sqlx::query(sql).bind(width).bind(oldest).execute(&mut *conn).await?;
        }
    }
    // An instance goes when it has been silent that long and nothing of it is left. One that is being written to is not silent.
    sqlx::query(
        "DELETE FROM instance WHERE inst IN (SELECT inst FROM instance i WHERE last_seen < $1 \
         AND NOT EXISTS (SELECT 1 FROM verdict_key k WHERE k.inst = i.inst) \
         AND NOT EXISTS (SELECT 1 FROM dead_letter d WHERE d.inst = i.inst) \
         ORDER BY inst FOR UPDATE SKIP LOCKED)",
    )
    .bind(before)
    .execute(conn)
    .await?;
    Ok(())
}

/// The oldest day that has a partition and is past as a whole: `20261128`.
async fn oldest(pool: &PgPool, before: i64) -> Result<Option<String>, StoreError> {
    let bound = days::name("verdict", before.div_euclid(DAY));
    let name: Option<String> = sqlx::query_scalar(
        "SELECT c.relname::text COLLATE \"C\" FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
         WHERE i.inhparent = 'verdict'::regclass AND c.relname::text COLLATE \"C\" < $1 ORDER BY 1 LIMIT 1",
    )
    .bind(bound)
    .fetch_optional(pool)
    .await?;
    Ok(name.and_then(|name| name.strip_prefix("verdict_").map(str::to_owned)))
}

/// Drops the partitions of a day; returns how many verdicts that were, as far as the statistics know.
async fn drop_day(pool: &PgPool, day: &str) -> Result<u64, StoreError> {
    let mut tx = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(days::LOCK).execute(&mut *tx).await?;
    sqlx::query("SET LOCAL lock_timeout = '1s'").execute(&mut *tx).await?;
    let rows: Option<i64> =
        sqlx::query_scalar("SELECT n_live_tup FROM pg_stat_user_tables WHERE relname = $1")
            .bind(format!("verdict_{day}"))
            .fetch_optional(&mut *tx)
            .await?;
    for table in ["verdict", "content"] {
        // The name comes from the catalogue and begins as ours do; it is quoted all the same.
        let partition = format!("\"{table}_{}\"", day.replace('"', "\"\""));
        let there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
            .bind(&partition)
            .fetch_one(&mut *tx)
            .await?;
        if there {
            for sql in [
                format!("ALTER TABLE {table} DETACH PARTITION {partition}"),
                format!("DROP TABLE {partition}"),
            ] {
                sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(rows.unwrap_or_default().unsigned_abs())
}
