//! Lists, newest first, and single verdicts.
//!
//! Conditions on few-valued fields alone are answered shape by shape, each from its index, newest first: what comes first over all of them is the
//! page, however rare it is. With other conditions, or very many shapes, the list is gone through in chunks until the deadline: a page
//! may be short, it is never wrong.

use std::time::Instant;

use sqlx::{PgConnection, PgPool, Postgres, QueryBuilder, Row};
use uuid::Uuid;

use super::plain;
use crate::store::scope::Namespaces;
use crate::store::shapes::Shapes;
use crate::store::{Detail, Filter, Page, Position, Scope, Shape, StoreError};

/// Rows looked at in one statement: at first, at most, at most when every row's words must be read.
const CHUNKS: (i64, i64, i64) = (2_000, 100_000, 16_000);
/// Shapes that are asked one by one: each costs a look into the index of every day in the range.
const ONE_BY_ONE: usize = 48;

/// The filter in the database's terms.
pub(super) struct Plan<'a> {
    filter: &'a Filter,
    tenant: i64,
    /// `None`: every one of the tenant.
    shapes: Option<Vec<i64>>,
    instances: Option<Vec<i64>>,
    /// The row whose id was searched for.
    row: Option<Position>,
}

impl<'a> Plan<'a> {
    /// `None` when nothing can pass.
    pub(super) async fn new(
        conn: &mut PgConnection,
        shapes: &Shapes,
        scope: &Scope,
        filter: &'a Filter,
        passes: impl Fn(&Shape) -> bool,
    ) -> Result<Option<Self>, StoreError> {
        let Some(tenant) = shapes.tenant(scope.of()) else { return Ok(None) };
        let whole = *scope.namespaces() == Namespaces::All && !filter.asks_shape();
        let shapes = if whole { None } else { Some(shapes.numbers(scope, passes)) };
        if shapes.as_ref().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        let mut instances = None;
        if !filter.instance.is_empty() {
            let ids: Vec<String> = filter.instance.iter().map(Uuid::to_string).collect();
            let found: Vec<i64> = sqlx::query_scalar(
                "SELECT inst FROM instance WHERE tenant = $1 AND instance = ANY($2::text[]::uuid[])",
            )
            .bind(tenant)
            .bind(ids)
            .fetch_all(&mut *conn)
            .await?;
            if found.is_empty() {
                return Ok(None);
            }
            instances = Some(found);
        }
        let row = whole_id(conn, tenant, &filter.words).await?;
        Ok(Some(Self { filter, tenant, shapes, instances, row }))
    }

    /// Whether there are conditions on few-valued fields and time only.
    fn is_plain(&self) -> bool {
        self.instances.is_none()
            && self.row.is_none()
            && self.filter.min_risk.is_none()
            && self.filter.words.is_empty()
    }

    /// The newest place in the range, not after `after`.
    fn start(&self, after: Option<Position>) -> Position {
        let to = self.filter.to.map_or(Position::NEWEST, |to| Position { ts: to, n: i64::MIN });
        let after = after.unwrap_or(Position::NEWEST);
        if (after.ts, after.n) < (to.ts, to.n) { after } else { to }
    }

    fn from(&self) -> i64 {
        self.filter.from.unwrap_or(i64::MIN)
    }

    /// ` WHERE …`: rows after `start`, not after `end`, that pass.
    pub(super) fn push_where(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        start: Position,
        end: Option<Position>,
    ) {
        sql.push(" WHERE tenant = ").push_bind(self.tenant);
        // The first condition leaves out partitions; PostgreSQL does not see it in the second.
        sql.push(" AND ts <= ").push_bind(start.ts);
        sql.push(" AND (ts, n) < (").push_bind(start.ts).push(", ").push_bind(start.n).push(")");
        sql.push(" AND ts >= ").push_bind(end.map_or(self.from(), |end| end.ts));
        if let Some(end) = end {
            sql.push(" AND (ts, n) >= (").push_bind(end.ts).push(", ").push_bind(end.n).push(")");
        }
        if let Some(shapes) = &self.shapes {
            sql.push(" AND shape = ANY(").push_bind(shapes.clone()).push(")");
        }
        if let Some(instances) = &self.instances {
            sql.push(" AND inst = ANY(").push_bind(instances.clone()).push(")");
        }
        if let Some(least) = self.filter.min_risk {
            sql.push(" AND risk >= ").push_bind(f64::from(least));
        }
        match self.row {
            Some(row) => {
                sql.push(" AND ts = ").push_bind(row.ts).push(" AND n = ").push_bind(row.n);
            }
            None => {
                for word in &self.filter.words {
                    sql.push(" AND strpos(words, ").push_bind(plain(word).into_owned()).push(") > 0");
                }
            }
        }
    }

    /// The chunks of the range, newest first, each twice the one before: where a chunk begins and ends. It is for the caller to stop.
    pub(super) fn chunks(&self, after: Option<Position>) -> Chunks<'_, 'a> {
        let all = self.shapes.is_none() && self.is_plain();
        Chunks { plan: self, next: Some(self.start(after)), size: (!all).then_some(CHUNKS.0) }
    }

