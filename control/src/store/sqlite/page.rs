//! Lists, newest first, and single verdicts.
//!
//! Every condition but the words of `q` is answered by the index `verdict_scan` alone. A search goes through the list in
//! chunks and stops at the deadline with what it has and the place where it stopped: a page may be short, it is never wrong.

use std::time::Instant;

use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::store::shapes::{Admitted, Shapes};
use crate::store::{Detail, Filter, Page, Position, Scope, Shape, StoreError};

/// Rows looked at in one statement: at first, at most in the index, at most when every row's words must be read.
const CHUNKS: (i64, i64, i64) = (2_000, 100_000, 16_000);

/// Shapes in the database's terms: up to a number, or a JSON array of numbers.
enum Among {
    UpTo(i64),
    Some(String),
}

/// The filter in the database's terms.
pub(super) struct Plan<'a> {
    filter: &'a Filter,
    shapes: Among,
    instances: Option<String>,
    n: Option<i64>,
}

impl<'a> Plan<'a> {
    /// For a tenant, with the shapes that pass. `None` when nothing can pass.
    pub(super) async fn new(
        conn: &mut SqliteConnection,
        tenant: Option<i64>,
        admitted: Admitted,
        filter: &'a Filter,
    ) -> Result<Option<Self>, StoreError> {
        let Some(tenant) = tenant else { return Ok(None) };
        let shapes = match admitted {
            Admitted::UpTo(highest) => Among::UpTo(highest),
            Admitted::Some(numbers) if numbers.is_empty() => return Ok(None),
            Admitted::Some(numbers) => Among::Some(array(&numbers)),
        };
        let mut instances = Vec::new();
        for instance in &filter.instance {
            let inst: Option<i64> =
                sqlx::query_scalar("SELECT inst FROM instance WHERE tenant = ? AND instance = ?")
                    .bind(tenant)
                    .bind(instance.as_bytes().as_slice())
                    .fetch_optional(&mut *conn)
                    .await?;
            instances.extend(inst);
        }
        if instances.is_empty() && !filter.instance.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            filter,
            shapes,
            instances: (!instances.is_empty()).then(|| array(&instances)),
            n: whole_id(conn, tenant, &filter.words).await?,
        }))
    }

    /// Whether every row in the range passes.
    fn passes_all(&self) -> bool {
        matches!(self.shapes, Among::UpTo(_))
            && self.instances.is_none()
            && self.n.is_none()
            && self.filter.min_risk.is_none()
            && self.filter.words.is_empty()
    }

    /// The newest place in the range, not after `after`.
    fn start(&self, after: Option<Position>) -> Position {
        let to = self.filter.to.map_or(Position::NEWEST, |to| Position { ts: to, n: i64::MIN });
        let after = after.unwrap_or(Position::NEWEST);
        if (after.ts, after.n) < (to.ts, to.n) { after } else { to }
    }

    /// ` WHERE …`: rows after `start`, not after `end`, that pass.
    pub(super) fn push_where(&self, sql: &mut QueryBuilder<Sqlite>, start: Position, end: Option<Position>) {
        sql.push(" WHERE (ts, n) < (").push_bind(start.ts).push(", ").push_bind(start.n).push(")");
        match end {
            Some(end) => {
                sql.push(" AND (ts, n) >= (").push_bind(end.ts).push(", ").push_bind(end.n).push(")");
            }
            None => {
                sql.push(" AND ts >= ").push_bind(self.filter.from.unwrap_or(i64::MIN));
            }
        }
        match &self.shapes {
            Among::UpTo(highest) => sql.push(" AND shape <= ").push_bind(*highest),
            Among::Some(shapes) => {
                sql.push(" AND shape IN (SELECT value FROM json_each(").push_bind(shapes.clone()).push("))")
            }
        };
        if let Some(instances) = &self.instances {
            sql.push(" AND inst IN (SELECT value FROM json_each(").push_bind(instances.clone()).push("))");
        }
        if let Some(least) = self.filter.min_risk {
            sql.push(" AND risk >= ").push_bind(f64::from(least));
        }
        match self.n {
            Some(n) => {
                sql.push(" AND n = ").push_bind(n);
            }
            None => {
                for word in &self.filter.words {
                    sql.push(" AND instr(words, ").push_bind(word.clone()).push(") > 0");
                }
            }
        }
    }

    /// The chunks of the range, newest first, each twice the one before: where a chunk begins and ends. It is for the caller to stop.
    pub(super) fn chunks(&self, after: Option<Position>) -> Chunks<'_, 'a> {
        let size = if self.passes_all() { None } else { Some(CHUNKS.0) };
        Chunks { plan: self, next: Some(self.start(after)), size }
    }
}

/// A walk through the range.
pub(super) struct Chunks<'p, 'f> {
    plan: &'p Plan<'f>,
    next: Option<Position>,
    /// `None`: one chunk, all of it.
    size: Option<i64>,
}

