//! Signing in, and changing one's own password.

use serde_json::json;

use super::attempts::{self, Subject};
use super::sessions::{self, Owner};
use super::{Identity, IdentityError, NewSession, accounts, password, secrets};
use crate::audit::Entry;
use crate::clock;
use crate::http::{Caller, Origin};
use crate::store::scope::DEFAULT_TENANT;

/// Bytes of a name that is no account's, as far as the log takes it over.
const NAME: usize = 64;

impl Identity {
    /// Begins a session for a name and a password.
    pub(crate) async fn sign_in(
        &self,
        name: &str,
        password: &str,
        origin: &Origin,
    ) -> Result<NewSession, IdentityError> {
        if !self.accounts {
            return Err(IdentityError::Off("accounts are not switched on"));
        }
        // What cannot be a name is tried like one: the answer is the same, and so is the wait.
        let name = accounts::name(name).unwrap_or_else(|_| printable(name));
        let subjects = [Subject::account(&name), Subject::address(origin.address)];
        attempts::begin(&self.records, &subjects, clock::now()).await?;
        let row = self
            .records
            .first(
                "SELECT id, tenant, password, disabled FROM account WHERE name = $1",
                &[name.as_str().into()],
            )
            .await?;
        let (account, stored) = match row {
            Some(row) if !row.flag(3)? => (Some((row.text(0)?, row.text(1)?)), Some(row.text(2)?)),
            _ => (None, None),
        };
        let right = self.passwords.is(password, stored.as_deref()).await?;
        let mut tx = self.records.begin("identity").await?;
        let Some((id, tenant)) = account.filter(|_| right) else {
            let entry =
                Entry::new(DEFAULT_TENANT, "nobody", origin, "session.begin", format!("user name/{name}"));
            self.audit.record(&mut tx, &entry.refused()).await?;
            tx.commit().await?;
            return Err(IdentityError::Credentials);
        };
        let session = sessions::begin(&mut tx, &Owner::Account(&id)).await?;
        tx.execute(
            "UPDATE account SET signed_in = $1 WHERE id = $2",
            &[clock::now().into(), id.as_str().into()],
        )
        .await?;
        attempts::right(&mut tx, &subjects).await?;
        let who = format!("user/{id}");
        let entry =
            Entry::new(&tenant, who.clone(), origin, "session.begin", who).with(json!({ "name": name }));
        self.audit.record(&mut tx, &entry).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Begins a session for the one token.
    pub(crate) async fn sign_in_by_token(
        &self,
        token: &str,
        origin: &Origin,
    ) -> Result<NewSession, IdentityError> {
        let Some(hash) = &self.token else {
            return Err(IdentityError::Off("there is no token to sign in with"));
        };
        let subjects = [Subject::address(origin.address)];
        attempts::begin(&self.records, &subjects, clock::now()).await?;
        let mut tx = self.records.begin("identity").await?;
        let entry = |actor: &str| Entry::new(DEFAULT_TENANT, actor, origin, "session.begin", "token");
        if !secrets::is(token, hash) {
            self.audit.record(&mut tx, &entry("nobody").refused()).await?;
            tx.commit().await?;
            return Err(IdentityError::Credentials);
        }
        let session = sessions::begin(&mut tx, &Owner::Token(&sessions::mark(hash))).await?;
        attempts::right(&mut tx, &subjects).await?;
        self.audit.record(&mut tx, &entry("token")).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Changes the caller's own password. All their sessions end but the one that comes back.
    pub(crate) async fn change_password(
        &self,
        caller: &Caller,
        current: &str,
        new: &str,
    ) -> Result<NewSession, IdentityError> {
        let Some(id) = caller.known().account.clone() else {
            return Err(IdentityError::Off("only people with an account have a password"));
        };
        let user = self.user(caller, &id).await?;
        password::check(new, &user.name)?;
        let subjects = [Subject::account(&user.name), Subject::address(caller.origin().address)];
        attempts::begin(&self.records, &subjects, clock::now()).await?;
        let row =
            self.records.first("SELECT password FROM account WHERE id = $1", &[id.as_str().into()]).await?;
        let stored = row.map(|row| row.text(0)).transpose()?;
        if !self.passwords.is(current, stored.as_deref()).await? {
            self.audit.note(&caller.did("password.change", format!("user/{id}")).refused()).await?;
            return Err(IdentityError::Credentials);
        }
        let hash = self.passwords.hash(new).await?;
        let mut tx = self.records.begin("identity").await?;
        tx.execute("UPDATE account SET password = $1 WHERE id = $2", &[hash.into(), id.as_str().into()])
            .await?;
        tx.execute("DELETE FROM session WHERE account = $1", &[id.as_str().into()]).await?;
        let session = sessions::begin(&mut tx, &Owner::Account(&id)).await?;
        attempts::right(&mut tx, &subjects).await?;
        self.audit.record(&mut tx, &caller.did("password.change", format!("user/{id}"))).await?;
        tx.commit().await?;
        self.recent.clear();
        Ok(session)
    }
}

/// A name that is none, fit for the log.
fn printable(name: &str) -> String {
    name.chars().filter(char::is_ascii_graphic).take(NAME).collect()
}
