//! Facet counts: how many pass the filter, or would but for one few-valued field, by shape.
//!
//! Conditions on time and few-valued fields alone are answered from sums by minute, hour and day; rows are counted only in the minutes that
//! the range cuts. Any other condition goes through the rows, newest first, until the deadline.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use sqlx::{QueryBuilder, Row, SqliteConnection, SqlitePool};

use super::page::Plan;
use crate::rollup;
use crate::store::shapes::{Admitted, Shapes};
use crate::store::{Counts, Filter, Misses, Scope, StoreError};

const MINUTE: i64 = 60_000_000;

/// Counts by shape.
pub(super) async fn counts(
    readers: &SqlitePool,
    shapes: &Shapes,
    scope: &Scope,
    filter: &Filter,
    deadline: Instant,
) -> Result<Counts, StoreError> {
    let mut count = Count {
        admitted: shapes.admitted(scope, |shape| filter.misses(shape) != Misses::Several),
        tenant: shapes.tenant(scope.of()),
        by_number: HashMap::new(),
        deadline,
        partial: false,
    };
    // One snapshot: the parts must add up while events keep arriving.
    let mut snapshot = readers.begin().await?;
    if filter.is_summed() {
        count.sum(&mut snapshot, filter).await?;
    } else {
        count.scan(&mut snapshot, filter).await?;
    }
    let by_shape = count.by_number.into_iter();
    let by_shape =
        by_shape.filter_map(|(number, n)| Some((Arc::clone(&shapes.get(number)?.shape), n as u64))).collect();
    Ok(Counts { by_shape, partial: count.partial })
}

/// A count under way.
struct Count {
    /// Shapes that count.
    admitted: Admitted,
    tenant: Option<i64>,
    by_number: HashMap<i64, i64>,
    deadline: Instant,
    partial: bool,
}

impl Count {
    /// From the sums, with the rows of the minutes that are cut.
    async fn sum(&mut self, conn: &mut SqliteConnection, filter: &Filter) -> Result<(), StoreError> {
        let ends = sqlx::query("SELECT (SELECT min(ts) FROM verdict), (SELECT max(ts) FROM verdict)");
        let ends = ends.fetch_one(&mut *conn).await?;
        let (Some(oldest), Some(newest)) =
            (ends.try_get::<Option<i64>, _>(0)?, ends.try_get::<Option<i64>, _>(1)?)
        else {
            return Ok(());
        };
        let (from, to) =
            (filter.from.unwrap_or(oldest).max(oldest), filter.to.unwrap_or(newest + 1).min(newest + 1));
        let (first, last) = (rollup::floor(from + MINUTE - 1, MINUTE), rollup::floor(to, MINUTE));
        let rows = |from, to| Filter { from: Some(from), to: Some(to), ..filter.clone() };
        if first >= last {
            return self.scan(conn, &rows(from, to)).await;
        }
        self.scan(conn, &rows(from, first)).await?;
        self.scan(conn, &rows(last, to)).await?;
        for (width, from, to) in rollup::segments(first / 1_000_000, last / 1_000_000) {
            let sums = sqlx::query(
                "SELECT shape, sum(n) FROM rollup_shape WHERE width = ? AND bucket >= ? AND bucket < ? GROUP BY shape",
            );
            for row in sums.bind(width).bind(from).bind(to).fetch_all(&mut *conn).await? {
                let shape: i64 = row.try_get(0)?;
                if self.admitted.holds(shape) {
                    *self.by_number.entry(shape).or_default() += row.try_get::<i64, _>(1)?;
                }
            }
        }
        Ok(())
    }

    /// From the rows, newest first, until the deadline.
    async fn scan(&mut self, conn: &mut SqliteConnection, filter: &Filter) -> Result<(), StoreError> {
        let Some(plan) = Plan::new(conn, self.tenant, self.admitted.clone(), filter).await? else {
            return Ok(());
        };
        let mut chunks = plan.chunks(None);
        while let Some((start, end)) = chunks.next(conn).await? {
            let mut sql = QueryBuilder::new("SELECT shape, count(*) FROM verdict");
            plan.push_where(&mut sql, start, end);
            sql.push(" GROUP BY shape");
            for row in sql.build().fetch_all(&mut *conn).await? {
                *self.by_number.entry(row.try_get(0)?).or_default() += row.try_get::<i64, _>(1)?;
            }
            if end.is_some() && Instant::now() >= self.deadline {
                self.partial = true;
                break;
            }
        }
        Ok(())
    }
}
