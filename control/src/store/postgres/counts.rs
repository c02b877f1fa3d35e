//! Facet counts: how many pass the filter, or would but for one few-valued field, by shape.
//!
//! Conditions on time and few-valued fields alone are answered from sums by minute, hour and day; rows are counted only in the minutes that
//! the range cuts. Any other condition goes through the rows, newest first, until the deadline.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use sqlx::{PgConnection, PgPool, QueryBuilder, Row};

use super::page::Plan;
use super::rollups::SNAPSHOT;
use crate::rollup;
use crate::store::shapes::Shapes;
use crate::store::{Counts, Filter, Misses, Scope, Shape, StoreError};

const MINUTE: i64 = 60_000_000;

/// Counts by shape.
pub(super) async fn counts(
    pool: &PgPool,
    shapes: &Shapes,
    scope: &Scope,
    filter: &Filter,
    deadline: Instant,
) -> Result<Counts, StoreError> {
    let mut count = Count { shapes, scope, by_number: HashMap::new(), deadline, partial: false };
    // One snapshot: the parts must add up while events keep arriving.
    let mut snapshot = pool.begin_with(SNAPSHOT).await?;
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
struct Count<'a> {
    shapes: &'a Shapes,
    scope: &'a Scope,
    by_number: HashMap<i64, i64>,
    deadline: Instant,
    partial: bool,
}

/// Whether a shape's rows count for some field.
fn counts_for(filter: &Filter) -> impl Fn(&Shape) -> bool + '_ {
    |shape| filter.misses(shape) != Misses::Several
}

impl Count<'_> {
    /// From the sums, with the rows of the minutes that are cut.
    async fn sum(&mut self, conn: &mut PgConnection, filter: &Filter) -> Result<(), StoreError> {
        let Some(tenant) = self.shapes.tenant(self.scope.of()) else { return Ok(()) };
        let ends = sqlx::query(
            "SELECT (SELECT min(ts) FROM verdict WHERE tenant = $1), (SELECT max(ts) FROM verdict WHERE tenant = $1)",
        );
        let ends = ends.bind(tenant).fetch_one(&mut *conn).await?;
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
        let numbers = self.shapes.numbers(self.scope, counts_for(filter));
        for (width, from, to) in rollup::segments(first / 1_000_000, last / 1_000_000) {
            let sums = sqlx::query(
                "SELECT shape, sum(n)::bigint FROM rollup_shape \
                 WHERE width = $1 AND bucket >= $2 AND bucket < $3 AND shape = ANY($4) GROUP BY shape",
            );
            let sums = sums.bind(width).bind(from).bind(to).bind(&numbers);
            for row in sums.fetch_all(&mut *conn).await? {
                *self.by_number.entry(row.try_get(0)?).or_default() += row.try_get::<i64, _>(1)?;
            }
        }
        Ok(())
    }

    /// From the rows, newest first, until the deadline.
    async fn scan(&mut self, conn: &mut PgConnection, filter: &Filter) -> Result<(), StoreError> {
        let plan = Plan::new(conn, self.shapes, self.scope, filter, counts_for(filter)).await?;
        let Some(plan) = plan else { return Ok(()) };
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
