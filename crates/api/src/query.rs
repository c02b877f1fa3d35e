//! What the control plane answers to people and programs. The fields of a list item are fixed: others drive them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::VerdictEvent;

/// `GET /api/v1/verdicts`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VerdictPage {
    /// Newest first.
    pub items: Vec<VerdictItem>,
    /// Cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// The query of `GET /api/v1/verdicts` (which adds `limit` and `cursor`), `/verdicts/facets` and `/tail`; the dashboard's address
/// bar uses the same names. Lists are comma-separated, values by their snake_case names; a list matches any of its values,
/// different fields must all match.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct VerdictFilter {
    /// Range start, microseconds since the Unix epoch, inclusive.
    #[param(ignore)]
    pub from: Option<i64>,
    /// Range end, exclusive.
    #[param(ignore)]
    pub to: Option<i64>,
    /// States.
    pub verdict: Option<String>,
    /// Actions taken.
    pub action: Option<String>,
    /// Reasons of `not_checked`.
    pub reason: Option<String>,
    /// Directions.
    pub direction: Option<String>,
    /// Providers.
    pub provider: Option<String>,
    /// Models.
    pub model: Option<String>,
    /// Workloads, as `namespace/name` (`name` alone without a namespace).
    pub workload: Option<String>,
    /// Proxy instances.
    pub instance: Option<String>,
    /// Risk from here on, 0..1.
    pub min_risk: Option<f32>,
    /// Words looked for in explanation, model, workload, host, path and ids; every word must be found. Never in content.
    pub q: Option<String>,
}

/// What `GET /api/v1/tail` (SSE) says besides `event: verdict`, whose data is a [`VerdictItem`]: `event: lost`, this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TailLost {
    /// How many verdicts this reader was too slow for; they are stored, only not shown here.
    pub lost: u64,
}

/// One row of the list: the event without content. `GET /api/v1/verdicts/{id}` answers the same with `content`, when it was
/// captured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VerdictItem {
    /// The event; in lists and in the tail without `content`.
    #[serde(flatten)]
    pub event: VerdictEvent,
    /// `latency.total_ms`, rounded to a tenth.
    pub latency_ms: f64,
    /// Whether content was captured.
    pub has_content: bool,
    /// Only of a single verdict: what became of its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_state: Option<ContentState>,
}

/// What became of an exchange's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentState {
    /// None was captured.
    None,
    /// It is kept; who may read it asks `GET /api/v1/verdicts/{id}/content`.
    Stored,
    /// It was captured and has been erased since.
    Erased,
    /// It is kept and cannot be decrypted: changed, or without its key. Asking for the content tells which.
    Unreadable,
}

/// `GET /api/v1/verdicts/{id}/content`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VerdictContent {
    /// The verdict.
    pub id: Uuid,
    /// What was captured.
    pub content: crate::Content,
}

/// `GET /api/v1/overview?from=&to=`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    /// Range start, microseconds since the Unix epoch.
    pub from: i64,
    /// Range end.
    pub to: i64,
    /// Exchanges in the range.
    pub total: u64,
    /// By verdict state.
    pub by_verdict: BTreeMap<String, u64>,
    /// By action.
    pub by_action: BTreeMap<String, u64>,
    /// Not checked, by reason.
    pub not_checked: BTreeMap<String, u64>,
    /// Exchanges per second over the range.
    pub rate: f64,
    /// Share (0..1) of judged responses that are ungrounded or contradicted.
    pub flagged_share: f64,
    /// Share (0..1) of exchanges that were judged.
    pub coverage: f64,
    /// Judge latency, ms.
    pub judge_ms: Percentiles,
    /// Hold latency, ms.
    pub held_ms: Percentiles,
    /// Total latency, ms.
    pub total_ms: Percentiles,
    /// The same numbers for the period before, for deltas.
    pub previous: Option<PreviousPeriod>,
    /// Top workloads by flagged responses.
    pub workloads: Vec<TopRow>,
    /// Top models by flagged responses.
    pub models: Vec<TopRow>,
    /// Newest flagged verdicts.
    pub newest_flagged: Vec<VerdictItem>,
}