impl Chunks<'_, '_> {
    /// The next chunk: rows after the first place, up to and with the second (`None`: to the end of the range).
    pub(super) async fn next(
        &mut self,
        conn: &mut SqliteConnection,
    ) -> Result<Option<(Position, Option<Position>)>, StoreError> {
        let Some(start) = self.next.take() else { return Ok(None) };
        let Some(size) = self.size else { return Ok(Some((start, None))) };
        let end = sqlx::query(
            "SELECT ts, n FROM verdict WHERE (ts, n) < (?, ?) AND ts >= ? ORDER BY ts DESC, n DESC LIMIT 1 OFFSET ?",
        )
        .bind(start.ts)
        .bind(start.n)
        .bind(self.plan.filter.from.unwrap_or(i64::MIN))
        .bind(size - 1)
        .fetch_optional(conn)
        .await?;
        if let Some(row) = end {
            self.next = Some(Position { ts: row.try_get(0)?, n: row.try_get(1)? });
        }
        let most = if self.plan.filter.words.is_empty() { CHUNKS.1 } else { CHUNKS.2 };
        self.size = Some((size * 2).min(most));
        Ok(Some((start, self.next)))
    }
}

/// A page of the list.
pub(super) async fn page(
    readers: &SqlitePool,
    shapes: &Shapes,
    scope: &Scope,
    filter: &Filter,
    after: Option<Position>,
    limit: usize,
    deadline: Instant,
) -> Result<Page, StoreError> {
    let mut conn = readers.acquire().await?;
    let admitted = shapes.admitted(scope, |shape| filter.admits_shape(shape));
    let Some(plan) = Plan::new(&mut conn, shapes.tenant(scope.of()), admitted, filter).await? else {
        return Ok(Page::default());
    };
    let mut page = Page::default();
    let mut chunks = plan.chunks(after);
    while let Some((start, end)) = chunks.next(&mut conn).await? {
        // One more than asked for tells whether there is a next page.
        let wanted = limit + 1 - page.items.len();
        let mut sql = QueryBuilder::new("SELECT v.ts, v.n, v.body FROM (SELECT n FROM verdict");
        plan.push_where(&mut sql, start, end);
        sql.push(" ORDER BY ts DESC, n DESC LIMIT ").push_bind(wanted as i64);
        sql.push(") found JOIN verdict v ON v.n = found.n ORDER BY v.ts DESC, v.n DESC");
        for row in sql.build().fetch_all(&mut *conn).await? {
            if page.items.len() == limit {
                return Ok(page);
            }
            page.next = Some(Position { ts: row.try_get(0)?, n: row.try_get(1)? });
            page.items.push(row.try_get(2)?);
        }
        if end.is_some() && Instant::now() >= deadline {
            page.next = end;
            return Ok(page);
        }
    }
    page.next = None;
    Ok(page)
}

/// One verdict of a scope and its content.
pub(super) async fn verdict(
    readers: &SqlitePool,
    shapes: &Shapes,
    scope: &Scope,
    id: Uuid,
) -> Result<Option<Detail>, StoreError> {
    let row = sqlx::query(
        "SELECT v.body, c.body, v.shape FROM verdict v LEFT JOIN content c ON c.n = v.n \
         WHERE v.id = ? AND v.tenant = ?",
    )
    .bind(id.as_bytes().as_slice())
    .bind(shapes.tenant(scope.of()))
    .fetch_optional(readers)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let filed = shapes.get(row.try_get(2)?);
    if !filed.is_some_and(|filed| scope.admits(&filed.owner, &filed.shape.namespace)) {
        return Ok(None);
    }
    Ok(Some(Detail { item: row.try_get(0)?, content: row.try_get(1)? }))
}

/// The newest ungrounded or contradicted ones of a scope.
pub(super) async fn newest_flagged(
    readers: &SqlitePool,
    shapes: &Shapes,
    scope: &Scope,
    (from, to): (i64, i64),
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let numbers = match shapes.admitted(scope, Shape::flagged) {
        Admitted::Some(numbers) => array(&numbers),
        // Nothing but flagged ones is known: a list all the same.
        Admitted::UpTo(highest) => array(&(1..=highest).collect::<Vec<_>>()),
    };
    Ok(sqlx::query_scalar(
        "SELECT body FROM verdict INDEXED BY verdict_flagged WHERE flagged = 1 AND ts >= ? AND ts < ? \
         AND shape IN (SELECT value FROM json_each(?)) ORDER BY ts DESC, n DESC LIMIT ?",
    )
    .bind(from)
    .bind(to)
    .bind(numbers)
    .bind(limit as i64)
    .fetch_all(readers)
    .await?)
}

/// The row whose id was searched for, when the only word is the whole id of one.
async fn whole_id(
    conn: &mut SqliteConnection,
    tenant: i64,
    words: &[String],
) -> Result<Option<i64>, StoreError> {
    let [word] = words else { return Ok(None) };
    let Ok(id) = word.parse::<Uuid>() else { return Ok(None) };
    Ok(sqlx::query_scalar("SELECT n FROM verdict WHERE id = ? AND tenant = ?")
        .bind(id.as_bytes().as_slice())
        .bind(tenant)
        .fetch_optional(conn)
        .await?)
}

/// Numbers as a JSON array: one parameter, however many.
pub(super) fn array(numbers: &[i64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    format!("[{}]", numbers.join(","))
}
