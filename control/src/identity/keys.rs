//! API keys, `agk_ID_SECRET`: for programs, with no more than their maker may do.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{
    Binding, Grant, Identity, IdentityError, Known, Permission, Permissions, Principal, bindings, secrets,
};
use crate::clock;
use crate::http::Caller;
use crate::names::Named;
use crate::store::StoreError;
use crate::store::records::{Row, Value};
use crate::store::scope::Namespaces;

/// What every key begins with: scanners for leaked secrets look for it.
pub(super) const PREFIX: &str = "agk_";
/// Keys of one tenant.
const MOST: i64 = 10_000;
/// The last use is written down this often, microseconds.
const NOTED: i64 = 60_000_000;

/// An API key, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ApiKey {
    /// Its id, which is also the part of the key after `agk_`.
    pub(crate) id: String,
    /// What it is for.
    pub(crate) name: String,
    /// The account that it belongs to: without it, it does not work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    /// What it allows, `resource:verb`.
    pub(crate) permissions: Vec<String>,
    /// Where; missing: everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespaces: Option<BTreeSet<String>>,
    /// When it was made, microseconds since the Unix epoch.
    pub(crate) created: i64,
    /// When it ends; missing: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<i64>,
    /// When it was used last, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) used: Option<i64>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revoked: Option<i64>,
    /// The whole key: only in the answer to its making.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
}

/// A key to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiKey {
    /// What it is for, 1 to 100 characters.
    pub(crate) name: String,
    /// What it allows: nothing that the caller is not allowed.
    pub(crate) permissions: Vec<String>,
    /// Where; missing: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) namespaces: Option<BTreeSet<String>>,
    /// When it ends, microseconds since the Unix epoch; missing: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<i64>,
}

impl NewApiKey {
    fn grant(&self) -> Result<Grant, IdentityError> {
        let mut permissions = Permissions::NONE;
        for name in &self.permissions {
            let Some(permission) = Permission::named(name) else {
                return Err(IdentityError::Invalid {
                    field: "permissions",
                    what: "holds what is not a permission".to_owned(),
                    allowed: Permissions::ALL.names(),
                });
            };
            permissions = permissions.with(permission);
        }
        if permissions.is_empty() {
            return Err(IdentityError::invalid("permissions", "is empty: the key would allow nothing"));
        }
        Ok(Grant { permissions, namespaces: bindings::checked(self.namespaces.as_ref())? })
    }
}

impl ApiKey {
    /// From columns `id, name, account, permissions, namespaces, created, expires, used, revoked`.
    fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text(0)?,
            name: row.text(1)?,
            user: row.maybe_text(2)?,
            permissions: Permissions::from_text(&row.text(3)?).names(),
            namespaces: bindings::read(row.maybe_text(4)?)?,
            created: row.int(5)?,
            expires: row.maybe_int(6)?,
            used: row.maybe_int(7)?,
            revoked: row.maybe_int(8)?,
            key: None,
        })
    }
}

impl Identity {
    /// Every key of the caller's tenant, newest first.
    pub(crate) async fn api_keys(&self, caller: &Caller) -> Result<Vec<ApiKey>, IdentityError> {
        let rows = self
            .records
            .fetch(
                "SELECT id, name, account, permissions, namespaces, created, expires, used, revoked FROM api_key \
                 WHERE tenant = $1 ORDER BY created DESC, id",
                &[caller.known().tenant.as_str().into()],
            )
            .await?;
        Ok(rows.iter().map(ApiKey::of).collect::<Result<_, _>>()?)
    }

