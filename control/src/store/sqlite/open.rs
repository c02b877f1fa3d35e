//! Connections, pragmas, migrations and the lock that keeps a second control plane out.

use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, SqliteConnection, SqlitePool};

use crate::store::StoreError;

/// Every step of the schema, oldest first.
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Readers, each with a thread and a page cache of its own.
const READERS: u32 = 4;
/// A reader that nobody needed for so long is closed: its memory is worth more than the next opening.
const IDLE: Duration = Duration::from_secs(60);
/// Searches and counts at once, of those: dashboards must not wait for them.
pub(super) const SCANS: usize = 3;

/// Makes the directory and takes its lock.
pub(super) fn lock(dir: &Path) -> Result<File, StoreError> {
    let refused = |path: &Path| {
        let path = path.display().to_string();
        move |source| StoreError::Directory { path, source }
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(refused(dir))?;
    let path = dir.join("agentguard.lock");
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(refused(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::InUse { path: dir.display().to_string() }),
        Err(fs::TryLockError::Error(source)) => Err(refused(&path)(source)),
    }
}

/// The one connection that writes, its schema up to date.
pub(super) async fn writer(path: &Path) -> Result<SqliteConnection, StoreError> {
    // Made here first so that it is nobody else's to read; SQLite gives its WAL the same mode.
    fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| StoreError::Directory { path: path.display().to_string(), source })?;
    let mut conn = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        // The numbers are the writer's own; looking them up again for every row is for tests.
        .foreign_keys(cfg!(debug_assertions))
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(64)
        .pragma("cache_size", "-16384")
        // Pages, 16 MiB: fewer checkpoints, each of which syncs the database file within somebody's commit.
        .pragma("wal_autocheckpoint", "4096")
        .pragma("journal_size_limit", "67108864")
        .connect()
        .await?;
    MIGRATIONS.run(&mut conn).await?;
    Ok(conn)
}

/// Connections that only read.
pub(super) async fn readers(path: &Path) -> Result<SqlitePool, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("cache_size", "-8192")
        .pragma("query_only", "1");
    let pool = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(READERS)
        .idle_timeout(IDLE)
        .acquire_timeout(Duration::from_secs(10));
    Ok(pool.connect_with(options).await?)
}

/// The connection that writes small tables, beside the writer's own.
pub(super) async fn small_writer(path: &Path) -> Result<SqlitePool, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // The writer of verdicts may be at it.
        .busy_timeout(Duration::from_secs(10));
    let pool = SqlitePoolOptions::new()
        .min_connections(0)
        .max_connections(1)
        .idle_timeout(IDLE)
        .acquire_timeout(Duration::from_secs(10));
    Ok(pool.connect_with(options).await?)
}
