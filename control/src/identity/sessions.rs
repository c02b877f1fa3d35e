//! Sessions of browsers: kept in the database by their hashes, so that they outlive a restart and every replica knows them.

use std::time::Duration;

use super::{Binding, Identity, IdentityError, Known, Permissions, Principal, secrets};
use crate::clock;
use crate::store::StoreError;
use crate::store::records::Tx;

/// A working day.
pub(crate) const SESSION: Duration = Duration::from_secs(12 * 3600);
/// Sessions of one account, or of the one token; past this the oldest end.
const MOST: i64 = 50;

/// A session that has just begun.
pub(crate) struct NewSession {
    /// What its cookie holds.
    pub(crate) cookie: String,
}

/// Whose session begins.
pub(super) enum Owner<'a> {
    Account(&'a str),
    Token(&'a [u8]),
}

/// Begins a session within a transaction.
pub(super) async fn begin(tx: &mut Tx, owner: &Owner<'_>) -> Result<NewSession, StoreError> {
    let cookie = secrets::random();
    let now = clock::now();
    let expires = now.saturating_add(i64::try_from(SESSION.as_micros()).unwrap_or(i64::MAX));
    tx.execute("DELETE FROM session WHERE expires < $1", &[now.into()]).await?;
    let (account, mark) = match owner {
        Owner::Account(id) => (Some(*id), None),
        Owner::Token(mark) => (None, Some(*mark)),
    };
    tx.execute(
        "DELETE FROM session WHERE id IN (SELECT id FROM session \
         WHERE (account = $1 OR ($1 IS NULL AND account IS NULL)) ORDER BY created DESC LIMIT 1000 OFFSET $2)",
        &[account.into(), (MOST - 1).into()],
    )
    .await?;
    tx.execute(
        "INSERT INTO session (id, account, mark, created, expires) VALUES ($1, $2, $3, $4, $5)",
        &[secrets::hash(&cookie).into(), account.into(), mark.into(), now.into(), expires.into()],
    )
    .await?;
    Ok(NewSession { cookie })
}

/// What of the one token is kept with its sessions: they end with it.
pub(super) fn mark(token: &secrets::Hash) -> secrets::Hash {
    secrets::hash(&format!("agentguard session mark {}", secrets::hex(token)))
}

impl Identity {
    /// The token that a page of this session sends with every change. It follows from the cookie, which no other site can read.
    pub(crate) fn csrf(cookie: &str) -> String {
        secrets::hex(&secrets::hash(&format!("agentguard csrf {cookie}")))
    }

    /// Whose session it is, if it is one.
    pub(crate) async fn session(&self, cookie: &str) -> Result<Option<Known>, StoreError> {
        let rows = self
            .records
            .fetch(
                "SELECT s.account, s.mark, s.expires, a.name, a.tenant, b.id, b.role, b.content, b.namespaces \
                 FROM session s LEFT JOIN account a ON a.id = s.account LEFT JOIN role_binding b ON b.account = a.id \
                 WHERE s.id = $1 AND s.expires > $2 AND (s.account IS NULL OR a.disabled = 0)",
                &[secrets::hash(cookie).into(), clock::now().into()],
            )
            .await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let expires = first.int(2)?;
        let Some(id) = first.maybe_text(0)? else {
            let kept = first.maybe_bytes(1)?;
            let ours =
                self.token.as_ref().is_some_and(|token| kept.as_deref() == Some(mark(token).as_slice()));
            let known = Known { expires, ..Known::everywhere(Principal::Token, Permissions::ALL) };
            return Ok(ours.then_some(known));
        };
        if !self.accounts {
            return Ok(None);
        }
        let mut grants = Vec::with_capacity(rows.len());
        for row in &rows {
            grants.extend(Binding::of(row, 5)?.map(|binding| binding.grant()));
        }
        let name = first.text(3)?;
        let account = Some(id.clone());
        Ok(Some(Known {
            principal: Principal::User { id, name },
            tenant: first.text(4)?,
            grants,
            expires,
            account,
        }))
    }

    /// Ends one session, or all of its owner's.
    pub(crate) async fn sign_out(
        &self,
        caller: &crate::http::Caller,
        cookie: Option<&str>,
        everywhere: bool,
    ) -> Result<(), IdentityError> {
        let mut tx = self.records.begin("identity").await?;
        let ended = match (&caller.known().account, cookie, everywhere) {
            (Some(account), _, true) => {
                tx.execute("DELETE FROM session WHERE account = $1", &[account.as_str().into()]).await?
            }
            (None, _, true) => tx.execute("DELETE FROM session WHERE account IS NULL", &[]).await?,
            (_, Some(cookie), false) => {
                tx.execute("DELETE FROM session WHERE id = $1", &[secrets::hash(cookie).into()]).await?
            }
            (_, None, false) => 0,
        };
        let action = if everywhere { "session.end_all" } else { "session.end" };
        let entry =
            caller.did(action, caller.principal().id()).with(serde_json::json!({ "sessions": ended }));
        self.audit.record(&mut tx, &entry).await?;
        tx.commit().await?;
        Ok(())
    }
}
