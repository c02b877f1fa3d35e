//! Content deleted before its time. The pages that held it are overwritten; copies in the write-ahead log go with its next checkpoint.

use sqlx::{Connection, SqliteConnection};

use crate::store::{Erase, StoreError};

/// Contents deleted in one step: commits go between.
const STEP: i64 = 1000;

/// Deletes a step of it.
pub(super) async fn erase(conn: &mut SqliteConnection, tenant: i64, what: Erase) -> Result<u64, StoreError> {
    sqlx::query("PRAGMA secure_delete = ON").execute(&mut *conn).await?;
    let erased = step(conn, tenant, what).await;
    // Retention deletes much and need not pay for it.
    sqlx::query("PRAGMA secure_delete = OFF").execute(&mut *conn).await?;
    erased
}

async fn step(conn: &mut SqliteConnection, tenant: i64, what: Erase) -> Result<u64, StoreError> {
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
    let query = match what {
        Erase::Verdict(id) => {
            sqlx::query("DELETE FROM content WHERE n IN (SELECT n FROM verdict WHERE id = ? AND tenant = ?)")
                .bind(id.as_bytes().to_vec())
                .bind(tenant)
        }
        Erase::Between(from, to) => sqlx::query(
            "DELETE FROM content WHERE n IN (SELECT v.n FROM verdict v JOIN content c ON c.n = v.n \
             WHERE v.ts >= ? AND v.ts < ? AND v.tenant = ? LIMIT ?)",
        )
        .bind(from)
        .bind(to)
        .bind(tenant)
        .bind(STEP),
    };
    let erased = query.execute(&mut *tx).await?.rows_affected();
    tx.commit().await?;
    Ok(erased)
}
