//! Facet counts: how many pass the filter, or would but for one few-valued field, by shape.

use std::collections::HashMap;
use std::time::Instant;

use sqlx::{QueryBuilder, Row, SqlitePool};

use super::page::Plan;
use super::shapes::Shapes;
use crate::store::{Counts, Filter, Misses, StoreError};

/// Counts by shape, newest chunk first, until the deadline.
pub(super) async fn counts(
    readers: &SqlitePool,
    shapes: &Shapes,
    filter: &Filter,
    deadline: Instant,
) -> Result<Counts, StoreError> {
    let mut conn = readers.acquire().await?;
    let admitted = shapes.admitted(filter, |shape| filter.misses(shape) != Misses::Several);
    let Some(plan) = Plan::new(&mut conn, admitted, filter).await? else { return Ok(Counts::default()) };
    let mut by_number: HashMap<i64, i64> = HashMap::new();
    let mut partial = false;
    let mut chunks = plan.chunks(None);
    while let Some((start, end)) = chunks.next(&mut conn).await? {
        let mut sql = QueryBuilder::new("SELECT shape, count(*) FROM verdict");
        plan.push_where(&mut sql, start, end);
        sql.push(" GROUP BY shape");
        for row in sql.build().fetch_all(&mut *conn).await? {
            *by_number.entry(row.try_get(0)?).or_default() += row.try_get::<i64, _>(1)?;
        }
        if end.is_some() && Instant::now() >= deadline {
            partial = true;
            break;
        }
    }
    let by_shape =
        by_number.into_iter().filter_map(|(number, n)| Some((shapes.get(number)?, n as u64))).collect();
    Ok(Counts { by_shape, partial })
}
