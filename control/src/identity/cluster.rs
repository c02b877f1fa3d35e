//! Sidecars that their cluster vouches for: projected ServiceAccount tokens (RFC 7519, RS256 or ES256), checked against the cluster
//! issuer's keys. No API server is asked; a deleted pod's token works until it ends, minutes later.

mod keys;
mod source;

use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;

use self::keys::Keys;
use super::{Grant, Known, Permission, Permissions, Pod, Principal, sign};
use crate::config;
use crate::store::scope::{DEFAULT_TENANT, Namespaces};

pub(super) use self::source::SourceError;

/// Seconds that a cluster's clock may be off.
const LEEWAY: u64 = 30;

/// One cluster's issuer.
pub(super) struct Cluster {
    issuer: String,
    audience: String,
    keys: Keys,
}

/// What a projected token says; everything else in it is ignored.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    #[serde(rename = "kubernetes.io")]
    kubernetes: Kubernetes,
}

#[derive(Deserialize)]
struct Kubernetes {
    namespace: String,
    pod: Object,
    serviceaccount: Object,
}

#[derive(Deserialize)]
struct Object {
    name: String,
    #[serde(default)]
    uid: String,
}

impl Cluster {
    /// Reads the issuer's keys. That they cannot be read now is no reason not to start: they are read again when a token comes.
    pub(super) async fn open(cluster: &config::Cluster) -> Result<Self, SourceError> {
        sign::install();
        let keys = Keys::new(source::Source::new(cluster)?);
        keys.refresh().await;
        Ok(Self { issuer: cluster.issuer.clone(), audience: cluster.audience.clone(), keys })
    }

    /// Whose token it is, if the cluster signed it for us, and for a pod.
    pub(super) async fn verify(&self, text: &str) -> Option<Known> {
        let header = decode_header(text).ok()?;
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
            return None;
        }
        let key = self.keys.find(&header.kid?).await?;
        // The key says how it signs, not the token.
        let mut validation = Validation::new(key.algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY;
        let claims = decode::<Claims>(text, &key.key, &validation).ok()?.claims;
        let Kubernetes { namespace, pod, serviceaccount } = claims.kubernetes;
        let whole = !namespace.is_empty() && !pod.name.is_empty() && !pod.uid.is_empty();
        if !whole || claims.sub != format!("system:serviceaccount:{namespace}:{}", serviceaccount.name) {
            return None;
        }
        // What it may: report, and read its policy, in its own namespace.
        let grants = vec![Grant {
            permissions: Permissions::of(&[Permission::IngestWrite, Permission::PolicyRead]),
            namespaces: Namespaces::Only([namespace.clone()].into()),
        }];
        Some(Known {
            principal: Principal::Sidecar(Pod {
                namespace,
                name: pod.name,
                uid: pod.uid,
                service_account: serviceaccount.name,
            }),
            tenant: DEFAULT_TENANT.to_owned(),
            grants,
            expires: claims.exp.saturating_mul(1_000_000),
            account: None,
        })
    }
}

#[cfg(test)]
mod tests;