/// The period before the range, same length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PreviousPeriod {
    /// Exchanges.
    pub total: u64,
    /// Flagged share.
    pub flagged_share: f64,
    /// Judge p95, ms.
    pub judge_p95_ms: f64,
    /// Share (0..1) of exchanges that were judged.
    #[serde(default)]
    pub coverage: f64,
    /// Responses blocked or redacted.
    #[serde(default)]
    pub acted: u64,
}

/// Percentiles, milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Percentiles {
    /// Median.
    pub p50: f64,
    /// 95th.
    pub p95: f64,
    /// 99th.
    pub p99: f64,
}

/// A row of a top list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TopRow {
    /// Workload (`namespace/name`) or model.
    pub name: String,
    /// Exchanges.
    pub total: u64,
    /// Ungrounded or contradicted.
    pub flagged: u64,
    /// Mean risk.
    pub mean_risk: f64,
}

/// `GET /api/v1/timeseries?from=&to=&buckets=`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimeSeries {
    /// Bucket width, seconds.
    pub step: u64,
    /// Bucket starts, seconds since the Unix epoch.
    pub t: Vec<i64>,
    /// Counts by verdict state, one value a bucket.
    pub series: BTreeMap<String, Vec<u64>>,
    /// Judge p95 by bucket, ms.
    pub judge_p95_ms: Vec<f64>,
}

/// `GET /api/v1/verdicts/facets`: counts by value for the same filters as the list, but a facet's own filter does not apply to
/// its values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Facets {
    /// Facet → value → count. Facets: `verdict`, `reason`, `action`, `model`, `provider`, `direction`, `workload`.
    pub facets: BTreeMap<String, BTreeMap<String, u64>>,
    /// Verdicts that pass the whole filter.
    #[serde(default)]
    pub total: u64,
    /// The search took too long and only the newest verdicts were counted.
    #[serde(default)]
    pub partial: bool,
}

/// `GET /api/v1/workloads` and `/models`: every one in the range, by flagged responses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TopList {
    /// Range start, microseconds since the Unix epoch.
    pub from: i64,
    /// Range end.
    pub to: i64,
    /// Most flagged first.
    pub items: Vec<TopRow>,
}

/// `GET /api/v1/policy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyView {
    /// Its revision, as in verdicts and heartbeats.
    pub revision: String,
    /// The policy, as the file gave it.
    pub policy: serde_json::Value,
}

/// One proxy instance and its ledger. `GET /api/v1/sidecars` answers an array of them, seen last first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Sidecar {
    /// The instance.
    pub instance: Uuid,
    /// Who.
    pub workload: crate::Workload,
    /// Proxy version.
    pub version: String,
    /// When it started, µs.
    pub started: i64,
    /// Last heartbeat or batch, µs.
    pub last_seen: i64,
    /// Highest seq it says it gave out.
    pub produced: u64,
    /// Stored here.
    pub stored: u64,
    /// Rejected (dead letters).
    pub rejected: u64,
    /// Reported lost, by reason.
    pub lost: BTreeMap<String, u64>,
    /// Not acknowledged yet.
    pub in_flight: u64,
    /// Seqs below the highest acknowledged one that are neither stored nor explained.
    pub unexplained: u64,
    /// (stored + rejected + lost) / produced, 0..1.
    pub completeness: f64,
    /// Applied policy revision.
    pub policy: String,
    /// Exchanges seen and judged.
    pub seen: u64,
    /// Exchanges judged.
    pub judged: u64,
    /// Connections that were not judged, since it started, the most first.
    #[serde(default)]
    pub not_checked: Vec<crate::Unjudged>,
}
