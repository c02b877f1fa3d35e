//! The partitions: one a day of UTC.
//!
//! Today's and the next two days' are made ahead, those of late events on demand. A day outside what is kept has none: such an event (from a clock that
//! is years behind, or later than the retention) goes into the last partition, `verdict_other`, and is swept row by row. So nobody can make partitions
//! without a bound, and no clock makes a batch fail.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use sqlx::{AssertSqlSafe, PgPool};

use crate::store::StoreError;

/// Microseconds.
pub(super) const DAY: i64 = 86_400_000_000;
/// Days that have partitions when everything is kept for ever; older events share the last one.
const MOST: i64 = 400;
/// Days made ahead, besides today.
const AHEAD: i64 = 2;
/// Two replicas do not make or drop partitions at once.
pub(super) const LOCK: i64 = 0x6167_0002;
/// PostgreSQL: `check_violation`, here: the last partition holds rows of that day.
const TAKEN: &str = "23514";

/// The days known to have a partition, or to need none.
pub(super) struct Days {
    known: Mutex<BTreeSet<i64>>,
    keep: i64,
}

impl Days {
    pub(super) fn new(keep: Option<Duration>) -> Self {
        let days = keep.and_then(|keep| i64::try_from(keep.as_secs().div_ceil(86_400)).ok());
        Self { known: Mutex::default(), keep: days.unwrap_or(MOST).min(MOST) }
    }

    /// Makes those of today and the next days.
    pub(super) async fn ahead(&self, pool: &PgPool, now: i64) -> Result<(), StoreError> {
        self.ensure(pool, (0..=AHEAD).map(|day| now + day * DAY), now).await
    }

    /// Makes those that events with these times need.
    pub(super) async fn ensure(
        &self,
        pool: &PgPool,
        times: impl Iterator<Item = i64>,
        now: i64,
    ) -> Result<(), StoreError> {
        let today = now.div_euclid(DAY);
        let missing: BTreeSet<i64> = {
            let known = self.known.lock();
            let days = times.map(|ts| ts.div_euclid(DAY));
            days.filter(|day| (today - self.keep..=today + AHEAD).contains(day) && !known.contains(day))
                .collect()
        };
        for day in missing {
            make(pool, day).await?;
            self.known.lock().insert(day);
        }
        Ok(())
    }

    /// Forgets what is known: a partition that was there may have been dropped.
    pub(super) fn forget(&self) {
        self.known.lock().clear();
    }
}

async fn make(pool: &PgPool, day: i64) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await?;
    // Questions that are being answered hold it up; new ones would wait behind it.
    sqlx::query("SET LOCAL lock_timeout = '5s'").execute(&mut *tx).await?;
    for table in ["verdict", "content"] {
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS {} PARTITION OF {table} FOR VALUES FROM ({}) TO ({})",
            name(table, day),
            day * DAY,
            (day + 1) * DAY
        );
        // Nothing but names and numbers of ours went into it.
        match sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await {
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(TAKEN) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    tx.commit().await?;
    Ok(())
}

/// `verdict_20261128`. Names of earlier days sort before those of later ones.
pub(super) fn name(table: &str, day: i64) -> String {
    let start = Timestamp::from_microsecond(day.saturating_mul(DAY)).unwrap_or_default();
    format!("{table}_{}", start.strftime("%Y%m%d"))
}
