//! Rollups written with the events, into this replica's rows, and read over all replicas' rows for dashboards.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use sqlx::{PgConnection, PgPool, Row};

use crate::histogram::{Damaged, Histogram};
use crate::rollup::{self, Bucket, Deltas, Dim, Totals, Whole};
use crate::store::StoreError;

/// A question's statements see one state: the parts must add up while events keep arriving.
pub(super) const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Adds to the buckets; `shapes` are the events' times in microseconds and the numbers of their shapes.
pub(super) async fn add(
    conn: &mut PgConnection,
    slot: i64,
    deltas: &Deltas,
    shapes: impl Iterator<Item = (i64, i64)>,
) -> Result<(), StoreError> {
    if deltas.wholes.is_empty() {
        return Ok(());
    }
    add_wholes(conn, slot, deltas).await?;
    // In the order of the primary key, always: two replicas that share a slot cannot block each other.
    let mut cells: Vec<_> = deltas.cells.iter().collect();
    cells.sort_unstable_by_key(|(key, _)| *key);
    sqlx::query(
        "INSERT INTO rollup_by (width, zone, bucket, dim, key, writer, n, judged, flagged, risk) \
         SELECT a, b, c, d, e, $1, f, g, h, i FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], \
         $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[]) s (a, b, c, d, e, f, g, h, i) \
         ON CONFLICT (width, zone, bucket, dim, key, writer) DO UPDATE SET n = rollup_by.n + excluded.n, \
         judged = rollup_by.judged + excluded.judged, flagged = rollup_by.flagged + excluded.flagged, \
         risk = rollup_by.risk + excluded.risk",
    )
    .bind(slot)
    .bind(cells.iter().map(|((width, ..), _)| *width).collect::<Vec<_>>())
    .bind(cells.iter().map(|((_, zone, ..), _)| *zone).collect::<Vec<_>>())
    .bind(cells.iter().map(|((_, _, bucket, ..), _)| *bucket).collect::<Vec<_>>())
    .bind(cells.iter().map(|((.., dim, _), _)| *dim as i64).collect::<Vec<_>>())
    .bind(cells.iter().map(|((.., key), _)| key.as_str()).collect::<Vec<_>>())
    .bind(cells.iter().map(|(_, cell)| cell.n as i64).collect::<Vec<_>>())
    .bind(cells.iter().map(|(_, cell)| cell.judged as i64).collect::<Vec<_>>())
    .bind(cells.iter().map(|(_, cell)| cell.flagged as i64).collect::<Vec<_>>())
    .bind(cells.iter().map(|(_, cell)| cell.risk as i64).collect::<Vec<_>>())
    .execute(&mut *conn)
    .await?;

    let mut counts: BTreeMap<(i64, i64, i64), i64> = BTreeMap::new();
    for (ts, shape) in shapes {
        for width in rollup::WIDTHS.into_iter().filter(|&width| width >= rollup::FULL_WIDTH) {
            let bucket = rollup::floor(ts.div_euclid(1_000_000), width);
            *counts.entry((width, bucket, shape)).or_default() += 1;
        }
    }
    sqlx::query(
        "INSERT INTO rollup_shape (width, bucket, shape, writer, n) SELECT a, b, c, $1, d \
         FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) s (a, b, c, d) \
         ON CONFLICT (width, bucket, shape, writer) DO UPDATE SET n = rollup_shape.n + excluded.n",
    )
    .bind(slot)
    .bind(counts.keys().map(|(width, ..)| *width).collect::<Vec<_>>())
    .bind(counts.keys().map(|(_, bucket, _)| *bucket).collect::<Vec<_>>())
    .bind(counts.keys().map(|(.., shape)| *shape).collect::<Vec<_>>())
    .bind(counts.values().copied().collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Histograms are merged here: PostgreSQL cannot. The rows are locked first, so that this is right even for a shared slot.
async fn add_wholes(conn: &mut PgConnection, slot: i64, deltas: &Deltas) -> Result<(), StoreError> {
    let mut wholes: BTreeMap<(i64, i64, i64), Whole> =
        deltas.wholes.iter().map(|(&key, whole)| (key, whole.clone())).collect();
    let widths: Vec<i64> = wholes.keys().map(|(width, ..)| *width).collect();
    let zones: Vec<i64> = wholes.keys().map(|(_, zone, _)| *zone).collect();
    let buckets: Vec<i64> = wholes.keys().map(|(.., bucket)| *bucket).collect();
    sqlx::query(
        "INSERT INTO rollup SELECT a, b, c, $1, 0, 0, 0, ''::bytea, ''::bytea, ''::bytea \
         FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) s (a, b, c) \
         WHERE NOT EXISTS (SELECT 1 FROM rollup WHERE width = a AND zone = b AND bucket = c AND writer = $1) \
         ON CONFLICT DO NOTHING",
    )
    .bind(slot)
    .bind(&widths)
    .bind(&zones)
    .bind(&buckets)
    .execute(&mut *conn)
    .await?;
    let stored = sqlx::query(
        "SELECT width, zone, bucket, judge, held, total, n, judged, flagged FROM rollup \
         JOIN unnest($2::bigint[], $3::bigint[], $4::bigint[]) s (a, b, c) ON width = a AND zone = b AND bucket = c \
         WHERE writer = $1 ORDER BY width, zone, bucket FOR UPDATE OF rollup",
    );
    let stored = stored.bind(slot).bind(&widths).bind(&zones).bind(&buckets).fetch_all(&mut *conn).await?;
    for row in stored {
        let Some(whole) = wholes.get_mut(&(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)) else {
            continue;
        };
        for (i, histogram) in [&mut whole.judge, &mut whole.held, &mut whole.total].into_iter().enumerate() {
            merge(histogram, row.try_get(i + 3)?)?;
        }
        whole.n += row.try_get::<i64, _>(6)? as u64;
        whole.judged += row.try_get::<i64, _>(7)? as u64;
        whole.flagged += row.try_get::<i64, _>(8)? as u64;
    }
    sqlx::query(
        "UPDATE rollup SET n = d, judged = e, flagged = f, judge = g, held = h, total = i \
         FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[], \
         $9::bytea[], $10::bytea[]) s (a, b, c, d, e, f, g, h, i) \
         WHERE width = a AND zone = b AND bucket = c AND writer = $1",
    )
    .bind(slot)
    .bind(&widths)
    .bind(&zones)
    .bind(&buckets)
    .bind(wholes.values().map(|whole| whole.n as i64).collect::<Vec<_>>())
    .bind(wholes.values().map(|whole| whole.judged as i64).collect::<Vec<_>>())
    .bind(wholes.values().map(|whole| whole.flagged as i64).collect::<Vec<_>>())
    .bind(wholes.values().map(|whole| whole.judge.encode()).collect::<Vec<_>>())
    .bind(wholes.values().map(|whole| whole.held.encode()).collect::<Vec<_>>())
    .bind(wholes.values().map(|whole| whole.total.encode()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Sums of zones over a range of whole minutes.
pub(super) async fn totals(pool: &PgPool, zones: &[i64], from: i64, to: i64) -> Result<Totals, StoreError> {
    let mut totals = Totals::default();
    let mut snapshot = pool.begin_with(SNAPSHOT).await?;
    for (width, from, to) in rollup::segments(from, to) {
        let mut rows = sqlx::query(
            "SELECT n, judged, flagged, judge, held, total FROM rollup \
             WHERE width = $1 AND zone = ANY($2) AND bucket >= $3 AND bucket < $4",
        )
        .bind(width)
        .bind(zones)
        .bind(from)
        .bind(to)
        .fetch(&mut *snapshot);
        while let Some(row) = rows.try_next().await? {
            let whole = &mut totals.whole;
            whole.n += row.try_get::<i64, _>(0)? as u64;
            whole.judged += row.try_get::<i64, _>(1)? as u64;
            whole.flagged += row.try_get::<i64, _>(2)? as u64;
            merge(&mut whole.judge, row.try_get(3)?)?;
            merge(&mut whole.held, row.try_get(4)?)?;
            merge(&mut whole.total, row.try_get(5)?)?;
        }
        drop(rows);
        let rows = sqlx::query(
            "SELECT dim, key, sum(n)::bigint, sum(judged)::bigint, sum(flagged)::bigint, sum(risk)::bigint FROM rollup_by \
             WHERE width = $1 AND zone = ANY($2) AND bucket >= $3 AND bucket < $4 GROUP BY dim, key",
        )
        .bind(width)
        .bind(zones)
        .bind(from)
        .bind(to)
        .fetch_all(&mut *snapshot)
        .await?;
        for row in rows {
            let dim = Dim::from_number(row.try_get(0)?)
                .ok_or_else(|| StoreError::Damaged("unknown dimension in rollup_by".to_owned()))?;
            let count = |i: usize| row.try_get::<i64, _>(i).map(|n| n as u64);
            totals.by.entry((dim, row.try_get(1)?)).or_default().add(&rollup::Cell {
                n: count(2)?,
                judged: count(3)?,
                flagged: count(4)?,
                risk: count(5)?,
            });
        }
    }
    Ok(totals)
}

/// Sums of zones by bucket.
pub(super) async fn series(
    pool: &PgPool,
    zones: &[i64],
    from: i64,
    to: i64,
    width: i64,
) -> Result<Vec<Bucket>, StoreError> {
    let mut snapshot = pool.begin_with(SNAPSHOT).await?;
    let mut wholes = sqlx::query(
        "SELECT bucket, judge FROM rollup WHERE width = $1 AND zone = ANY($2) AND bucket >= $3 AND bucket < $4",
    )
    .bind(width)
    .bind(zones)
    .bind(from)
    .bind(to)
    .fetch(&mut *snapshot);
    let mut buckets: BTreeMap<i64, Bucket> = BTreeMap::new();
    while let Some(row) = wholes.try_next().await? {
        merge(&mut rollup::bucket(&mut buckets, row.try_get(0)?).judge, row.try_get(1)?)?;
    }
    drop(wholes);
    let mut outcomes = sqlx::query(
        "SELECT bucket, key, n FROM rollup_by \
         WHERE width = $1 AND zone = ANY($2) AND bucket >= $3 AND bucket < $4 AND dim = 0",
    )
    .bind(width)
    .bind(zones)
    .bind(from)
    .bind(to)
    .fetch(&mut *snapshot);
    while let Some(row) = outcomes.try_next().await? {
        let Some((verdict, _, _)) = rollup::outcome_parts(row.try_get(1)?) else {
            return Err(StoreError::Damaged("a key in rollup_by is no outcome".to_owned()));
        };
        let bucket = rollup::bucket(&mut buckets, row.try_get(0)?);
        *bucket.verdicts.entry(verdict.to_owned()).or_default() += row.try_get::<i64, _>(2)? as u64;
    }
    Ok(buckets.into_values().collect())
}

fn merge(histogram: &mut Histogram, stored: &[u8]) -> Result<(), StoreError> {
    histogram.merge_encoded(stored).map_err(|e: Damaged| StoreError::Damaged(e.to_string()))
}
