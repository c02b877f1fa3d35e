//! Content deleted before its time. What PostgreSQL keeps of a deleted row goes with its next vacuum.

use sqlx::PgPool;

use crate::store::{Erase, StoreError};

/// Contents deleted in one statement: none runs for long.
const STEP: i64 = 1000;

/// Deletes a step of a tenant's.
pub(super) async fn erase(pool: &PgPool, tenant: i64, what: Erase) -> Result<u64, StoreError> {
    let query = match what {
        Erase::Verdict(id) => sqlx::query(
            "DELETE FROM content c USING verdict_key k \
             WHERE k.id = $1::text::uuid AND k.tenant = $2 AND c.ts = k.ts AND c.n = k.n",
        )
        .bind(id.to_string())
        .bind(tenant),
        Erase::Between(from, to) => sqlx::query(
            "DELETE FROM content WHERE (ts, n) IN (SELECT c.ts, c.n FROM content c JOIN verdict v USING (ts, n) \
             WHERE v.tenant = $1 AND v.ts >= $2 AND v.ts < $3 AND c.ts >= $2 AND c.ts < $3 LIMIT $4)",
        )
        .bind(tenant)
        .bind(from)
        .bind(to)
        .bind(STEP),
    };
    Ok(query.execute(pool).await?.rows_affected())
}
