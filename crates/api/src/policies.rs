//! Policies as people edit, compare and publish them: `/api/v1/policies` and `/api/v1/kill-switch`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A policy and what is published of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicySummary {
    /// Its name.
    pub name: String,
    /// The newest version.
    pub latest: u64,
    /// When it was made, microseconds since the Unix epoch.
    pub created: i64,
    /// By whom.
    pub author: String,
    /// What sidecars are given; absent: nothing yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
}

/// What sidecars are given of a policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Published {
    /// The version; absent while the first one is tried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Where it holds; empty: wherever no other policy names the namespace.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// Since when, microseconds since the Unix epoch.
    pub since: i64,
    /// By whom.
    pub author: String,
    /// What is tried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
}

/// A version that is tried out on a part of the sidecars, and when it is taken back or carried on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Canary {
    /// The version.
    pub version: u64,
    /// Percent of the sidecars, above 0 to 100.
    pub share: f64,
    /// Only there; empty: wherever the policy holds.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// Since when, microseconds since the Unix epoch.
    pub since: i64,
    /// By whom.
    pub author: String,
    /// When it is decided.
    #[serde(flatten)]
    pub judged: CanaryTerms,
}

/// When a version that is tried out is carried on to everybody, or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CanaryTerms {
    /// Seconds until it is carried on; it may be taken back at any time before.
    pub window: u64,
    /// Verdicts that each side must have before the two are compared.
    pub min_verdicts: u64,
    /// It is taken back when its share of blocked or redacted answers is above the others' by more than this, 0 to 1.
    pub max_block_increase: f64,
    /// It is taken back when its share of exchanges that were not checked, or that the provider answered with an error, is above the
    /// others' by more than this, 0 to 1.
    pub max_error_increase: f64,
}

impl Default for CanaryTerms {
    fn default() -> Self {
        Self { window: 3600, min_verdicts: 100, max_block_increase: 0.05, max_error_increase: 0.05 }
    }
}

/// `GET /api/v1/policies/{name}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyDetail {
    /// As in the list.
    #[serde(flatten)]
    pub summary: PolicySummary,
    /// Newest first.
    pub versions: Vec<VersionSummary>,
    /// What was done with it, newest first, at most 100.
    pub history: Vec<PolicyChange>,
}

/// A version without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionSummary {
    /// From 1; never given twice.
    pub version: u64,
    /// The revision that verdicts carry: equal for texts that mean the same.
    pub revision: String,
    /// SHA-256 of the text, hexadecimal.
    pub sha256: String,
    /// By whom.
    pub author: String,
    /// What for.
    pub note: String,
    /// When, microseconds since the Unix epoch.
    pub created: i64,
}

/// A version with its text. It never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyVersion {
    /// The policy.
    pub name: String,
    /// As in the list.
    #[serde(flatten)]
    pub summary: VersionSummary,
    /// The text, as it was given.
    pub yaml: String,
}

/// Something that was done with a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyChange {
    /// When, microseconds since the Unix epoch.
    pub at: i64,
    /// What.
    pub change: Change,
    /// The version, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// By whom; `control plane`: by itself.
    pub author: String,
    /// Why.
    pub reason: String,
}

/// What was done with a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A version was given to everybody it is for.
    Published,
    /// A version was given to a part of them.
    Canary,
    /// What was tried out was given to everybody.
    Promoted,
    /// An earlier version was given again, or what was tried out was taken back.
    RolledBack,
    /// Nothing of it is given out any more.
    Withdrawn,
}

impl Change {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::Published, Self::Canary, Self::Promoted, Self::RolledBack, Self::Withdrawn];

    /// The name used in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Canary => "canary",
            Self::Promoted => "promoted",
            Self::RolledBack => "rolled_back",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// `POST /api/v1/policies`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicy {
    /// Lower-case letters, digits and dashes, at most 63.
    pub name: String,
    /// The text of version 1.
    pub yaml: String,
    /// What for.
    #[serde(default)]
    pub note: String,
}

/// `POST /api/v1/policies/{name}/versions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVersion {
    /// The text.
    pub yaml: String,
    /// What for.
    #[serde(default)]
    pub note: String,
    /// The newest version that the author has seen: when there is a newer one, nothing is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// `POST /api/v1/policies/validate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyDraft {
    /// The text.
    pub yaml: String,
}

/// What is wrong with a text, if anything is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Validation {
    /// Whether it may be published.
    pub valid: bool,
    /// The revision that verdicts under it would carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Everything that is wrong, in the order of the text.
    pub problems: Vec<PolicyProblem>,
}

