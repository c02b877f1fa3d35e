//! [`Store`] on PostgreSQL: several replicas at once on one database.
//!
//! Nothing is kept in a replica that another needs: the dictionary of shapes and the days that have a partition are caches, looked up again when they
//! do not hold what is asked for. A commit is one transaction: the rows of its instances are locked first, in order, so that two replicas that
//! get batches of one instance take turns; events are copied into a temporary table and taken over from there as far as nothing stands in
//! their way; what is counted goes into rows of this replica's own.

mod counts;
mod days;
mod erase;
mod insert;
mod instances;
mod open;
mod page;
mod rollups;
mod shapes;
mod sweep;
mod writer;

use std::time::Instant;

use agentguard_api::query::Sidecar;
use async_trait::async_trait;
use sqlx::{PgConnection, PgPool};
use tokio::sync::{Mutex, Semaphore};
use uuid::Uuid;

use self::days::Days;
pub(crate) use self::open::Settings;
use super::records::Records;
use super::shapes::Shapes;
use super::{Counts, Detail, Done, Erase, Filter, Page, Position, Scope, Store, StoreError, Swept, Work};
use crate::rollup::{Bucket, Totals};

/// Verdicts in one PostgreSQL database.
pub(crate) struct Postgres {
    /// Questions, small tables and whatever is not part of a commit.
    pool: PgPool,
    /// Connections that commit; each has its temporary table.
    writes: PgPool,
    scans: Semaphore,
    shapes: Shapes,
    days: Days,
    /// Which rows of the rollups are this replica's.
    slot: i64,
    /// Holds the lock on that number; the counts stay right without it.
    held: Mutex<Option<PgConnection>>,
    dead_letters: i64,
}

impl Postgres {
    /// Connects and brings the schema up to date.
    pub(crate) async fn open(settings: &Settings) -> Result<Self, StoreError> {
        let (pool, writes) = open::pools(settings).await?;
        open::migrate(&pool).await?;
        let (slot, held) = open::slot(&pool).await?;
        let days = Days::new(settings.keep);
        days.ahead(&pool, crate::clock::now()).await?;
        let shapes = Shapes::default();
        shapes::refresh(&pool, &shapes).await?;
        Ok(Self {
            pool,
            writes,
            scans: Semaphore::new(settings.scans()),
            shapes,
            days,
            slot,
            held: Mutex::new(Some(held)),
            dead_letters: i64::try_from(settings.dead_letters).unwrap_or(i64::MAX),
        })
    }

    /// The small tables of the same database.
    pub(crate) fn records(&self) -> Records {
        Records::postgres(self.pool.clone())
    }

    /// Learns what other replicas have filed since.
    async fn shapes(&self) -> Result<&Shapes, StoreError> {
        shapes::refresh(&self.pool, &self.shapes).await?;
        Ok(&self.shapes)
    }
}

#[async_trait]
impl Store for Postgres {
    async fn commit(&self, work: &[Work]) -> Result<Vec<Done>, StoreError> {
        writer::commit(self, work).await
    }

    async fn sweep(&self, before: i64) -> Result<Swept, StoreError> {
        self.days.ahead(&self.pool, crate::clock::now()).await?;
        sweep::sweep(&self.pool, &self.days, before, crate::clock::now()).await
    }

    async fn page(
        &self,
        scope: &Scope,
        filter: &Filter,
        after: Option<Position>,
        limit: usize,
        deadline: Instant,
    ) -> Result<Page, StoreError> {
        let _turn = self.scans.acquire().await;
        page::page(&self.pool, self.shapes().await?, scope, filter, after, limit, deadline).await
    }

    async fn verdict(&self, scope: &Scope, id: Uuid) -> Result<Option<Detail>, StoreError> {
        page::verdict(&self.pool, self.shapes().await?, scope, id).await
    }

    async fn erase_content(&self, scope: &Scope, what: Erase) -> Result<u64, StoreError> {
        let Some(tenant) = self.shapes().await?.tenant(scope.of()) else { return Ok(0) };
        erase::erase(&self.pool, tenant, what).await
    }

    async fn counts(&self, scope: &Scope, filter: &Filter, deadline: Instant) -> Result<Counts, StoreError> {
        let _turn = self.scans.acquire().await;
        counts::counts(&self.pool, self.shapes().await?, scope, filter, deadline).await
    }

    async fn totals(&self, scope: &Scope, from: i64, to: i64) -> Result<Totals, StoreError> {
        rollups::totals(&self.pool, &self.shapes().await?.zones(scope), from, to).await
    }

    async fn series(&self, scope: &Scope, from: i64, to: i64, width: i64) -> Result<Vec<Bucket>, StoreError> {
        rollups::series(&self.pool, &self.shapes().await?.zones(scope), from, to, width).await
    }

    async fn newest_flagged(
        &self,
        scope: &Scope,
        from: i64,
        to: i64,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        page::newest_flagged(&self.pool, self.shapes().await?, scope, (from, to), limit).await
    }

    async fn sidecars(&self, scope: &Scope) -> Result<Vec<Sidecar>, StoreError> {
        instances::all(&self.pool, self.shapes().await?, scope).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    async fn close(&self) {
        if let Some(held) = self.held.lock().await.take() {
            let _ = sqlx::Connection::close(held).await;
        }
        self.writes.close().await;
        self.pool.close().await;
    }
}

/// PostgreSQL's text holds no NUL; nor does what is asked for.
fn plain(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', " ").into() } else { text.into() }
}
