//! The small tables (accounts, policies, keys, leases, the audit log): one SQL text for both databases.
//!
//! What is small and asked by key needs no statement of its own for each database. Texts use `$1`, `$2`, …, which SQLite and
//! PostgreSQL both read, and only these types: `BIGINT` (also for booleans, 0 or 1, and for times, microseconds since the Unix epoch),
//! `TEXT`, and `BLOB`/`BYTEA`. Verdicts do not go this way: [`super::Store`] has an implementation for each database.

mod row;
mod value;

use std::sync::Arc;

use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

pub(crate) use row::Row;
pub(crate) use value::Value;

use super::StoreError;

/// The small tables of one database. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Records(Arc<Database>);

#[derive(Debug)]
enum Database {
    Sqlite {
        reads: SqlitePool,
        /// One connection: SQLite has one writer at a time anyway.
        writes: SqlitePool,
    },
    Postgres(PgPool),
}

impl Records {
    /// On SQLite: connections that read, and a pool of one that writes.
    pub(crate) fn sqlite(reads: SqlitePool, writes: SqlitePool) -> Self {
        Self(Arc::new(Database::Sqlite { reads, writes }))
    }

    /// On PostgreSQL.
    pub(crate) fn postgres(pool: PgPool) -> Self {
        Self(Arc::new(Database::Postgres(pool)))
    }

    /// The rows of a `SELECT`.
    pub(crate) async fn fetch(&self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        Ok(match &*self.0 {
            Database::Sqlite { reads, .. } => {
                row::sqlite(value::for_sqlite(sql, values).fetch_all(reads).await?)
            }
            Database::Postgres(pool) => {
                row::postgres(value::for_postgres(sql, values).fetch_all(pool).await?)
            }
        })
    }

    /// The first row of a `SELECT`, if any.
    pub(crate) async fn first(&self, sql: &'static str, values: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(sql, values).await?.into_iter().next())
    }

    /// Changes rows; returns how many.
    pub(crate) async fn execute(&self, sql: &'static str, values: &[Value]) -> Result<u64, StoreError> {
        Ok(match &*self.0 {
            Database::Sqlite { writes, .. } => {
                value::for_sqlite(sql, values).execute(writes).await?.rows_affected()
            }
            Database::Postgres(pool) => value::for_postgres(sql, values).execute(pool).await?.rows_affected(),
        })
    }

    /// Begins a transaction that nobody else's with the same `lock` runs beside, on this or another replica. It is undone unless
    /// [`Tx::commit`] is called.
    pub(crate) async fn begin(&self, lock: &'static str) -> Result<Tx, StoreError> {
        Ok(match &*self.0 {
            // It locks out every other writer, whatever the lock's name.
            Database::Sqlite { writes, .. } => Tx::Sqlite(writes.begin_with("BEGIN IMMEDIATE").await?),
            Database::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                    .bind(lock)
                    .execute(&mut *tx)
                    .await?;
                Tx::Postgres(tx)
            }
        })
    }

    /// Lets the connections that write go. Those that read belong to the store.
    pub(crate) async fn close(&self) {
        if let Database::Sqlite { writes, .. } = &*self.0 {
            writes.close().await;
        }
    }
}

/// A transaction over small tables.
pub(crate) enum Tx {
    #[doc(hidden)]
    Sqlite(Transaction<'static, Sqlite>),
    #[doc(hidden)]
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// The rows of a `SELECT`, or of a change with `RETURNING`.
    pub(crate) async fn fetch(
        &mut self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite(tx) => row::sqlite(value::for_sqlite(sql, values).fetch_all(&mut **tx).await?),
            Self::Postgres(tx) => row::postgres(value::for_postgres(sql, values).fetch_all(&mut **tx).await?),
        })
    }

    /// The first row, if any.
    pub(crate) async fn first(
        &mut self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(sql, values).await?.into_iter().next())
    }

    /// Changes rows; returns how many.
    pub(crate) async fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(tx) => value::for_sqlite(sql, values).execute(&mut **tx).await?.rows_affected(),
            Self::Postgres(tx) => value::for_postgres(sql, values).execute(&mut **tx).await?.rows_affected(),
        })
    }

    /// Makes it last.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
