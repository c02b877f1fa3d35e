//! The dictionary of shapes in this database, which every replica adds to.
//!
//! Whoever adds holds an advisory lock until the row is visible, so that numbers become visible in their order: what is above the highest number
//! that a replica knows is exactly what it does not know yet.

use sqlx::{PgConnection, PgPool, Row};

use crate::names::Named;
use crate::store::shapes::{Shapes, stored};
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

/// Files what is new of these, each a tenant and a shape (`None`: only the tenant): for good, whatever becomes of the commit that it is made for.
pub(super) async fn file(
    pool: &PgPool,
    shapes: &Shapes,
    wanted: &[(&str, Option<&Shape>)],
) -> Result<(), StoreError> {
    let known = |(tenant, shape): &(&str, Option<&Shape>)| match shape {
        Some(shape) => shapes.find(tenant, shape).is_ok(),
        None => shapes.tenant(tenant).is_some(),
    };
    if wanted.iter().all(known) {
        return Ok(());
    }
    let mut tx = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await?;
    read(&mut tx, shapes).await?;
    // Filed in a copy: what others may ask for is known to them once it is committed.
    let ours = shapes.copy();
    for &(tenant, shape) in wanted {
        if ours.tenant(tenant).is_none() {
            zone(&mut tx, &ours, tenant, None).await?;
        }
        let Some(shape) = shape else { continue };
        if let Err(shape) = ours.find(tenant, shape) {
            insert(&mut tx, &ours, tenant, *shape).await?;
        }
    }
    tx.commit().await?;
    let mut conn = pool.acquire().await?;
    read(&mut conn, shapes).await
}

async fn insert(
    conn: &mut PgConnection,
    shapes: &Shapes,
    tenant: &str,
    shape: Shape,
) -> Result<(), StoreError> {
    let zone = match shapes.zone(tenant, &shape.namespace) {
        Some(number) => number,
        None => zone(conn, shapes, tenant, Some(&shape.namespace)).await?,
    };
    let number = shapes.highest().1 + 1;
    sqlx::query("INSERT INTO shape VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
        .bind(number)
        .bind(zone)
        .bind(shape.verdict.name())
        .bind(shape.reason.map_or("", Named::name))
        .bind(shape.action.name())
        .bind(shape.direction.name())
        .bind(&shape.provider)
        .bind(&shape.model)
        .bind(&shape.workload)
        .execute(conn)
        .await?;
    shapes.add(|table| table.learn(number, tenant, shape))?;
    Ok(())
}

async fn zone(
    conn: &mut PgConnection,
    shapes: &Shapes,
    tenant: &str,
    namespace: Option<&str>,
) -> Result<i64, StoreError> {
    let number = shapes.highest().0 + 1;
    sqlx::query("INSERT INTO zone VALUES ($1, $2, $3, $4)")
        .bind(number)
        .bind(tenant)
        .bind(namespace.is_none())
        .bind(namespace.unwrap_or_default())
        .execute(conn)
        .await?;
    shapes.add(|table| table.learn_zone(number, tenant, namespace));
    Ok(number)
}
