//! Rows of `verdict`: many at a time when nothing stands in the way, one at a time to find out what does.

use std::fmt::Write;
use std::sync::LazyLock;

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Row, SqlSafeStr, SqlStr, SqliteConnection};

use crate::store::{Event, StoreError};

/// Rows of one statement, largest first; each is prepared once.
const SIZES: [usize; 3] = [64, 8, 1];
const COLUMNS: usize = 11;

static STATEMENTS: LazyLock<[SqlStr; 3]> = LazyLock::new(|| SIZES.map(statement));

fn statement(rows: usize) -> SqlStr {
    let mut sql =
        "INSERT INTO verdict (n, tenant, ts, shape, inst, seq, risk, flagged, id, words, body) VALUES "
            .to_owned();
    for i in 0..rows {
        let comma = if i == 0 { "" } else { ", " };
        let _ = write!(sql, "{comma}({})", ["?"; COLUMNS].join(", "));
    }
    sql.push_str(" ON CONFLICT DO NOTHING");
    // Nothing but the number of rows went into it.
    AssertSqlSafe(sql).into_sql_str()
}

/// A row to be: the event and its numbers.
pub(super) struct NewRow<'a> {
    pub(super) n: i64,
    pub(super) tenant: i64,
    pub(super) inst: i64,
    pub(super) shape: i64,
    pub(super) flagged: bool,
    pub(super) event: &'a Event,
    /// Position in [`crate::store::Incoming::events`].
    pub(super) position: usize,
}

/// What stands in the way of a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Conflict {
    /// The same event is stored.
    Duplicate,
    /// Another event has its id.
    Id,
    /// Another event of the instance has its seq.
    Seq,
}

/// Inserts the rows with their content; returns those that were not, and why.
pub(super) async fn insert<'a>(
    conn: &'a mut SqliteConnection,
    rows: &'a [NewRow<'a>],
) -> Result<Vec<(usize, Conflict)>, StoreError> {
    let mut refused = Vec::new();
    let mut rest = rows;
    for (&size, sql) in SIZES.iter().zip(STATEMENTS.iter()) {
        while rest.len() >= size {
            let (chunk, after) = rest.split_at(size);
            let at = rows.len() - rest.len();
            let mut arguments = SqliteArguments::default();
            chunk.iter().try_for_each(|row| bind(&mut arguments, row)).map_err(sqlx::Error::Encode)?;
            let done = sqlx::query_with(sql.clone(), arguments).execute(&mut *conn).await?;
            if done.rows_affected() != size as u64 {
                explain(conn, chunk, at, &mut refused).await?;
            }
            rest = after;
        }
    }
    for (i, row) in rows.iter().enumerate() {
        let Some(content) = &row.event.content else { continue };
        if refused.binary_search_by_key(&i, |(at, _)| *at).is_err() {
            sqlx::query("INSERT INTO content (n, body) VALUES (?, ?)")
                .bind(row.n)
                .bind(content.clone())
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(refused)
}

fn bind(arguments: &mut SqliteArguments, row: &NewRow<'_>) -> Result<(), sqlx::error::BoxDynError> {
    let event = row.event;
    arguments.add(row.n)?;
    arguments.add(row.tenant)?;
    arguments.add(event.ts)?;
    arguments.add(row.shape)?;
    arguments.add(row.inst)?;
    arguments.add(event.seq as i64)?;
    arguments.add(f64::from(event.risk))?;
    arguments.add(row.flagged)?;
    arguments.add(event.id.as_bytes().as_slice())?;
    arguments.add(event.words.clone())?;
    arguments.add(event.body.clone())
}

/// Finds out which rows of a chunk are missing and what holds their place.
async fn explain(
    conn: &mut SqliteConnection,
    chunk: &[NewRow<'_>],
    at: usize,
    refused: &mut Vec<(usize, Conflict)>,
) -> Result<(), StoreError> {
    for (i, row) in chunk.iter().enumerate() {
        let (id, seq) = (row.event.id, row.event.seq as i64);
        let there = sqlx::query(
            "SELECT n, id = ?1, inst = ?2 AND seq = ?3 FROM verdict WHERE id = ?1 AND tenant = ?4 \
             UNION ALL SELECT n, id = ?1, 1 FROM verdict WHERE inst = ?2 AND seq = ?3",
        )
        .bind(id.as_bytes().as_slice())
        .bind(row.inst)
        .bind(seq)
        .bind(row.tenant)
        .fetch_all(&mut *conn)
        .await?;
        let mut conflict = None;
        for found in there {
            let (n, same_id, same_seq): (i64, bool, bool) =
                (found.try_get(0)?, found.try_get(1)?, found.try_get(2)?);
            if n == row.n {
                conflict = None;
                break;
            }
            conflict = Some(match (same_id, same_seq) {
                (true, true) => Conflict::Duplicate,
                (true, false) => Conflict::Id,
                (false, _) => Conflict::Seq,
            });
        }
        refused.extend(conflict.map(|conflict| (at + i, conflict)));
    }
    Ok(())
}
