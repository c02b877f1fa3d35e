//! The first account: made by whoever can read the log of the first start, or set the secret beforehand. There is no default password.

use agentguard_telemetry::Secret;
use serde_json::json;

use super::attempts::{self, Subject};
use super::sessions::{self, Owner};
use super::{Identity, IdentityError, NewBinding, NewSession, Role, accounts, bindings, password, secrets};
use crate::audit::Entry;
use crate::clock;
use crate::http::Origin;
use crate::names::Named;
use crate::store::StoreError;
use crate::store::records::Tx;
use crate::store::scope::DEFAULT_TENANT;

/// Whether there is no account yet.
async fn nobody(tx: &mut Tx) -> Result<bool, StoreError> {
    Ok(tx.first("SELECT 1 FROM account LIMIT 1", &[]).await?.is_none())
}

impl Identity {
    /// Keeps the secret for the first account, given or made up; the made-up one comes back to be shown once. Where there are
    /// accounts, neither is kept.
    pub(super) async fn prepare_bootstrap(
        &self,
        given: Option<&Secret>,
    ) -> Result<Option<Secret>, IdentityError> {
        let mut tx = self.records.begin("identity").await?;
        tx.execute("DELETE FROM bootstrap", &[]).await?;
        if !nobody(&mut tx).await? {
            tx.commit().await?;
            return Ok(None);
        }
        let made = secrets::random();
        let secret = given.map_or(made.as_str(), Secret::expose);
        let row = [secrets::hash(secret).into()];
        tx.execute("INSERT INTO bootstrap (one, secret) VALUES (1, $1)", &row).await?;
        tx.commit().await?;
        Ok(given.is_none().then(|| Secret::new(made)))
    }

    /// Whether the first account is still to be made.
    pub(crate) async fn awaits_first(&self) -> Result<bool, StoreError> {
        if !self.accounts {
            return Ok(false);
        }
        Ok(self.records.first("SELECT 1 FROM bootstrap", &[]).await?.is_some())
    }

    /// Makes the first account, an owner who may read content, and signs it in. The secret works once.
    pub(crate) async fn bootstrap(
        &self,
        secret: &str,
        name: &str,
        new_password: &str,
        origin: &Origin,
    ) -> Result<NewSession, IdentityError> {
        if !self.accounts {
            return Err(IdentityError::Off("accounts are not switched on"));
        }
        let subjects = [Subject::address(origin.address)];
        attempts::begin(&self.records, &subjects, clock::now()).await?;
        // The secret first: whoever does not have it learns nothing about names and passwords.
        let row = self.records.first("SELECT secret FROM bootstrap", &[]).await?;
        let Some(kept) = row else { return Err(IdentityError::Conflict("the first account exists already")) };
        let kept = kept.bytes(0)?;
        if !secrets::is(secret.trim(), &kept) {
            let entry = Entry::new(DEFAULT_TENANT, "nobody", origin, "user.bootstrap", "user");
            self.audit.note(&entry.refused()).await?;
            return Err(IdentityError::Credentials);
        }
        let name = accounts::name(name)?;
        password::check(new_password, &name)?;
        let hash = self.passwords.hash(new_password).await?;
        let mut tx = self.records.begin("identity").await?;
        let used = tx.execute("DELETE FROM bootstrap WHERE secret = $1", &[kept.into()]).await?;
        if used == 0 || !nobody(&mut tx).await? {
            return Err(IdentityError::Conflict("the first account exists already"));
        }
        let id = accounts::insert(&mut tx, DEFAULT_TENANT, &name, &hash).await?;
        let owner = NewBinding { role: Role::Owner.name().to_owned(), content: true, namespaces: None };
        bindings::insert_unasked(&mut tx, &id, &owner).await?;
        let session = sessions::begin(&mut tx, &Owner::Account(&id)).await?;
        attempts::right(&mut tx, &subjects).await?;
        let who = format!("user/{id}");
        let entry = Entry::new(DEFAULT_TENANT, who.clone(), origin, "user.bootstrap", who)
            .with(json!({ "name": name }));
        self.audit.record(&mut tx, &entry).await?;
        tx.commit().await?;
        Ok(session)
    }
}
