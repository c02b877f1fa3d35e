//! What the control plane keeps and what it asks back: the seam between the service and a database.
//!
//! [`Sqlite`] and [`Postgres`] implement [`Store`]; nothing else knows which of them it talks to. Everything is bounded by the caller: a limit,
//! a range or a deadline. Every question carries the [`Scope`] of whoever asks, and the answer is what looking at that scope's events alone would give.

mod event;
mod filter;
mod instance;
pub(crate) mod postgres;
pub(crate) mod records;
pub(crate) mod scope;
mod shapes;
pub(crate) mod sqlite;

use std::sync::Arc;
use std::time::Instant;

use agentguard_api::query::Sidecar;
use agentguard_api::{BatchReply, Heartbeat, HeartbeatReply};
use async_trait::async_trait;
use uuid::Uuid;

pub(crate) use event::{BadEvent, Event, Incoming, Shape};
pub(crate) use filter::{Facet, Filter, Misses, Position};
use postgres::Postgres;
use records::Records;
pub(crate) use scope::Scope;
pub(crate) use shapes::Filed;
use sqlite::Sqlite;

use crate::config::Config;
use crate::rollup::{Bucket, Totals};

/// Something to be made durable.
pub(crate) enum Work {
    /// Events of one instance.
    Batch(Incoming),
    /// What an instance of a tenant says of itself.
    Heartbeat(Arc<str>, Heartbeat, Received),
}

/// When something arrived here, microseconds since the Unix epoch.
pub(crate) type Received = i64;

/// What became of a [`Work`], in the same order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Done {
    /// A batch: the reply and which of its events (positions in [`Incoming::events`]) are stored now.
    Batch(BatchReply, Vec<usize>),
    /// A heartbeat.
    Heartbeat(HeartbeatReply),
}

/// One page of list items, newest first.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Each a JSON object.
    pub(crate) items: Vec<String>,
    /// Where the next page begins.
    pub(crate) next: Option<Position>,
}

/// One verdict: the list item, JSON, and its content as [`crate::content`] made it.
pub(crate) struct Detail {
    pub(crate) item: String,
    pub(crate) content: Option<String>,
}

/// Whose content is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Erase {
    /// One verdict's.
    Verdict(Uuid),
    /// That of verdicts in a range of microseconds since the Unix epoch, a bounded number of them.
    Between(i64, i64),
}

/// Counts by combination of the few-valued fields: of those that pass the filter or miss it by one such field only, so that
/// each field's values can be counted whatever is chosen among them ([`Filter::misses`]).
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) by_shape: Vec<(Arc<Shape>, u64)>,
    /// The deadline came first; only the newest were counted.
    pub(crate) partial: bool,
}

/// What one step of retention did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Swept {
    /// Verdicts deleted.
    pub(crate) verdicts: u64,
    /// There is more to delete.
    pub(crate) more: bool,
}

/// A database that keeps verdicts.
#[async_trait]
pub(crate) trait Store: Send + Sync + 'static {
    /// Makes all of it durable in one transaction, or nothing.
    async fn commit(&self, work: &[Work]) -> Result<Vec<Done>, StoreError>;

    /// Deletes a bounded number of what is older than `before` (microseconds since the Unix epoch).
    async fn sweep(&self, before: i64) -> Result<Swept, StoreError>;

    /// At most `limit` items after `after`; fewer, with a `next`, when the deadline comes first.
    async fn page(
        &self,
        scope: &Scope,
        filter: &Filter,
        after: Option<Position>,
        limit: usize,
        deadline: Instant,
    ) -> Result<Page, StoreError>;

    /// One verdict.
    async fn verdict(&self, scope: &Scope, id: Uuid) -> Result<Option<Detail>, StoreError>;

    /// Deletes content of a tenant's, in whichever namespace; the verdicts stay. Returns of how many; 0: nothing is left there.
    async fn erase_content(&self, scope: &Scope, what: Erase) -> Result<u64, StoreError>;

    /// Counts of what the filter lets through, or would but for one few-valued field.
    async fn counts(&self, scope: &Scope, filter: &Filter, deadline: Instant) -> Result<Counts, StoreError>;

    /// Sums over whole minutes, `from` and `to` in seconds since the Unix epoch.
    async fn totals(&self, scope: &Scope, from: i64, to: i64) -> Result<Totals, StoreError>;

    /// Sums by bucket of `width` seconds (one of [`crate::rollup::WIDTHS`]), in order, empty ones left out.
    async fn series(&self, scope: &Scope, from: i64, to: i64, width: i64) -> Result<Vec<Bucket>, StoreError>;

    /// The newest ungrounded or contradicted ones in a range of microseconds.
    async fn newest_flagged(
        &self,
        scope: &Scope,
        from: i64,
        to: i64,
        limit: usize,
    ) -> Result<Vec<String>, StoreError>;

    /// Every known instance, seen last first.
    async fn sidecars(&self, scope: &Scope) -> Result<Vec<Sidecar>, StoreError>;

    /// Whether it answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Finishes what is open.
    async fn close(&self);
}

/// Opens the database that the configuration names, and brings its schema up to date. Also answers the small tables in it.
pub(crate) async fn open(config: &Config) -> Result<(Arc<dyn Store>, Records), StoreError> {
    let limits = &config.limits;
    let Some(url) = &config.database else {
        let store = Sqlite::open(&config.data_dir, limits.dead_letters).await?;
        let records = store.records();
        return Ok((Arc::new(store), records));
    };
    let settings = postgres::Settings {
        url: url.clone(),
        password: config.database_password.clone(),
        connections: limits.database_connections,
        statement_time: limits.statement_time,
        keep: config.retention,
        dead_letters: limits.dead_letters,
    };
    let store = Postgres::open(&settings).await?;
    let records = store.records();
    Ok((Arc::new(store), records))
}

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory cannot be made or used.
    #[error("the data directory {path} cannot be used: {source}")]
    Directory {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Somebody else has it.
    #[error("{path} is in use by another control plane; give each its own --data-dir")]
    InUse {
        /// Which.
        path: String,
    },
    /// Not an address of a database.
    #[error(
        "the database's address cannot be read; expected postgres://user:password@host:port/database, special characters in \
         the password percent-encoded"
    )]
    Url,
    /// The schema could not be brought up to date.
    #[error("the database could not be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The database refused.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// Something stored cannot be read back.
    #[error("the database holds something unreadable: {0}")]
    Damaged(String),
}

impl StoreError {
    /// Whether a row was refused because another has its key.
    pub(crate) fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

#[cfg(test)]
mod tests;
