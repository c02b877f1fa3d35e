//! Rollups written with the events, and read for dashboards.

use std::collections::{BTreeMap, HashMap};

use futures_util::TryStreamExt;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, SqlitePool};

use crate::histogram::{Damaged, Histogram};
use crate::rollup::{self, Bucket, Deltas, Dim, Totals, Whole};
use crate::store::StoreError;

/// Rows of one statement, largest first; each is prepared once. A lone event makes 8 wholes, 20 cells and 3 counts by shape.
const SIZES: [usize; 5] = [100, 20, 8, 3, 1];

/// Adds to the buckets.
pub(super) async fn add(conn: &mut SqliteConnection, deltas: &Deltas) -> Result<(), StoreError> {
    add_wholes(conn, deltas).await?;
    // In the order of the primary key: neighbours share pages.
    let mut cells: Vec<_> = deltas.cells.iter().collect();
    cells.sort_unstable_by_key(|(key, _)| *key);
    for chunk in pieces(&cells) {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "INSERT INTO rollup_by (width, zone, bucket, dim, key, n, judged, flagged, risk) ",
        );
        sql.push_values(chunk, |mut row, ((width, zone, bucket, dim, key), cell)| {
            row.push_bind(*width)
                .push_bind(*zone)
                .push_bind(*bucket)
                .push_bind(*dim as i64)
                .push_bind(key.clone())
                .push_bind(cell.n as i64)
                .push_bind(cell.judged as i64)
                .push_bind(cell.flagged as i64)
                .push_bind(cell.risk as i64);
        });
        sql.push(
            " ON CONFLICT DO UPDATE SET n = n + excluded.n, judged = judged + excluded.judged, \
             flagged = flagged + excluded.flagged, risk = risk + excluded.risk",
        );
        sql.build().execute(&mut *conn).await?;
    }
    Ok(())
}

/// Adds events, each a time in microseconds and the number of its shape, to the counts by shape.
pub(super) async fn add_shapes(
    conn: &mut SqliteConnection,
    events: impl Iterator<Item = (i64, i64)>,
) -> Result<(), StoreError> {
    let mut minutes: HashMap<(i64, i64), i64> = HashMap::new();
    for (ts, shape) in events {
        *minutes.entry((rollup::floor(ts.div_euclid(1_000_000), rollup::FULL_WIDTH), shape)).or_default() +=
            1;
    }
    // In the order of the primary key.
    let mut counts: BTreeMap<(i64, i64, i64), i64> = BTreeMap::new();
    for ((minute, shape), n) in minutes {
        for width in rollup::WIDTHS.into_iter().filter(|&width| width >= rollup::FULL_WIDTH) {
            *counts.entry((width, rollup::floor(minute, width), shape)).or_default() += n;
        }
    }
    let counts: Vec<_> = counts.into_iter().collect();
    for chunk in pieces(&counts) {
        let mut sql = QueryBuilder::<Sqlite>::new("INSERT INTO rollup_shape (width, bucket, shape, n) ");
        sql.push_values(chunk, |mut row, ((width, bucket, shape), n)| {
            row.push_bind(*width).push_bind(*bucket).push_bind(*shape).push_bind(*n);
        });
        sql.push(" ON CONFLICT DO UPDATE SET n = n + excluded.n");
        sql.build().execute(&mut *conn).await?;
    }
    Ok(())
}

/// Cuts rows into pieces of the [`SIZES`].
fn pieces<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|&size| size <= rows.len())?;
        let (piece, rest) = rows.split_at(size);
        rows = rest;
        Some(piece)
    })
}

/// Histograms are merged here: SQLite cannot.
async fn add_wholes(conn: &mut SqliteConnection, deltas: &Deltas) -> Result<(), StoreError> {
    let mut wholes: BTreeMap<(i64, i64, i64), Whole> =
        deltas.wholes.iter().map(|(&key, whole)| (key, whole.clone())).collect();
    let keys: Vec<String> =
        wholes.keys().map(|(width, zone, bucket)| format!("[{width},{zone},{bucket}]")).collect();
    let stored = sqlx::query(
        "SELECT r.width, r.zone, r.bucket, r.judge, r.held, r.total FROM json_each(?) k \
         CROSS JOIN rollup r ON r.width = k.value ->> 0 AND r.zone = k.value ->> 1 AND r.bucket = k.value ->> 2",
    );
    for row in stored.bind(format!("[{}]", keys.join(","))).fetch_all(&mut *conn).await? {
        let Some(whole) = wholes.get_mut(&(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)) else {
            continue;
        };
        for (i, histogram) in [&mut whole.judge, &mut whole.held, &mut whole.total].into_iter().enumerate() {
            merge(histogram, row.try_get(i + 3)?)?;
        }
    }
    let wholes: Vec<_> = wholes.into_iter().collect();
    for chunk in pieces(&wholes) {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "INSERT INTO rollup (width, zone, bucket, n, judged, flagged, judge, held, total) ",
        );
        sql.push_values(chunk, |mut row, ((width, zone, bucket), whole)| {
            row.push_bind(*width)
                .push_bind(*zone)
                .push_bind(*bucket)
                .push_bind(whole.n as i64)
                .push_bind(whole.judged as i64)
                .push_bind(whole.flagged as i64)
                .push_bind(whole.judge.encode())
                .push_bind(whole.held.encode())
                .push_bind(whole.total.encode());
        });
        sql.push(
            " ON CONFLICT DO UPDATE SET n = n + excluded.n, judged = judged + excluded.judged, \
             flagged = flagged + excluded.flagged, judge = excluded.judge, held = excluded.held, total = excluded.total",
        );
        sql.build().execute(&mut *conn).await?;
    }
    Ok(())
}

/// Sums of zones over a range of whole minutes.
pub(super) async fn totals(
    readers: &SqlitePool,
    zones: &[i64],
    from: i64,
    to: i64,
) -> Result<Totals, StoreError> {
    let mut totals = Totals::default();
    let zones = super::page::array(zones);
    // One snapshot: the parts must add up while events keep arriving.
    let mut snapshot = readers.begin().await?;
    for (width, from, to) in rollup::segments(from, to) {
        let mut rows = sqlx::query(
            "SELECT n, judged, flagged, judge, held, total FROM rollup \
             WHERE width = ? AND zone IN (SELECT value FROM json_each(?)) AND bucket >= ? AND bucket < ?",
        )
        .bind(width)
        .bind(&zones)
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
            "SELECT dim, key, sum(n), sum(judged), sum(flagged), sum(risk) FROM rollup_by \
             WHERE width = ? AND zone IN (SELECT value FROM json_each(?)) AND bucket >= ? AND bucket < ? \
             GROUP BY dim, key",
        )
        .bind(width)
        .bind(&zones)
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
    readers: &SqlitePool,
    zones: &[i64],
    from: i64,
    to: i64,
    width: i64,
) -> Result<Vec<Bucket>, StoreError> {
    let zones = super::page::array(zones);
    let mut snapshot = readers.begin().await?;
    let mut wholes = sqlx::query(
        "SELECT bucket, judge FROM rollup \
         WHERE width = ? AND zone IN (SELECT value FROM json_each(?)) AND bucket >= ? AND bucket < ?",
    )
    .bind(width)
    .bind(&zones)
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
         WHERE width = ? AND zone IN (SELECT value FROM json_each(?)) AND bucket >= ? AND bucket < ? AND dim = 0",
    )
    .bind(width)
    .bind(&zones)
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
