//! What is published, as it lies in the database.

use std::collections::BTreeMap;

use agentguard_api::policies::{Change, PolicyChange, Published};

use super::{Policies, Refusal, number, stored, unreadable};
use crate::clock;
use crate::store::records::{Row, Tx, Value};

/// Changes shown with a policy, the newest.
const HISTORY: i64 = 100;

const ALL: &str = "SELECT name, version, namespaces, canary, since, author FROM policy_published \
    WHERE tenant = $1 ORDER BY name";

impl Policies {
    /// What is published of every policy.
    pub(super) async fn published(&self, tenant: &str) -> Result<BTreeMap<String, Published>, Refusal> {
        let rows = self.records.fetch(ALL, &[tenant.into()]).await?;
        rows.iter().map(read).collect()
    }

    /// The tenants that have something under way.
    pub(super) async fn trying(&self) -> Result<Vec<(String, String, Published)>, Refusal> {
        let sql = "SELECT name, version, namespaces, canary, since, author, tenant FROM policy_published \
            WHERE canary IS NOT NULL ORDER BY tenant, name";
        let rows = self.records.fetch(sql, &[]).await?;
        rows.iter()
            .map(|row| {
                let (name, published) = read(row)?;
                Ok((row.text(6)?, name, published))
            })
            .collect()
    }

    /// What was done with a policy, newest first.
    pub(super) async fn history(&self, tenant: &str, name: &str) -> Result<Vec<PolicyChange>, Refusal> {
        let sql = "SELECT at, change, version, author, reason FROM policy_changes \
            WHERE tenant = $1 AND name = $2 ORDER BY at DESC LIMIT $3";
        let rows = self.records.fetch(sql, &[tenant.into(), name.into(), HISTORY.into()]).await?;
        rows.iter().filter_map(|row| change(row).transpose()).collect()
    }
}

fn change(row: &Row) -> Result<Option<PolicyChange>, Refusal> {
    let named = row.text(1)?;
    // One that a newer control plane wrote is left out.
    let Some(change) = Change::ALL.into_iter().find(|change| change.as_str() == named) else {
        return Ok(None);
    };
    Ok(Some(PolicyChange {
        at: row.int(0)?,
        change,
        version: row.maybe_int(2)?.map(number),
        author: row.text(3)?,
        reason: row.text(4)?,
    }))
}

/// The same within a transaction.
pub(super) async fn all(tx: &mut Tx, tenant: &str) -> Result<BTreeMap<String, Published>, Refusal> {
    tx.fetch(ALL, &[tenant.into()]).await?.iter().map(read).collect()
}

/// Writes what is published of a policy from now on.
pub(super) async fn set(tx: &mut Tx, tenant: &str, name: &str, published: &Published) -> Result<(), Refusal> {
    let canary = published.canary.as_ref().map(serde_json::to_string).transpose();
    let canary = canary.map_err(|error| unreadable("canary", &error))?;
    let namespaces = serde_json::to_string(&published.namespaces);
    let sql = "INSERT INTO policy_published (tenant, name, version, namespaces, canary, since, author) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant, name) DO UPDATE SET version = excluded.version, \
        namespaces = excluded.namespaces, canary = excluded.canary, since = excluded.since, author = excluded.author";
    let values = [
        tenant.into(),
        name.into(),
        Value::Int(published.version.map(stored)),
        namespaces.map_err(|error| unreadable("namespaces", &error))?.into(),
        canary.into(),
        published.since.into(),
        published.author.as_str().into(),
    ];
    tx.execute(sql, &values).await?;
    Ok(())
}

/// Notes what was done.
pub(super) async fn note(
    tx: &mut Tx,
    tenant: &str,
    name: &str,
    (change, version): (Change, Option<u64>),
    author: &str,
    reason: &str,
) -> Result<(), Refusal> {
    let sql = "INSERT INTO policy_changes (tenant, name, at, change, version, author, reason) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        tenant.into(),
        name.into(),
        clock::now().into(),
        change.as_str().into(),
        Value::Int(version.map(stored)),
        author.into(),
        reason.into(),
    ];
    tx.execute(sql, &values).await?;
    Ok(())
}

fn read(row: &Row) -> Result<(String, Published), Refusal> {
    let namespaces = serde_json::from_str(&row.text(2)?).map_err(|error| unreadable("namespaces", &error))?;
    let canary = row.maybe_text(3)?.map(|text| serde_json::from_str(&text));
    let published = Published {
        version: row.maybe_int(1)?.map(number),
        namespaces,
        canary: canary.transpose().map_err(|error| unreadable("canary", &error))?,
        since: row.int(4)?,
        author: row.text(5)?,
    };
    Ok((row.text(0)?, published))
}
