//! The dictionary of shapes in this database. Only the writer adds to it.

use std::sync::Arc;

use sqlx::{Row, SqliteConnection};

use crate::names::Named;
use crate::store::shapes::{Filed, Shapes, Table, stored};
use crate::store::{Shape, StoreError};

/// Reads the dictionary.
pub(super) async fn load(conn: &mut SqliteConnection, shapes: &Shapes) -> Result<(), StoreError> {
    let mut table = Table::default();
    for row in sqlx::query("SELECT zone, tenant, whole, namespace FROM zone").fetch_all(&mut *conn).await? {
        let whole: bool = row.try_get(2)?;
        let namespace: Option<&str> = if whole { None } else { Some(row.try_get(3)?) };
        table.learn_zone(row.try_get(0)?, row.try_get(1)?, namespace);
    }
    let rows = sqlx::query(
        "SELECT verdict, reason, action, direction, provider, model, workload, namespace, shape, tenant \
         FROM shape JOIN zone USING (zone)",
    );
    for row in rows.fetch_all(conn).await? {
        let mut columns: [String; 8] = Default::default();
        for (i, column) in columns.iter_mut().enumerate() {
            *column = row.try_get(i)?;
        }
        table.learn(row.try_get(8)?, row.try_get(9)?, stored(columns)?)?;
    }
    shapes.replace(table);
    Ok(())
}

/// The number of a tenant, made when new.
pub(super) async fn tenant(
    conn: &mut SqliteConnection,
    shapes: &Shapes,
    tenant: &str,
) -> Result<i64, StoreError> {
    match shapes.tenant(tenant) {
        Some(number) => Ok(number),
        None => zone(conn, shapes, tenant, None).await,
    }
}

/// How a shape is filed, made when new. Readers see a new one at once, which is harmless: no row has it yet.
pub(super) async fn file(
    conn: &mut SqliteConnection,
    shapes: &Shapes,
    owner: &str,
    shape: &Shape,
) -> Result<Arc<Filed>, StoreError> {
    let shape = match shapes.find(owner, shape) {
        Ok(filed) => return Ok(filed),
        Err(shape) => *shape,
    };
    tenant(conn, shapes, owner).await?;
    let zone = match shapes.zone(owner, &shape.namespace) {
        Some(number) => number,
        None => zone(conn, shapes, owner, Some(&shape.namespace)).await?,
    };
    let number = shapes.highest().1 + 1;
    sqlx::query("INSERT INTO shape VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
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
    shapes.add(|table| table.learn(number, owner, shape))
}

async fn zone(
    conn: &mut SqliteConnection,
    shapes: &Shapes,
    tenant: &str,
    namespace: Option<&str>,
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO zone (tenant, whole, namespace) VALUES (?, ?, ?) RETURNING zone";
    let number = sqlx::query_scalar(sql)
        .bind(tenant)
        .bind(namespace.is_none())
        .bind(namespace.unwrap_or_default())
        .fetch_one(conn)
        .await?;
    shapes.add(|table| table.learn_zone(number, tenant, namespace));
    Ok(number)
}
