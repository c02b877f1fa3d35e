//! One verdict as it is reported, stored and shown.

use std::collections::BTreeMap;

use agentguard_judge::evidence::SourceKind;
use agentguard_judge::{NotChecked, Signal, Span, State};
use agentguard_policy::{Action, Delivery, Direction};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// One judged (or not judged) exchange. Holds no content unless `content` is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VerdictEvent {
    /// UUIDv7; the `x-agentguard-id` of the exchange.
    pub id: Uuid,
    /// The proxy instance (new at every start).
    pub instance: Uuid,
    /// Gapless within the instance, from 1.
    pub seq: u64,
    /// When the exchange began, microseconds since the Unix epoch.
    pub ts: i64,
    /// Which way.
    pub direction: Direction,
    /// Provider's name; empty inbound.
    #[serde(default)]
    pub provider: String,
    /// Host asked for.
    #[serde(default)]
    pub host: String,
    /// Path without query.
    #[serde(default)]
    pub path: String,
    /// Wire format, or empty when unknown.
    #[serde(default)]
    pub dialect: String,
    /// Model that answered, else the model asked for.
    #[serde(default)]
    pub model: String,
    /// Provider's id of the response, or empty.
    #[serde(default)]
    pub response_id: String,
    /// Whether the answer was streamed.
    #[serde(default)]
    pub stream: bool,
    /// HTTP status of the provider's answer; 0 when none came.
    #[serde(default)]
    pub status: u16,
    /// The verdict's state.
    pub verdict: State,
    /// Why not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<NotChecked>,
    /// Risk, 0..1.
    pub risk: f32,
    /// What was done to this response (`observe` when nothing was).
    pub action: Action,
    /// What the policy would have done, when it ran as shadow or the threshold was not reached in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would: Option<Action>,
    /// How it was delivered.
    pub mode: Delivery,
    /// Spans.
    #[serde(default)]
    pub spans: Vec<Span>,
    /// Sentences judged.
    #[serde(default)]
    pub sentences: u32,
    /// Signals that ran.
    #[serde(default)]
    pub signals: Vec<Signal>,
    /// One plain sentence.
    #[serde(default)]
    pub explanation: String,
    /// Version of rules and weights.
    #[serde(default)]
    pub judge: String,
    /// The policy's revision.
    #[serde(default)]
    pub policy: String,
    /// The rule that matched.
    #[serde(default)]
    pub rule: String,
    /// The risk from which the rule takes something for found (`thresholds.warn`). Spans below it are weak signals that flagged nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// Where time went.
    #[serde(default)]
    pub latency: Latency,
    /// Input tokens, when reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Output tokens, when reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// W3C trace id, when the request carried one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// Inbound: how the agent's own calls were found whose evidence the reply was held against. Absent when none were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Correlation>,
    /// Who.
    #[serde(default)]
    pub workload: Workload,
    /// What was replaced in content and names before they left the sidecar: how often, by kind (`api_key`, `token`, `private_key`,
    /// `password`, `email`, `card`, `iban`, or the name of a pattern of the policy's).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub redactions: BTreeMap<String, u64>,
    /// Text and evidence, only when the policy captures it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
}

/// How an agent's reply was matched with the calls that the agent made for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Correlation {
    /// Both carried the same W3C trace id.
    Trace,
    /// They ran at the same time: a guess, wrong when the agent serves several requests at once.
    Overlap,
}

/// Milliseconds, fractional.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Latency {
    /// Whole exchange, first request byte to last response byte.
    pub total_ms: f64,
    /// Until the provider's first response byte.
    pub first_byte_ms: f64,
    /// Spent in the judge, evidence preparation included.
    pub judge_ms: f64,
    /// The longest that any byte of the response was held.
    pub held_ms: f64,
}

/// The workload that the proxy stands beside. Empty strings where not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Workload {
    /// Kubernetes namespace.
    #[serde(default)]
    pub namespace: String,
    /// Deployment, StatefulSet, Job, … or the name given by `--workload`.
    #[serde(default)]
    pub name: String,
    /// Pod.
    #[serde(default)]
    pub pod: String,
}

/// Captured content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Content {
    /// The response text of each choice, as the provider sent it but for what was redacted: `[redacted:KIND]` stands there, and the
    /// spans' offsets count in this text.
    #[serde(default)]
    pub texts: Vec<String>,
    /// Tool calls of all choices: `[choice, call]` by order, as `name(arguments)` parts.
    #[serde(default)]
    pub tool_calls: Vec<CapturedCall>,
    /// The evidence, so that spans can be shown beside it.
    #[serde(default)]
    pub evidence: Vec<ContentSource>,
    /// Instead of all these, when the policy captures hashes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashes: Option<ContentHashes>,
}

/// What stands for content under `capture: hash`. The spans' offsets count in the texts that were hashed, before any redaction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContentHashes {
    /// Which key: 16 hexadecimal digits that tell nothing about it. Hashes under different keys cannot be compared.
    pub key: String,
    /// Of the response text of each choice.
    pub texts: Vec<TextHash>,
    /// Of the tool calls of all choices.
    #[serde(default)]
    pub tool_calls: Vec<CallHash>,
    /// Of the evidence.
    #[serde(default)]
    pub evidence: Vec<SourceHash>,
}

/// A text's keyed hash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TextHash {
    /// HMAC-SHA-256 over the text in UTF-8, 64 hexadecimal digits.
    pub hmac: String,
    /// Its length in Unicode scalar values.
    pub chars: u64,
}

/// A tool call's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallHash {
    /// Which answer.
    pub choice: u32,
    /// Which call.
    pub call: u32,
    /// Function name.
    pub name: String,
    /// Of the arguments.
    pub arguments: TextHash,
}

/// An evidence source's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceHash {
    /// Its label, as in a span's evidence.
    pub label: String,
    /// What it is.
    pub kind: SourceKind,
    /// Of its text.
    pub text: TextHash,
}

/// A captured tool call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CapturedCall {
    /// Which answer.
    pub choice: u32,
    /// Which call.
    pub call: u32,
    /// Function name.
    pub name: String,
    /// Arguments, JSON text.
    pub arguments: String,
}

/// A captured evidence source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContentSource {
    /// Its label, as in a span's evidence.
    pub label: String,
    /// What it is.
    pub kind: SourceKind,
    /// Its text.
    pub text: String,
}
