//! The bundle: what all of a tenant's sidecars may have to go by, signed, with a revision that only grows.

use std::collections::BTreeSet;

use agentguard_api::bundle::{BundledCanary, BundledPolicy, FORMAT, PolicyText};
use agentguard_api::policies::{Issued, Published};
use agentguard_api::{Bundle, Envelope};
use sha2::{Digest, Sha256};

use super::publish::hundredths;
use super::{Head, LOCK, Policies, Refusal, kill, number, state, stored, unreadable};
use crate::clock;
use crate::store::StoreError;
use crate::store::records::{Tx, Value};
use crate::store::scope::DEFAULT_TENANT;

/// Bytes of a bundle: every sidecar of the tenant keeps it.
const MOST: usize = 2 << 20;
/// Bundles kept of a tenant, to look at what was given out when.
const KEPT: u64 = 100;

impl Policies {
    /// Ends a change with the bundle that says so.
    pub(super) async fn seal(
        &self,
        mut tx: Tx,
        tenant: &str,
        published: Option<Published>,
    ) -> Result<Issued, Refusal> {
        let head = self.issue(&mut tx, tenant, None).await?;
        tx.commit().await?;
        let revision = head.revision;
        self.adopt(tenant, head);
        Ok(Issued { revision, published })
    }

    /// At start: every known tenant's bundle, and one for the tenant of installations that have one only.
    pub(crate) async fn begin(&self) -> Result<(), StoreError> {
        let rows = self.records.fetch("SELECT tenant FROM policy_heads", &[]).await?;
        let mut tenants: BTreeSet<String> = rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
        tenants.insert(DEFAULT_TENANT.to_owned());
        for tenant in tenants {
            match self.ensure(&tenant).await {
                Ok(()) => {}
                Err(Refusal::Store(error)) => return Err(error),
                Err(other) => return Err(StoreError::Damaged(format!("policy bundle of {tenant}: {other}"))),
            }
        }
        Ok(())
    }

    /// Sees to it that the tenant has a bundle that names the keys we sign with.
    pub(crate) async fn ensure(&self, tenant: &str) -> Result<(), Refusal> {
        if let Some(head) = self.load(tenant).await? {
            let named = head.bundle()?.keys;
            self.adopt(tenant, head);
            if named == self.keys.public() {
                return Ok(());
            }
            tracing::info!(tenant, "the keys that sign bundles are other ones: a new bundle says so");
        }
        let mut tx = self.records.begin(LOCK).await?;
        let head = self.issue(&mut tx, tenant, None).await?;
        tx.commit().await?;
        self.adopt(tenant, head);
        Ok(())
    }

    /// Lets bundles from now on take the place of others up to a revision: sidecars have seen those of a control plane that was
    /// since restored from a backup.
    pub(crate) async fn supersede(&self, tenant: &str, up_to: u64) -> Result<Issued, Refusal> {
        if up_to > u64::from(u32::MAX) {
            return Err(Refusal::Invalid { field: "up_to", what: "must fit 32 bits".to_owned() });
        }
        let mut tx = self.records.begin(LOCK).await?;
        let head = self.issue(&mut tx, tenant, Some(up_to)).await?;
        tx.commit().await?;
        let revision = head.revision;
        self.adopt(tenant, head);
        Ok(Issued { revision, published: None })
    }

