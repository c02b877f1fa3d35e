//! The dictionary of shapes in this database, which every replica adds to.
//!
//! Whoever adds holds an advisory lock until the row is visible, so that numbers become visible in their order: what is above the highest number
//! that a replica knows is exactly what it does not know yet.

use std::sync::Arc;

use sqlx::{PgConnection, PgPool, Row};

use crate::names::Named;
use crate::store::shapes::{Filed, Shapes, stored};
use crate::store::{Shape, StoreError};

const LOCK: i64 = 0x6167_0003;

/// Learns what is new.
pub(super) async fn refresh(pool: &PgPool, shapes: &Shapes) -> Result<(), StoreError> {
    let newest = sqlx::query(
        "SELECT coalesce((SELECT max(zone) FROM zone), 0), coalesce((SELECT max(shape) FROM shape), 0)",
    );
    let newest = newest.fetch_one(pool).await?;
    let (zone, shape) = shapes.highest();
    if zone < newest.try_get(0)? || shape < newest.try_get(1)? {
        let mut conn = pool.acquire().await?;
        read(&mut conn, shapes).await?;
    }
    Ok(())
}

async fn read(conn: &mut PgConnection, shapes: &Shapes) -> Result<(), StoreError> {
    let (zone, shape) = shapes.highest();
    // Shapes first: the zones of those that are found are visible then.
    let rows = sqlx::query(
        "SELECT verdict, reason, action, direction, provider, model, workload, namespace, shape, tenant \
         FROM shape JOIN zone USING (zone) WHERE shape > $1 ORDER BY shape",
    );
    let rows = rows.bind(shape).fetch_all(&mut *conn).await?;
    let zones = sqlx::query("SELECT zone, tenant, whole, namespace FROM zone WHERE zone > $1 ORDER BY zone");
    let zones = zones.bind(zone).fetch_all(conn).await?;
    shapes.add(|table| {
        for row in zones {
            let whole: bool = row.try_get(2)?;
            let namespace: Option<&str> = if whole { None } else { Some(row.try_get(3)?) };
            table.learn_zone(row.try_get(0)?, row.try_get(1)?, namespace);
        }
        for row in rows {
            let mut columns: [String; 8] = Default::default();
            for (i, column) in columns.iter_mut().enumerate() {
                *column = row.try_get(i)?;
            }
            table.learn(row.try_get(8)?, row.try_get(9)?, stored(columns)?)?;
        }
        Ok(())
    })
}

/// The number of a tenant, made when new.
pub(super) async fn tenant(pool: &PgPool, shapes: &Shapes, tenant: &str) -> Result<i64, StoreError> {
    if let Some(number) = shapes.tenant(tenant) {
        return Ok(number);
    }
    let mut tx = pool.begin().await?;
    lock(&mut tx, shapes).await?;
    let number = match shapes.tenant(tenant) {
        Some(number) => number,
        None => zone(&mut tx, tenant, None).await?,
    };
    tx.commit().await?;
    shapes.add(|table| table.learn_zone(number, tenant, None));
    Ok(number)
}

/// How a shape is filed, made when new. For good, whatever becomes of the commit that it is made for.
pub(super) async fn file(
    pool: &PgPool,
    shapes: &Shapes,
    owner: &str,
    shape: &Shape,
) -> Result<Arc<Filed>, StoreError> {
    if let Ok(filed) = shapes.find(owner, shape) {
        return Ok(filed);
    }
    let whole = tenant(pool, shapes, owner).await?;
    debug_assert!(whole > 0);
    let mut tx = pool.begin().await?;
    lock(&mut tx, shapes).await?;
    let shape = match shapes.find(owner, shape) {
        // Another replica was quicker.
        Ok(filed) => return Ok(filed),
        Err(shape) => *shape,
    };
    let (known, fresh) = match shapes.zone(owner, &shape.namespace) {
        Some(number) => (number, None),
        None => {
            let number = zone(&mut tx, owner, Some(&shape.namespace)).await?;
            (number, Some(number))
        }
    };
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO shape SELECT coalesce(max(shape), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8 FROM shape RETURNING shape",
    )
    .bind(known)
    .bind(shape.verdict.name())
    .bind(shape.reason.map_or("", Named::name))
    .bind(shape.action.name())
    .bind(shape.direction.name())
    .bind(&shape.provider)
    .bind(&shape.model)
    .bind(&shape.workload)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    shapes.add(|table| {
        if let Some(fresh) = fresh {
            table.learn_zone(fresh, owner, Some(&shape.namespace));
        }
        table.learn(number, owner, shape)
    })
}

/// Keeps others from adding, and learns what they have added.
async fn lock(conn: &mut PgConnection, shapes: &Shapes) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *conn).await?;
    read(conn, shapes).await
}

async fn zone(conn: &mut PgConnection, tenant: &str, namespace: Option<&str>) -> Result<i64, StoreError> {
    let sql = "INSERT INTO zone SELECT coalesce(max(zone), 0) + 1, $1, $2, $3 FROM zone RETURNING zone";
    let query = sqlx::query_scalar(sql).bind(tenant).bind(namespace.is_none());
    Ok(query.bind(namespace.unwrap_or_default()).fetch_one(conn).await?)
}
