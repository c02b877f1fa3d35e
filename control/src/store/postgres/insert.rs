//! Rows of `verdict`: copied into the temporary table, taken over from there as far as nothing stands in their way.

use std::collections::HashMap;
use std::fmt::Write;

use sqlx::{PgConnection, Row};

use super::plain;
use crate::store::{Event, Filed, StoreError};

/// Numbers of one block of the sequence.
const BLOCK: usize = 1 << 16;

/// One statement, so that what is kept is known to all of its parts. Keys are taken in order: replicas that get the same ids at once wait
/// for each other instead of blocking each other. Of two rows with one key the first in the batch stays.
const TAKE_OVER: &str = "\
WITH kept AS (
    INSERT INTO verdict_key (id, tenant, inst, seq, ts, n)
    SELECT id, tenant, inst, seq, ts, n FROM staging ORDER BY id, n
    ON CONFLICT DO NOTHING RETURNING n
), verdicts AS (
    INSERT INTO verdict (ts, n, tenant, shape, inst, seq, risk, flagged, id, words, body)
    SELECT ts, n, tenant, shape, inst, seq, risk, flagged, id, words, body FROM staging JOIN kept USING (n)
), contents AS (
    INSERT INTO content (ts, n, body) SELECT ts, n, content FROM staging JOIN kept USING (n) WHERE content IS NOT NULL
)
SELECT n FROM kept";

/// For rows that were not taken over: what has their id, then what has their seq.
const EXPLAIN: &str = "\
SELECT s.n, TRUE, k.inst = s.inst AND k.seq = s.seq, 0 AS part
FROM staging s JOIN verdict_key k ON k.id = s.id AND k.tenant = s.tenant WHERE s.n = ANY($1)
UNION ALL
SELECT s.n, k.id = s.id AND k.tenant = s.tenant, TRUE, 1
FROM staging s JOIN verdict_key k ON k.inst = s.inst AND k.seq = s.seq WHERE s.n = ANY($1)
ORDER BY 1, 4";

/// A row to be.
pub(super) struct NewRow<'a> {
    pub(super) inst: i64,
    pub(super) filed: &'a Filed,
    pub(super) event: &'a Event,
}

/// What stands in the way of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conflict {
    /// The same event is stored.
    Duplicate,
    /// Another event of the tenant has its id.
    Id,
    /// Another event of the instance has its seq.
    Seq,
}

/// Inserts the rows with their content; returns those that were not, by position, and why.
pub(super) async fn insert(
    conn: &mut PgConnection,
    rows: &[NewRow<'_>],
) -> Result<HashMap<usize, Conflict>, StoreError> {
    let mut refused = HashMap::new();
    for (i, chunk) in rows.chunks(BLOCK).enumerate() {
        if i > 0 {
            sqlx::query("DELETE FROM staging").execute(&mut *conn).await?;
        }
        let block: i64 = sqlx::query_scalar("SELECT nextval('verdict_block')").fetch_one(&mut *conn).await?;
        let first = block * BLOCK as i64;
        let mut copy = conn.copy_in_raw("COPY staging FROM STDIN").await?;
        copy.send(text(chunk, first).into_bytes()).await?;
        copy.finish().await?;
        let kept: Vec<i64> = sqlx::query_scalar(TAKE_OVER).fetch_all(&mut *conn).await?;
        if kept.len() == chunk.len() {
            continue;
        }
        let mut missing: HashMap<i64, usize> =
            (0..chunk.len()).map(|at| (first + at as i64, i * BLOCK + at)).collect();
        for n in kept {
            missing.remove(&n);
        }
        // One whose key went with the retention between the two statements is explained by nothing any more: it was there.
        refused.extend(missing.values().map(|&at| (at, Conflict::Duplicate)));
        let numbers: Vec<i64> = missing.keys().copied().collect();
        for row in sqlx::query(EXPLAIN).bind(numbers).fetch_all(&mut *conn).await? {
            let Some(&at) = missing.get(&row.try_get(0)?) else { continue };
            let conflict = match (row.try_get(1)?, row.try_get(2)?) {
                (true, true) => Conflict::Duplicate,
                (true, false) => Conflict::Id,
                (false, _) => Conflict::Seq,
            };
            refused.insert(at, conflict);
        }
    }
    Ok(refused)
}

/// In the text format of COPY (PostgreSQL's documentation, COPY, "Text Format"): columns by tabs, rows by newlines, `\N` for NULL.
fn text(rows: &[NewRow<'_>], first: i64) -> String {
    let mut out = String::with_capacity(rows.iter().map(|row| row.event.size() + 128).sum());
    for (row, n) in rows.iter().zip(first..) {
        let (event, filed) = (row.event, row.filed);
        let _ = write!(
            out,
            "{n}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t",
            event.ts,
            filed.tenant,
            filed.number,
            row.inst,
            event.seq,
            f64::from(event.risk),
            if event.shape.flagged() { 't' } else { 'f' },
            event.id,
        );
        escape(&mut out, &event.words);
        out.push('\t');
        escape(&mut out, &event.body);
        out.push('\t');
        match &event.content {
            Some(content) => escape(&mut out, content),
            None => out.push_str("\\N"),
        }
        out.push('\n');
    }
    out
}

fn escape(out: &mut String, text: &str) {
    let text = plain(text);
    let mut rest: &str = &text;
    while let Some(at) = rest.find(['\\', '\t', '\n', '\r']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'\\' => "\\\\",
            b'\t' => "\\t",
            b'\n' => "\\n",
            _ => "\\r",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}
