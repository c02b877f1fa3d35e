//! People's accounts.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Binding, Identity, IdentityError, NewBinding, Role, bindings, password, secrets};
use crate::clock;
use crate::http::Caller;
use crate::names::Named;
use crate::store::StoreError;
use crate::store::records::{Row, Tx};

/// Accounts of one tenant.
const MOST: i64 = 10_000;

/// A person's account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct User {
    /// Its id.
    pub(crate) id: String,
    /// What the person signs in with.
    pub(crate) name: String,
    /// Whether signing in is switched off.
    pub(crate) disabled: bool,
    /// When it was made, microseconds since the Unix epoch.
    pub(crate) created: i64,
    /// When the person signed in last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signed_in: Option<i64>,
    /// Its roles.
    pub(crate) bindings: Vec<Binding>,
    #[serde(skip)]
    pub(crate) tenant: String,
}

/// An account to make.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// 1 to 64 of a–z, 0–9, `.`, `_`, `-` and `@`; capitals become small.
    pub(crate) name: String,
    /// 12 characters or more. The person changes it with the first sign-in or later.
    pub(crate) password: String,
    /// Its roles; none of them may allow what the caller is not allowed.
    #[serde(default)]
    pub(crate) bindings: Vec<NewBinding>,
}

/// What to change of an account; what is missing stays.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    /// A new password: the person's sessions end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<String>,
    /// Whether signing in is switched off: sessions end, and keys stop working.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) disabled: Option<bool>,
}

/// The name as it is stored.
pub(super) fn name(given: &str) -> Result<String, IdentityError> {
    let name = given.trim().to_ascii_lowercase();
    let fits = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-@".contains(&b));
    if fits {
        return Ok(name);
    }
    Err(IdentityError::invalid("name", "must be 1 to 64 of a-z, 0-9, `.`, `_`, `-` and `@`"))
}

const SELECT_ALL: &str = "SELECT a.id, a.name, a.disabled, a.created, a.signed_in, a.tenant, b.id, b.role, b.content, b.namespaces \
     FROM account a LEFT JOIN role_binding b ON b.account = a.id WHERE a.tenant = $1 ORDER BY a.name, b.created, b.id";
const SELECT_ONE: &str = "SELECT a.id, a.name, a.disabled, a.created, a.signed_in, a.tenant, b.id, b.role, b.content, b.namespaces \
     FROM account a LEFT JOIN role_binding b ON b.account = a.id WHERE a.id = $1 ORDER BY b.created, b.id";

/// Accounts of rows that are sorted by account.
fn users(rows: &[Row]) -> Result<Vec<User>, StoreError> {
    let mut users: Vec<User> = Vec::new();
    for row in rows {
        let id = row.text(0)?;
        if users.last().is_none_or(|last| last.id != id) {
            users.push(User {
                id,
                name: row.text(1)?,
                disabled: row.flag(2)?,
                created: row.int(3)?,
                signed_in: row.maybe_int(4)?,
                tenant: row.text(5)?,
                bindings: Vec::new(),
            });
        }
        if let (Some(last), Some(binding)) = (users.last_mut(), Binding::of(row, 6)?) {
            last.bindings.push(binding);
        }
    }
    Ok(users)
}

impl Identity {
    /// Every account of the caller's tenant, by name.
    pub(crate) async fn users(&self, caller: &Caller) -> Result<Vec<User>, IdentityError> {
        let tenant = caller.known().tenant.as_str();
        Ok(users(&self.records.fetch(SELECT_ALL, &[tenant.into()]).await?)?)
    }

    /// One account of the caller's tenant.
    pub(crate) async fn user(&self, caller: &Caller, id: &str) -> Result<User, IdentityError> {
        let user = users(&self.records.fetch(SELECT_ONE, &[id.into()]).await?)?.pop();
        user.filter(|user| user.tenant == caller.known().tenant).ok_or(IdentityError::NotFound("user"))
    }

    /// An account, within a transaction, that the caller may change: whoever may not do what it may, could through it.
    pub(super) async fn manageable(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: &str,
    ) -> Result<User, IdentityError> {
        let user = users(&tx.fetch(SELECT_ONE, &[id.into()]).await?)?.pop();
        let user = user.filter(|user| user.tenant == caller.known().tenant);
        let user = user.ok_or(IdentityError::NotFound("user"))?;
        if user.bindings.iter().all(|binding| caller.covers(&binding.grant())) {
            Ok(user)
        } else {
            Err(IdentityError::Beyond)
        }
    }

