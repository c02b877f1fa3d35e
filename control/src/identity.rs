//! Who somebody is, and what they may do.
//!
//! A credential (the one token, a session, an API key, a signed token) leads to a [`Principal`] and its [`Grant`]s; a route declares the
//! [`Permission`] it needs; what the grants say of that permission is how far the request may see.

mod accounts;
mod attempts;
mod bearer;
mod bindings;
mod bootstrap;
mod cluster;
mod error;
mod grant;
mod instances;
mod jwt;
mod keys;
mod password;
mod permission;
mod principal;
mod recent;
mod role;
pub(crate) mod secrets;
mod sessions;
mod sign;
mod signin;

use std::collections::HashMap;
use std::sync::Arc;

use agentguard_telemetry::Secret;
use parking_lot::Mutex;
use uuid::Uuid;

pub(crate) use accounts::{NewUser, User, UserChange};
pub(crate) use bindings::{Binding, NewBinding};
pub(crate) use error::IdentityError;
pub(crate) use grant::{Grant, covers, scope};
pub(crate) use jwt::Signed;
pub(crate) use keys::{ApiKey, NewApiKey};
pub(crate) use permission::{Permission, Permissions};
pub(crate) use principal::{Pod, Principal};
pub(crate) use role::Role;
pub(crate) use sessions::{NewSession, SESSION};

use crate::audit::{Audit, Chain};
use crate::config::Access;
use crate::store::records::Records;
use cluster::Cluster;
use jwt::Jwt;
use password::Passwords;
use recent::Recent;
use secrets::Hash;

/// What a credential says of its holder.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) principal: Principal,
    pub(crate) tenant: String,
    pub(crate) grants: Vec<Grant>,
    /// When the credential ends, microseconds since the Unix epoch.
    pub(crate) expires: i64,
    /// The account behind it, if a person's.
    pub(crate) account: Option<String>,
}

impl Known {
    /// Somebody whose credential does not end and who may do these things in all of the default tenant.
    fn everywhere(principal: Principal, permissions: Permissions) -> Self {
        Self {
            principal,
            tenant: crate::store::scope::DEFAULT_TENANT.to_owned(),
            grants: vec![Grant::everywhere(permissions)],
            expires: i64::MAX,
            account: None,
        }
    }

    /// Whoever is on this machine while nothing is set up.
    pub(crate) fn local() -> Self {
        Self::everywhere(Principal::Local, Permissions::ALL)
    }
}

/// Accounts, credentials and what they are worth.
pub(crate) struct Identity {
    records: Records,
    audit: Audit,
    token: Option<Hash>,
    sidecar_token: Option<Hash>,
    accounts: bool,
    passwords: Passwords,
    jwt: Option<Jwt>,
    cluster: Option<Cluster>,
    recent: Recent<Arc<Known>>,
    /// The pods of instances, by their uid.
    instances: Mutex<HashMap<Uuid, String>>,
}

impl Identity {
    /// Reads what is set up. With accounts and none yet made, the secret for the first one comes along.
    pub(crate) async fn open(
        records: Records,
        token: Option<&Secret>,
        access: &Access,
    ) -> Result<(Self, Option<Secret>), IdentityError> {
        let audit = Audit::new(records.clone(), Chain::new(access.audit_key.as_ref()));
        let cluster = match &access.cluster {
            Some(cluster) => Some(Cluster::open(cluster).await?),
            None => None,
        };
        let identity = Self {
            token: token.map(|token| secrets::hash(token.expose())),
            sidecar_token: access.sidecar_token.as_ref().map(|token| secrets::hash(token.expose())),
            accounts: access.accounts,
            passwords: Passwords::new()?,
            jwt: access.jwt_key.as_ref().map(Jwt::new).transpose()?,
            cluster,
            recent: Recent::new(),
            instances: Mutex::default(),
            records,
            audit,
        };
        let first =
            if access.accounts { identity.prepare_bootstrap(access.bootstrap.as_ref()).await? } else { None };
        Ok((identity, first))
    }

    /// Whether anybody is asked who they are.
    pub(crate) fn guarded(&self) -> bool {
        self.token.is_some() || self.accounts
    }

    /// Whether people have accounts.
    pub(crate) fn accounts(&self) -> bool {
        self.accounts
    }

    /// The log of what was done.
    pub(crate) fn audit(&self) -> &Audit {
        &self.audit
    }
}

#[cfg(test)]
mod tests;