/// One thing that is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyProblem {
    /// From 1.
    pub line: u64,
    /// In characters, from 1.
    pub column: u64,
    /// The key's path; empty for the whole text.
    pub key: String,
    /// What is wrong, what is allowed and what was probably meant: the line that `agentguard check` shows.
    pub message: String,
}

/// `GET /api/v1/policies/{name}/diff`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyDiff {
    /// The version before.
    pub from: u64,
    /// The version after.
    pub to: u64,
    /// Lines added.
    pub added: u64,
    /// Lines taken away.
    pub removed: u64,
    /// Both mean the same: only wording and layout differ.
    pub same_meaning: bool,
    /// In unified form; empty when the texts are equal.
    pub diff: String,
}

/// `POST /api/v1/policies/{name}/publish`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// Which version.
    pub version: u64,
    /// Where it holds; empty: wherever no other policy names the namespace. Absent: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<Vec<String>>,
    /// Try it out first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<PublishCanary>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// On whom a version is tried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishCanary {
    /// Percent of the sidecars, above 0 to 100.
    #[serde(default = "everybody")]
    pub share: f64,
    /// Only there; empty: wherever the policy holds.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// When it is decided.
    #[serde(default)]
    pub terms: CanaryTerms,
}

fn everybody() -> f64 {
    100.0
}

/// `POST /api/v1/policies/{name}/promote`, `/rollback`, `/withdraw`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Reason {
    /// Why.
    pub reason: String,
}

/// What publishing did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Issued {
    /// The revision of the bundle that says so.
    pub revision: u64,
    /// What is published now; absent: nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
}

/// `POST /api/v1/policies/supersede`: after the control plane was restored from a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Supersede {
    /// The highest revision that sidecars have.
    pub up_to: u64,
}

/// `PUT /api/v1/kill-switch`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetKillSwitch {
    /// On: sidecars only observe.
    pub on: bool,
    /// Where; empty: in the whole tenant. Off with none given: everywhere it is on.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// `GET /api/v1/kill-switch`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KillSwitch {
    /// On anywhere.
    pub on: bool,
    /// Where, by namespace; `*` is the whole tenant.
    pub places: Vec<Killed>,
    /// The revision of the bundle that says so; 0: there is none yet.
    pub revision: u64,
}

/// A place where the kill switch is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Killed {
    /// `*`: the whole tenant.
    pub namespace: String,
    /// Since when, microseconds since the Unix epoch.
    pub since: i64,
    /// By whom.
    pub author: String,
    /// Why.
    pub reason: String,
}

/// `POST /api/v1/policies/simulate`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Simulate {
    /// The candidate's text; or else `name` and `version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yaml: Option<String>,
    /// A stored policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Range start, microseconds since the Unix epoch [default: a week before `to`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Range end [default: now].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// Only in these namespaces; empty: in all.
    #[serde(default)]
    pub namespaces: Vec<String>,
}

/// What a candidate would have done to verdicts that are stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Simulation {
    /// Range start, microseconds since the Unix epoch.
    pub from: i64,
    /// Range end.
    pub to: i64,
    /// The candidate's revision.
    pub revision: String,
    /// Verdicts that were looked at, newest first.
    pub scanned: u64,
    /// There were more than could be looked at; the numbers are of the newest ones.
    pub partial: bool,
    /// The oldest verdict that was looked at, microseconds since the Unix epoch; 0: none was.
    pub oldest: i64,
    /// Verdicts whose action would be another one.
    pub changed: u64,
    /// Verdicts of the signals' choice that the candidate switches off or on: their risk would be another one, and is taken as it is.
    pub uncertain: u64,
    /// Action taken → action that would have been taken → verdicts.
    pub matrix: BTreeMap<String, BTreeMap<String, u64>>,
    /// By workload, those with the most changes first, at most 50.
    pub workloads: Vec<SimulatedWorkload>,
    /// At most ten verdicts whose action would be another one, newest first.
    pub examples: Vec<SimulatedExample>,
}

/// One workload's part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SimulatedWorkload {
    /// `namespace/name`.
    pub name: String,
    /// Verdicts.
    pub total: u64,
    /// Verdicts whose action would be another one.
    pub changed: u64,
    /// Blocked or redacted before.
    pub acted_before: u64,
    /// Blocked or redacted by the candidate.
    pub acted_after: u64,
}

/// A verdict whose action would be another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SimulatedExample {
    /// Its id, as in `/api/v1/verdicts/{id}`.
    pub id: uuid::Uuid,
    /// When, microseconds since the Unix epoch.
    pub ts: i64,
    /// `namespace/name`.
    pub workload: String,
    /// Its risk.
    pub risk: f32,
    /// What was done.
    pub before: String,
    /// What would have been done.
    pub after: String,
    /// The candidate's rule.
    pub rule: String,
}
