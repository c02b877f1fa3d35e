//! [`Store`] on SQLite: one file, one writer, several readers.
//!
//! WAL with `synchronous=FULL`: a commit that returned survives a power cut. One file rather than one a day, because SQLite
//! in WAL mode does not commit across attached files atomically, and events, ledger and rollups must never disagree; retention is
//! therefore small deletes between commits, with the freed pages handed back step by step.

mod backfill;
mod counts;
mod erase;
mod insert;
mod instances;
mod open;
mod page;
mod rollups;
mod shapes;
mod sweep;
mod writer;

use std::fs::File;
use std::path::Path;
use std::time::Instant;

use agentguard_api::query::Sidecar;
use async_trait::async_trait;
use sqlx::SqlitePool;
use tokio::sync::{Mutex, Semaphore};
use uuid::Uuid;

use self::writer::Writer;
use super::records::Records;
use super::shapes::Shapes;
use super::{Counts, Detail, Done, Erase, Filter, Page, Position, Scope, Store, StoreError, Swept, Work};
use crate::rollup::{Bucket, Totals};

/// Verdicts in `agentguard.db` of a data directory.
pub(crate) struct Sqlite {
    writer: Mutex<Writer>,
    readers: SqlitePool,
    scans: Semaphore,
    shapes: Shapes,
    records: Records,
    /// Held locked while this lives: the writer's caches allow no second one.
    _lock: File,
}

impl Sqlite {
    /// Opens or makes the database and brings its schema up to date.
    pub(crate) async fn open(dir: &Path, dead_letters: u64) -> Result<Self, StoreError> {
        let lock = open::lock(dir)?;
        let path = dir.join("agentguard.db");
        let mut conn = open::writer(&path).await?;
        let readers = open::readers(&path).await?;
        let shapes = Shapes::default();
        shapes::load(&mut conn, &shapes).await?;
        backfill::namespaces(&mut conn, &shapes).await?;
        let writer = Writer::load(conn, shapes.clone(), dead_letters).await?;
        let records = Records::sqlite(readers.clone(), open::small_writer(&path).await?);
        let scans = Semaphore::new(open::SCANS);
        Ok(Self { writer: Mutex::new(writer), readers, scans, shapes, records, _lock: lock })
    }

    /// The small tables of the same database.
    pub(crate) fn records(&self) -> Records {
        self.records.clone()
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn commit(&self, work: &[Work]) -> Result<Vec<Done>, StoreError> {
        self.writer.lock().await.commit(work).await
    }

    async fn sweep(&self, before: i64) -> Result<Swept, StoreError> {
        self.writer.lock().await.sweep(before).await
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
        page::page(&self.readers, &self.shapes, scope, filter, after, limit, deadline).await
    }

    async fn verdict(&self, scope: &Scope, id: Uuid) -> Result<Option<Detail>, StoreError> {
        page::verdict(&self.readers, &self.shapes, scope, id).await
    }

    async fn erase_content(&self, scope: &Scope, what: Erase) -> Result<u64, StoreError> {
        let Some(tenant) = self.shapes.tenant(scope.of()) else { return Ok(0) };
        self.writer.lock().await.erase(tenant, what).await
    }

    async fn counts(&self, scope: &Scope, filter: &Filter, deadline: Instant) -> Result<Counts, StoreError> {
        let _turn = self.scans.acquire().await;
        counts::counts(&self.readers, &self.shapes, scope, filter, deadline).await
    }

    async fn totals(&self, scope: &Scope, from: i64, to: i64) -> Result<Totals, StoreError> {
        rollups::totals(&self.readers, &self.shapes.zones(scope), from, to).await
    }

    async fn series(&self, scope: &Scope, from: i64, to: i64, width: i64) -> Result<Vec<Bucket>, StoreError> {
        rollups::series(&self.readers, &self.shapes.zones(scope), from, to, width).await
    }

    async fn newest_flagged(
        &self,
        scope: &Scope,
        from: i64,
        to: i64,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        page::newest_flagged(&self.readers, &self.shapes, scope, (from, to), limit).await
    }

    async fn sidecars(&self, scope: &Scope) -> Result<Vec<Sidecar>, StoreError> {
        instances::all(&self.readers, &self.shapes, scope).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    async fn close(&self) {
        self.records.close().await;
        self.readers.close().await;
        self.writer.lock().await.close().await;
    }
}

#[cfg(test)]
mod tests;
