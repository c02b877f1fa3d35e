//! The policy as the control plane hands it to sidecars: `GET /api/v1/sidecar/bundle`.
//!
//! A [`Bundle`] holds everything that a tenant's sidecars may have to go by; each picks its own part. It travels as the text of its JSON
//! inside an [`Envelope`], and the signatures are over that very text: nothing has to be written in a canonical form twice.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The form of a bundle that is understood.
pub const FORMAT: u32 = 1;
/// Stands for every namespace of the tenant.
pub const EVERYWHERE: &str = "*";
/// Canary shares are counted in hundredths of a percent.
pub const WHOLE: u32 = 10_000;

/// What a signature covers besides the payload, so that it is worth nothing anywhere else.
const CONTEXT: &[u8] = b"agentguard policy bundle 1\n";

/// A bundle's text and who signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Envelope {
    /// A [`Bundle`] as JSON text; the signatures are over its bytes. Its SHA-256 is the `ETag`.
    pub payload: String,
    /// One by each of the control plane's keys: two while one takes the other's place.
    pub signatures: Vec<Signature>,
}

/// An Ed25519 signature (RFC 8032).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Signature {
    /// The public key, 32 bytes in base64.
    pub key: String,
    /// Over the context and the payload, 64 bytes in base64.
    pub signature: String,
}

/// The bytes that are signed for a payload.
#[must_use]
pub fn signed_bytes(payload: &str) -> Vec<u8> {
    [CONTEXT, payload.as_bytes()].concat()
}

/// Everything that a tenant's sidecars may have to go by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Bundle {
    /// [`FORMAT`]; another one is refused.
    pub format: u32,
    /// Whose.
    pub tenant: String,
    /// Grows by one with every bundle of the tenant.
    pub revision: u64,
    /// When it was made, microseconds since the Unix epoch; later than that of every bundle before.
    pub issued: i64,
    /// Public keys, base64: those that sign the next bundle. A sidecar that trusts on first use goes by these from here on.
    pub keys: Vec<String>,
    /// It may take the place of bundles up to this revision although its own is lower: the control plane was restored from a backup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<u64>,
    /// Namespaces where nothing is done to the traffic, whatever the policy says; `*` is all.
    #[serde(default)]
    pub observe_only: Vec<String>,
    /// The published policies, by name.
    #[serde(default)]
    pub policies: Vec<BundledPolicy>,
}

/// One published policy and where it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BundledPolicy {
    /// Its name.
    pub name: String,
    /// Where it holds; empty: wherever no other policy names the namespace.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// What holds there; absent while its first version is tried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stable: Option<PolicyText>,
    /// What is tried out on a part of the sidecars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<BundledCanary>,
}

/// One version of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyText {
    /// Its number.
    pub version: u64,
    /// The revision that verdicts carry, which follows from the text.
    pub revision: String,
    /// The text.
    pub yaml: String,
}

/// A version that is tried out, and on whom. Both conditions must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BundledCanary {
    /// The version.
    #[serde(flatten)]
    pub policy: PolicyText,
    /// The share of sidecars, in hundredths of a percent.
    pub share: u32,
    /// Only there; empty: wherever the policy holds.
    #[serde(default)]
    pub namespaces: Vec<String>,
}

/// `GET /.well-known/agentguard-keys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicKeys {
    /// Each signs every bundle.
    pub keys: Vec<PublicKey>,
}

/// A key to check bundles with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicKey {
    /// `Ed25519`.
    pub algorithm: String,
    /// 32 bytes in base64, as `--policy-key` takes it.
    pub key: String,
}

/// What a sidecar says of the bundle, with every heartbeat.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct BundleReport {
    /// The revision that it last made up its mind about; 0: it has seen none.
    pub revision: u64,
    /// What became of it.
    pub state: BundleState,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The policy of the bundle that is in force, as `name/version`; empty when none is.
    #[serde(default)]
    pub policy: String,
    /// It is the version that is tried out.
    #[serde(default)]
    pub canary: bool,
    /// Nothing is done to the traffic: the kill switch.
    #[serde(default)]
    pub observe_only: bool,
}

/// What became of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BundleState {
    /// None has come yet.
    Waiting,
    /// It is in force.
    Applied,
    /// A policy file on the sidecar's machine is in force; only the kill switch is taken from the bundle.
    Local,
    /// It was refused, and what was in force before still is.
    Failed,
}

impl BundleState {
    /// The name used in metrics and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Applied => "applied",
            Self::Local => "local",
            Self::Failed => "failed",
        }
    }
}

/// A sidecar and what it says of the bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SidecarPolicy {
    /// The instance.
    pub instance: Uuid,
    /// Who.
    pub workload: crate::Workload,
    /// When it said so, microseconds since the Unix epoch.
    pub at: i64,
    /// The revision of the policy that it goes by, as in its verdicts.
    pub policy_revision: String,
    /// What it said.
    #[serde(flatten)]
    pub report: BundleReport,
}