    /// Makes a key; the answer is the only place where all of it is ever seen.
    pub(crate) async fn create_key(&self, caller: &Caller, new: &NewApiKey) -> Result<ApiKey, IdentityError> {
        let (grant, now) = (new.grant()?, clock::now());
        if !(1..=100).contains(&new.name.chars().count()) {
            return Err(IdentityError::invalid("name", "must have 1 to 100 characters"));
        }
        if new.expires.is_some_and(|expires| expires <= now) {
            return Err(IdentityError::invalid("expires", "lies in the past"));
        }
        if !caller.covers(&grant) {
            return Err(IdentityError::Beyond);
        }
        let (id, secret) = (secrets::id(), secrets::random());
        let (tenant, account) = (caller.known().tenant.as_str(), caller.known().account.as_deref());
        let mut tx = self.records.begin("identity").await?;
        let count = tx.first("SELECT count(*) FROM api_key WHERE tenant = $1", &[tenant.into()]).await?;
        if count.map_or(Ok(0), |row| row.int(0))? >= MOST {
            return Err(IdentityError::Conflict("there are 10,000 keys already"));
        }
        tx.execute(
            "INSERT INTO api_key (id, tenant, name, secret, account, permissions, namespaces, created, expires) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                id.as_str().into(),
                tenant.into(),
                new.name.as_str().into(),
                secrets::hash(&secret).into(),
                account.into(),
                grant.permissions.to_text().into(),
                bindings::written(&grant.namespaces),
                now.into(),
                new.expires.into(),
            ],
        )
        .await?;
        self.audit
            .record(&mut tx, &caller.did("api_key.create", format!("api_key/{id}")).with(json!(new)))
            .await?;
        tx.commit().await?;
        Ok(ApiKey {
            key: Some(format!("{PREFIX}{id}_{secret}")),
            id,
            name: new.name.clone(),
            user: account.map(str::to_owned),
            permissions: grant.permissions.names(),
            namespaces: new.namespaces.clone(),
            created: now,
            expires: new.expires,
            used: None,
            revoked: None,
        })
    }

    /// Revokes a key. It stays in the list: what it did is in the log.
    pub(crate) async fn revoke_key(&self, caller: &Caller, id: &str) -> Result<ApiKey, IdentityError> {
        let mut tx = self.records.begin("identity").await?;
        let row = tx
            .first(
                "UPDATE api_key SET revoked = coalesce(revoked, $1) WHERE id = $2 AND tenant = $3 \
                 RETURNING id, name, account, permissions, namespaces, created, expires, used, revoked",
                &[clock::now().into(), id.into(), caller.known().tenant.as_str().into()],
            )
            .await?;
        let key = ApiKey::of(&row.ok_or(IdentityError::NotFound("key"))?)?;
        let entry = caller.did("api_key.revoke", format!("api_key/{id}")).with(json!({ "name": key.name }));
        self.audit.record(&mut tx, &entry).await?;
        tx.commit().await?;
        self.recent.clear();
        Ok(key)
    }

    /// Whose key it is, and what it still allows: never more than the account that it belongs to.
    pub(super) async fn api_key(&self, text: &str) -> Result<Option<Known>, StoreError> {
        let Some((id, secret)) = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')) else {
            return Ok(None);
        };
        let now = clock::now();
        let row = self
            .records
            .first(
                "SELECT name, tenant, secret, account, permissions, namespaces, expires, used FROM api_key \
                 WHERE id = $1 AND revoked IS NULL AND (expires IS NULL OR expires > $2)",
                &[id.into(), now.into()],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        if !secrets::is(secret, &row.bytes(2)?) {
            return Ok(None);
        }
        let account = row.maybe_text(3)?;
        let namespaces = bindings::read(row.maybe_text(5)?)?.map_or(Namespaces::All, Namespaces::Only);
        let own = Grant { permissions: Permissions::from_text(&row.text(4)?), namespaces };
        let Some(grants) = self.within_account(account.as_deref(), vec![own]).await? else { return Ok(None) };
        self.note_use(id, row.maybe_int(7)?, now);
        Ok(Some(Known {
            principal: Principal::Key { id: id.to_owned(), name: row.text(0)? },
            tenant: row.text(1)?,
            grants,
            expires: row.maybe_int(6)?.unwrap_or(i64::MAX),
            account,
        }))
    }

    /// What of these grants their account allows now; `None` where it is gone or switched off. Without an account: all of it.
    pub(super) async fn within_account(
        &self,
        account: Option<&str>,
        own: Vec<Grant>,
    ) -> Result<Option<Vec<Grant>>, StoreError> {
        let Some(account) = account else { return Ok(Some(own)) };
        let rows = self
            .records
            .fetch(
                "SELECT b.id, b.role, b.content, b.namespaces FROM account a \
                 LEFT JOIN role_binding b ON b.account = a.id WHERE a.id = $1 AND a.disabled = 0",
                &[account.into()],
            )
            .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut grants = Vec::new();
        for row in &rows {
            let Some(theirs) = Binding::of(row, 0)?.map(|binding| binding.grant()) else { continue };
            grants.extend(own.iter().map(|own| own.and(&theirs)));
        }
        Ok(Some(grants))
    }

    /// Writes the last use down, beside the request and at most once a minute.
    fn note_use(&self, id: &str, used: Option<i64>, now: i64) {
        if used.is_some_and(|used| now - used < NOTED) {
            return;
        }
        let (records, values) = (self.records.clone(), [now.into(), Value::from(id), (now - NOTED).into()]);
        tokio::spawn(async move {
            let sql = "UPDATE api_key SET used = $1 WHERE id = $2 AND (used IS NULL OR used <= $3)";
            if let Err(error) = records.execute(sql, &values).await {
                tracing::warn!(%error, "the last use of an API key could not be written down");
            }
        });
    }
}