    async fn issue(&self, tx: &mut Tx, tenant: &str, supersedes: Option<u64>) -> Result<Head, Refusal> {
        let sql = "SELECT revision, issued, replaces FROM policy_heads WHERE tenant = $1";
        let (before, last, replaces) = match tx.first(sql, &[tenant.into()]).await? {
            Some(row) => (number(row.int(0)?), row.int(1)?, number(row.int(2)?)),
            None => (0, 0, 0),
        };
        let (revision, replaces) = (before + 1, supersedes.unwrap_or(replaces));
        let bundle = Bundle {
            format: FORMAT,
            tenant: tenant.to_owned(),
            revision,
            // Also when the clock was set back, or another replica's is ahead.
            issued: clock::now().max(last + 1),
            keys: self.keys.public(),
            replaces: Some(replaces).filter(|replaces| *replaces >= revision),
            observe_only: kill::places(tx, tenant).await?,
            policies: policies(tx, tenant).await?,
        };
        let payload = serde_json::to_string(&bundle).map_err(|error| unreadable("bundle", &error))?;
        if payload.len() > MOST {
            let what = format!(
                "all that is published comes to more than {MOST} bytes; withdraw or shorten a policy"
            );
            return Err(Refusal::Conflict(what));
        }
        let head = Head::of(&self.keys.sign(payload), revision, bundle.issued)?;
        let sql = "INSERT INTO policy_heads (tenant, revision, issued, replaces) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (tenant) DO UPDATE SET revision = excluded.revision, issued = excluded.issued, \
            replaces = excluded.replaces";
        let numbers =
            |last: u64| [tenant.into(), stored(revision).into(), bundle.issued.into(), stored(last).into()];
        tx.execute(sql, &numbers(replaces)).await?;
        let sql = "INSERT INTO policy_bundles (tenant, revision, issued, sha256, envelope) VALUES ($1, $2, $3, $4, $5)";
        let [of, at, issued, _] = numbers(0);
        let text = String::from_utf8_lossy(&head.body).into_owned();
        tx.execute(sql, &[of, at, issued, Value::from(head.sha256.as_str()), text.into()]).await?;
        let old = revision.saturating_sub(KEPT);
        let sql = "DELETE FROM policy_bundles WHERE tenant = $1 AND revision <= $2";
        tx.execute(sql, &[tenant.into(), stored(old).into()]).await?;
        Ok(head)
    }
}

/// What is published, with the texts.
async fn policies(tx: &mut Tx, tenant: &str) -> Result<Vec<BundledPolicy>, Refusal> {
    let mut policies = Vec::new();
    for (name, published) in state::all(tx, tenant).await? {
        let stable = match published.version {
            Some(version) => Some(text(tx, tenant, &name, version).await?),
            None => None,
        };
        let canary = match published.canary {
            Some(canary) => Some(BundledCanary {
                policy: text(tx, tenant, &name, canary.version).await?,
                share: hundredths(canary.share),
                namespaces: canary.namespaces,
            }),
            None => None,
        };
        policies.push(BundledPolicy { name, namespaces: published.namespaces, stable, canary });
    }
    Ok(policies)
}

async fn text(tx: &mut Tx, tenant: &str, name: &str, version: u64) -> Result<PolicyText, Refusal> {
    let sql = "SELECT revision, yaml FROM policy_versions WHERE tenant = $1 AND name = $2 AND version = $3";
    let row = tx.first(sql, &[tenant.into(), name.into(), stored(version).into()]).await?;
    let row = row.ok_or(Refusal::NotFound("version"))?;
    Ok(PolicyText { version, revision: row.text(0)?, yaml: row.text(1)? })
}

impl Head {
    /// Of an envelope that was just signed, or read from the database.
    pub(super) fn of(envelope: &Envelope, revision: u64, issued: i64) -> Result<Self, Refusal> {
        let sha256: String =
            Sha256::digest(&envelope.payload).iter().map(|byte| format!("{byte:02x}")).collect();
        let body = serde_json::to_vec(envelope).map_err(|error| unreadable("bundle", &error))?;
        Ok(Self { revision, issued, sha256, body: body.into() })
    }

    /// What it says.
    pub(crate) fn bundle(&self) -> Result<Bundle, Refusal> {
        let envelope: Envelope =
            serde_json::from_slice(&self.body).map_err(|error| unreadable("bundle", &error))?;
        Ok(serde_json::from_str(&envelope.payload).map_err(|error| unreadable("bundle", &error))?)
    }
}