    /// The newest rows, shape by shape.
    async fn by_shape(
        &self,
        conn: &mut PgConnection,
        shapes: &[i64],
        start: Position,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let rows = sqlx::query(
            "SELECT v.ts, v.n, v.body FROM (SELECT f.ts, f.n FROM unnest($1::bigint[]) s (shape) CROSS JOIN LATERAL \
             (SELECT ts, n FROM verdict WHERE verdict.shape = s.shape AND ts <= $2 AND (ts, n) < ($2, $3) AND ts >= $4 \
             ORDER BY ts DESC, n DESC LIMIT $5) f ORDER BY f.ts DESC, f.n DESC LIMIT $5) found \
             JOIN verdict v ON v.tenant = $6 AND v.ts = found.ts AND v.n = found.n ORDER BY v.ts DESC, v.n DESC",
        )
        .bind(shapes)
        .bind(start.ts)
        .bind(start.n)
        .bind(self.from())
        .bind(limit as i64 + 1)
        .bind(self.tenant)
        .fetch_all(conn)
        .await?;
        let more = rows.len() > limit;
        let mut page = Page::default();
        for row in rows.iter().take(limit) {
            page.next = Some(Position { ts: row.try_get(0)?, n: row.try_get(1)? });
            page.items.push(row.try_get(2)?);
        }
        if !more {
            page.next = None;
        }
        Ok(page)
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
        conn: &mut PgConnection,
    ) -> Result<Option<(Position, Option<Position>)>, StoreError> {
        let Some(start) = self.next.take() else { return Ok(None) };
        let Some(size) = self.size else { return Ok(Some((start, None))) };
        let end = sqlx::query(
            "SELECT ts, n FROM verdict WHERE tenant = $1 AND ts <= $2 AND (ts, n) < ($2, $3) AND ts >= $4 \
             ORDER BY ts DESC, n DESC LIMIT 1 OFFSET $5",
        )
        .bind(self.plan.tenant)
        .bind(start.ts)
        .bind(start.n)
        .bind(self.plan.from())
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
    pool: &PgPool,
    shapes: &Shapes,
    scope: &Scope,
    filter: &Filter,
    after: Option<Position>,
    limit: usize,
    deadline: Instant,
) -> Result<Page, StoreError> {
    let mut conn = pool.acquire().await?;
    let plan = Plan::new(&mut conn, shapes, scope, filter, |shape| filter.admits_shape(shape)).await?;
    let Some(plan) = plan else { return Ok(Page::default()) };
    if let Some(shapes) = plan.shapes.as_ref().filter(|some| some.len() <= ONE_BY_ONE && plan.is_plain()) {
        return plan.by_shape(&mut conn, shapes, plan.start(after), limit).await;
    }
    let mut page = Page::default();
    let mut chunks = plan.chunks(after);
    while let Some((start, end)) = chunks.next(&mut conn).await? {
        // One more than asked for tells whether there is a next page.
        let wanted = limit + 1 - page.items.len();
        let mut sql = QueryBuilder::new("SELECT ts, n, body FROM verdict");
        plan.push_where(&mut sql, start, end);
        sql.push(" ORDER BY ts DESC, n DESC LIMIT ").push_bind(wanted as i64);
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
    pool: &PgPool,
    shapes: &Shapes,
    scope: &Scope,
    id: Uuid,
) -> Result<Option<Detail>, StoreError> {
    let Some(tenant) = shapes.tenant(scope.of()) else { return Ok(None) };
    let row = sqlx::query(
        "SELECT v.body, c.body, v.shape FROM verdict_key k JOIN verdict v USING (tenant, ts, n) \
         LEFT JOIN content c USING (ts, n) WHERE k.id = $1::text::uuid AND k.tenant = $2",
    )
    .bind(id.to_string())
    .bind(tenant)
    .fetch_optional(pool)
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
    pool: &PgPool,
    shapes: &Shapes,
    scope: &Scope,
    (from, to): (i64, i64),
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let Some(tenant) = shapes.tenant(scope.of()) else { return Ok(Vec::new()) };
    let some = match scope.namespaces() {
        Namespaces::All => None,
        Namespaces::Only(_) => Some(shapes.numbers(scope, Shape::flagged)),
    };
    Ok(sqlx::query_scalar(
        "SELECT body FROM verdict WHERE flagged AND tenant = $1 AND ts >= $2 AND ts < $3 \
         AND ($4::bigint[] IS NULL OR shape = ANY($4)) ORDER BY ts DESC, n DESC LIMIT $5",
    )
    .bind(tenant)
    .bind(from)
    .bind(to)
    .bind(some)
    .bind(limit as i64)
    .fetch_all(pool)
    .await?)
}

/// The row whose id was searched for, when the only word is the whole id of one.
async fn whole_id(
    conn: &mut PgConnection,
    tenant: i64,
    words: &[String],
) -> Result<Option<Position>, StoreError> {
    let [word] = words else { return Ok(None) };
    let Ok(id) = word.parse::<Uuid>() else { return Ok(None) };
    let row = sqlx::query("SELECT ts, n FROM verdict_key WHERE id = $1::text::uuid AND tenant = $2")
        .bind(id.to_string())
        .bind(tenant)
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok(Position { ts: row.try_get(0)?, n: row.try_get(1)? })).transpose()
}
