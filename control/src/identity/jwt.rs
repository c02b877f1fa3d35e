//! Tokens that this control plane signs for programs (RFC 7519, HS256): short-lived, and worth no more than whoever asked for them.

use std::time::Duration;

use agentguard_telemetry::Secret;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Grant, Identity, IdentityError, Known, Permissions, Principal, secrets, sign};
use crate::clock;
use crate::http::Caller;
use crate::store::StoreError;
use crate::store::scope::Namespaces;

const ISSUER: &str = "agentguard";
const AUDIENCE: &str = "agentguard-control";
/// How long one lasts.
const LIFETIME: Duration = Duration::from_secs(15 * 60);
/// How far ahead the end of one may lie that somebody else signed with the key.
const LONGEST: i64 = 24 * 3600;

/// A signed token.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Signed {
    /// For `Authorization: Bearer …`.
    pub(crate) token: String,
    /// When it ends, microseconds since the Unix epoch.
    pub(crate) expires: i64,
}

/// The key that signs and verifies.
pub(super) struct Jwt {
    signs: EncodingKey,
    verifies: DecodingKey,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    exp: i64,
    iat: i64,
    jti: String,
    tenant: String,
    grants: Vec<GrantClaim>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct GrantClaim {
    permissions: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespaces: Option<std::collections::BTreeSet<String>>,
}

impl From<&Grant> for GrantClaim {
    fn from(grant: &Grant) -> Self {
        let namespaces = match &grant.namespaces {
            Namespaces::All => None,
            Namespaces::Only(some) => Some(some.clone()),
        };
        Self { permissions: grant.permissions.to_text(), namespaces }
    }
}

impl From<GrantClaim> for Grant {
    fn from(claim: GrantClaim) -> Self {
        let namespaces = claim.namespaces.map_or(Namespaces::All, Namespaces::Only);
        Self { permissions: Permissions::from_text(&claim.permissions), namespaces }
    }
}

impl Jwt {
    pub(super) fn new(key: &Secret) -> Result<Self, IdentityError> {
        sign::install();
        let key = key.expose().as_bytes();
        let unfit = |_| IdentityError::Hash;
        let signs = EncodingKey::from_secret(key).map_err(unfit)?;
        Ok(Self { signs, verifies: DecodingKey::from_secret(key).map_err(unfit)? })
    }

    fn claims(&self, text: &str) -> Option<Claims> {
        // Pinned, whatever the header says.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = 30;
        let claims = decode::<Claims>(text, &self.verifies, &validation).ok()?.claims;
        (claims.exp <= clock::now() / 1_000_000 + LONGEST).then_some(claims)
    }
}

impl Identity {
    /// Signs a token that allows what the caller may do now.
    pub(crate) async fn sign(&self, caller: &Caller) -> Result<Signed, IdentityError> {
        let Some(jwt) = &self.jwt else {
            return Err(IdentityError::Off("no key to sign with is set: JWT_SECRET_KEY"));
        };
        if matches!(
            caller.principal(),
            Principal::Signed { .. } | Principal::Sidecar(_) | Principal::SidecarKey
        ) {
            return Err(IdentityError::Off(
                "a token is signed for people and API keys, not for another token",
            ));
        }
        let known = caller.known();
        let now = clock::now() / 1_000_000;
        let exp = now + i64::try_from(LIFETIME.as_secs()).unwrap_or(i64::MAX);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: known.principal.id(),
            exp: exp.min(known.expires / 1_000_000),
            iat: now,
            jti: secrets::id(),
            tenant: known.tenant.clone(),
            grants: known.grants.iter().map(GrantClaim::from).collect(),
            account: known.account.clone(),
        };
        let token =
            encode(&Header::new(Algorithm::HS256), &claims, &jwt.signs).map_err(|_| IdentityError::Hash)?;
        let entry = caller.did("token.sign", format!("token/{}", claims.jti));
        self.audit.note(&entry.with(json!({ "expires": claims.exp }))).await?;
        Ok(Signed { token, expires: claims.exp * 1_000_000 })
    }

    /// Whose signed token it is: ours, or a cluster's. The header only says whom to ask; each takes one way of signing.
    pub(super) async fn signed(&self, text: &str) -> Result<Option<Known>, StoreError> {
        match (decode_header(text).map(|header| header.alg), &self.cluster) {
            (Ok(Algorithm::HS256), _) => {}
            (Ok(_), Some(cluster)) => return Ok(cluster.verify(text).await),
            _ => return Ok(None),
        }
        let Some(claims) = self.jwt.as_ref().and_then(|jwt| jwt.claims(text)) else { return Ok(None) };
        let own = claims.grants.into_iter().map(Grant::from).collect();
        let Some(grants) = self.within_account(claims.account.as_deref(), own).await? else {
            return Ok(None);
        };
        Ok(Some(Known {
            principal: Principal::Signed { subject: claims.sub },
            tenant: claims.tenant,
            grants,
            expires: claims.exp.saturating_mul(1_000_000),
            account: claims.account,
        }))
    }
}

#[cfg(test)]
mod tests;
