//! Who has which role where.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Grant, Identity, IdentityError, Role, secrets};
use crate::clock;
use crate::http::Caller;
use crate::names::Named;
use crate::store::StoreError;
use crate::store::records::{Row, Tx, Value};
use crate::store::scope::Namespaces;

/// Bindings of one account.
const MOST: i64 = 50;
/// Namespaces of one binding.
const NAMESPACES: usize = 100;

/// A role that an account has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Binding {
    /// Its id.
    pub(crate) id: String,
    /// `owner`, `operator`, `analyst`, `viewer` or `auditor`.
    pub(crate) role: String,
    /// Whether it lets read what was said.
    pub(crate) content: bool,
    /// The namespaces that it holds in; missing: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespaces: Option<BTreeSet<String>>,
}

/// A role to give.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBinding {
    /// `owner`, `operator`, `analyst`, `viewer` or `auditor`.
    pub(crate) role: String,
    /// Whether it lets read what was said; not with `viewer` and `auditor`.
    #[serde(default)]
    pub(crate) content: bool,
    /// The namespaces that it holds in; missing: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) namespaces: Option<BTreeSet<String>>,
}

impl NewBinding {
    /// The role, if there is one and it can be given so.
    fn role(&self) -> Result<Role, IdentityError> {
        let Some(role) = Role::named(&self.role) else {
            return Err(IdentityError::Invalid {
                field: "role",
                what: "is not a role".to_owned(),
                allowed: Role::ALL.iter().map(|role| role.name().to_owned()).collect(),
            });
        };
        if self.content && !role.may_read_content() {
            return Err(IdentityError::invalid("content", "viewers and auditors do not read content"));
        }
        Ok(role)
    }

    /// What it allows.
    pub(super) fn grant(&self) -> Result<Grant, IdentityError> {
        let permissions = self.role()?.permissions(self.content);
        Ok(Grant { permissions, namespaces: checked(self.namespaces.as_ref())? })
    }
}

impl Binding {
    /// What it allows. A role that this version does not know allows nothing.
    pub(super) fn grant(&self) -> Grant {
        let permissions =
            Role::named(&self.role).map(|role| role.permissions(self.content)).unwrap_or_default();
        let namespaces = self.namespaces.clone().map_or(Namespaces::All, Namespaces::Only);
        Grant { permissions, namespaces }
    }

    /// From columns `id, role, content, namespaces`; `None` where a join found none.
    pub(super) fn of(row: &Row, at: usize) -> Result<Option<Self>, StoreError> {
        let Some(id) = row.maybe_text(at)? else { return Ok(None) };
        let (role, content) = (row.text(at + 1)?, row.flag(at + 2)?);
        Ok(Some(Self { id, role, content, namespaces: read(row.maybe_text(at + 3)?)? }))
    }
}

/// Namespaces that somebody names, if they can be names.
pub(super) fn checked(namespaces: Option<&BTreeSet<String>>) -> Result<Namespaces, IdentityError> {
    let Some(some) = namespaces else { return Ok(Namespaces::All) };
    let wrong = |what: &str| Err(IdentityError::invalid("namespaces", what));
    if some.is_empty() {
        return wrong("is empty; leave it out for all of them");
    }
    if some.len() > NAMESPACES {
        return wrong("holds more than 100 names");
    }
    // RFC 1123 labels, and the empty name of workloads without a namespace.
    let name = |n: &String| {
        n.len() <= 63 && n.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if some.iter().all(name) {
        Ok(Namespaces::Only(some.clone()))
    } else {
        wrong("holds what is not a namespace")
    }
}

/// As stored.
pub(super) fn written(namespaces: &Namespaces) -> Value {
    match namespaces {
        Namespaces::All => Value::Text(None),
        Namespaces::Only(some) => json!(some).to_string().into(),
    }
}

/// Back from [`written`].
pub(super) fn read(text: Option<String>) -> Result<Option<BTreeSet<String>>, StoreError> {
    let Some(text) = text else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|_| StoreError::Damaged("namespaces".to_owned()))
}

impl Identity {
    /// Gives an account a role, which may allow nothing that the caller is not allowed.
    pub(crate) async fn bind(
        &self,
        caller: &Caller,
        account: &str,
        new: &NewBinding,
    ) -> Result<Binding, IdentityError> {
        let mut tx = self.records.begin("identity").await?;
        let user = self.manageable(&mut tx, caller, account).await?;
        let binding = insert(&mut tx, caller, &user.id, new).await?;
        let entry = caller.did("role.give", format!("user/{}", user.id));
        self.audit.record(&mut tx, &entry.with(json!({ "name": user.name, "binding": binding }))).await?;
        tx.commit().await?;
        self.recent.clear();
        Ok(binding)
    }

    /// Takes a role away, but never the last owner's.
    pub(crate) async fn unbind(
        &self,
        caller: &Caller,
        account: &str,
        binding: &str,
    ) -> Result<Binding, IdentityError> {
        let mut tx = self.records.begin("identity").await?;
        let user = self.manageable(&mut tx, caller, account).await?;
        let gone = user.bindings.iter().find(|b| b.id == binding).cloned();
        let gone = gone.ok_or(IdentityError::NotFound("binding"))?;
        tx.execute("DELETE FROM role_binding WHERE id = $1", &[binding.into()]).await?;
        self.still_owned(&mut tx, &user).await?;
        let entry = caller.did("role.take", format!("user/{}", user.id));
        self.audit.record(&mut tx, &entry.with(json!({ "name": user.name, "binding": gone }))).await?;
        tx.commit().await?;
        self.recent.clear();
        Ok(gone)
    }
}

/// Writes a binding down.
pub(super) async fn insert(
    tx: &mut Tx,
    caller: &Caller,
    account: &str,
    new: &NewBinding,
) -> Result<Binding, IdentityError> {
    if !caller.covers(&new.grant()?) {
        return Err(IdentityError::Beyond);
    }
    insert_unasked(tx, account, new).await
}

/// The same without asking whether somebody may.
pub(super) async fn insert_unasked(
    tx: &mut Tx,
    account: &str,
    new: &NewBinding,
) -> Result<Binding, IdentityError> {
    let grant = new.grant()?;
    let count = tx.first("SELECT count(*) FROM role_binding WHERE account = $1", &[account.into()]).await?;
    if count.map_or(Ok(0), |row| row.int(0))? >= MOST {
        return Err(IdentityError::Conflict("an account can have 50 roles"));
    }
    let id = secrets::id();
    tx.execute(
        "INSERT INTO role_binding (id, account, role, content, namespaces, created) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            id.as_str().into(),
            account.into(),
            new.role.as_str().into(),
            new.content.into(),
            written(&grant.namespaces),
            clock::now().into(),
        ],
    )
    .await?;
    Ok(Binding { id, role: new.role.clone(), content: new.content, namespaces: new.namespaces.clone() })
}