    /// Makes an account.
    pub(crate) async fn create_user(&self, caller: &Caller, new: &NewUser) -> Result<User, IdentityError> {
        let name = name(&new.name)?;
        password::check(&new.password, &name)?;
        for binding in &new.bindings {
            if !caller.covers(&binding.grant()?) {
                return Err(IdentityError::Beyond);
            }
        }
        let hash = self.passwords.hash(&new.password).await?;
        let tenant = caller.known().tenant.clone();
        let mut tx = self.records.begin("identity").await?;
        let count =
            tx.first("SELECT count(*) FROM account WHERE tenant = $1", &[tenant.as_str().into()]).await?;
        if count.map_or(Ok(0), |row| row.int(0))? >= MOST {
            return Err(IdentityError::Conflict("there are 10,000 accounts already"));
        }
        let id = insert(&mut tx, &tenant, &name, &hash).await?;
        for binding in &new.bindings {
            bindings::insert(&mut tx, caller, &id, binding).await?;
        }
        let entry = caller.did("user.create", format!("user/{id}"));
        self.audit.record(&mut tx, &entry.with(json!({ "name": name, "bindings": new.bindings }))).await?;
        tx.commit().await?;
        self.user(caller, &id).await
    }

    /// Changes an account.
    pub(crate) async fn change_user(
        &self,
        caller: &Caller,
        id: &str,
        change: &UserChange,
    ) -> Result<User, IdentityError> {
        let hash = match &change.password {
            Some(new) => {
                password::check(new, &self.user(caller, id).await?.name)?;
                Some(self.passwords.hash(new).await?)
            }
            None => None,
        };
        let mut tx = self.records.begin("identity").await?;
        let user = self.manageable(&mut tx, caller, id).await?;
        if let Some(hash) = &hash {
            tx.execute("UPDATE account SET password = $1 WHERE id = $2", &[hash.as_str().into(), id.into()])
                .await?;
        }
        if let Some(disabled) = change.disabled {
            tx.execute("UPDATE account SET disabled = $1 WHERE id = $2", &[disabled.into(), id.into()])
                .await?;
            self.still_owned(&mut tx, &user).await?;
        }
        if hash.is_some() || change.disabled == Some(true) {
            tx.execute("DELETE FROM session WHERE account = $1", &[id.into()]).await?;
        }
        let detail = json!({ "name": user.name, "password": hash.is_some(), "disabled": change.disabled });
        let entry = caller.did("user.change", format!("user/{id}")).with(detail);
        self.audit.record(&mut tx, &entry).await?;
        tx.commit().await?;
        self.recent.clear();
        self.user(caller, id).await
    }

    /// Deletes an account with its roles, sessions and keys.
    pub(crate) async fn delete_user(&self, caller: &Caller, id: &str) -> Result<User, IdentityError> {
        let mut tx = self.records.begin("identity").await?;
        let user = self.manageable(&mut tx, caller, id).await?;
        tx.execute("DELETE FROM account WHERE id = $1", &[id.into()]).await?;
        self.still_owned(&mut tx, &user).await?;
        let entry = caller.did("user.delete", format!("user/{id}")).with(json!({ "name": user.name }));
        self.audit.record(&mut tx, &entry).await?;
        tx.commit().await?;
        self.recent.clear();
        Ok(user)
    }

    /// Refuses, within a transaction, what has just taken the last owner from a tenant: nobody could manage its accounts.
    pub(super) async fn still_owned(&self, tx: &mut Tx, changed: &User) -> Result<(), IdentityError> {
        if !changed.bindings.iter().any(|b| b.role == Role::Owner.name() && b.namespaces.is_none()) {
            return Ok(());
        }
        let owners = tx
            .first(
                "SELECT count(*) FROM account a JOIN role_binding b ON b.account = a.id \
                 WHERE a.tenant = $1 AND a.disabled = 0 AND b.role = 'owner' AND b.namespaces IS NULL",
                &[changed.tenant.as_str().into()],
            )
            .await?;
        match owners.map_or(Ok(0), |row| row.int(0))? {
            0 => Err(IdentityError::Conflict("this is the last owner; make another one first")),
            _ => Ok(()),
        }
    }
}

/// Writes an account down; returns its id.
pub(super) async fn insert(
    tx: &mut Tx,
    tenant: &str,
    name: &str,
    hash: &str,
) -> Result<String, IdentityError> {
    let id = secrets::id();
    let row = [id.as_str().into(), tenant.into(), name.into(), hash.into(), clock::now().into()];
    let sql = "INSERT INTO account (id, tenant, name, password, created) VALUES ($1, $2, $3, $4, $5)";
    match tx.execute(sql, &row).await {
        Ok(_) => Ok(id),
        Err(error) if error.is_unique_violation() => Err(IdentityError::Conflict("this name is taken")),
        Err(error) => Err(error.into()),
    }
}
