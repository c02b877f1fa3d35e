//! From the sidecar to the control plane.
//!
//! `POST /api/v1/ingest/verdicts` takes a [`Batch`] (JSON, optionally zstd or gzip) and answers with a [`BatchReply`] after the
//! commit: the commit is the acknowledgement. `POST /api/v1/sidecar/heartbeat` takes a [`Heartbeat`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Verdicts of one instance, in order of `seq`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Batch {
    /// The instance; equals every event's.
    pub instance: Uuid,
    /// The events. Raw JSON values, so that one bad event does not fail the batch.
    pub events: Vec<serde_json::Value>,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchReply {
    /// Stored now.
    pub accepted: u64,
    /// Stored before.
    pub duplicate: u64,
    /// Not storable; they count as delivered and are kept as dead letters.
    pub rejected: Vec<Rejected>,
    /// Every `seq` up to here is stored, rejected or reported lost.
    pub acked_seq: u64,
    /// Wait this long before the next batch.
    #[serde(default)]
    pub backoff_ms: u64,
}

/// An event that could not be stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rejected {
    /// Its position in the batch.
    pub index: usize,
    /// Its seq, when readable.
    pub seq: Option<u64>,
    /// What was wrong, naming the field; holds no content.
    pub error: String,
}

/// Why a verdict was lost before it reached the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LossReason {
    /// The spool was at its cap.
    SpoolFull,
    /// A spool segment failed its checksum after a crash.
    Corrupt,
    /// The disk refused the write.
    WriteFailed,
    /// The disk was too slow: the queue in front of the spool was full.
    QueueFull,
    /// The control plane refused it, and no retry would change that.
    Refused,
}

impl LossReason {
    /// Every reason.
    pub const ALL: [Self; 5] =
        [Self::SpoolFull, Self::Corrupt, Self::WriteFailed, Self::QueueFull, Self::Refused];

    /// The name used in metrics and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SpoolFull => "spool_full",
            Self::Corrupt => "corrupt",
            Self::WriteFailed => "write_failed",
            Self::QueueFull => "queue_full",
            Self::Refused => "refused",
        }
    }
}

/// Why connections to a model that was to be judged, or may have been, were not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnjudgedReason {
    /// The client refused the certificate that we showed for a listed host: its connection failed.
    TlsPinned,
    /// The client would have, as those before it: its connection passed unread.
    TlsPinnedPassed,
    /// A listed host for which the authority may not sign: it was listed after the authority was made.
    NotPermitted,
    /// A known provider that is not listed.
    NotListed,
    /// TLS without a host name.
    NoName,
    /// TLS of which the true host name may be encrypted.
    EncryptedName,
    /// TLS of which the ClientHello could not be read.
    UnreadableHello,
    /// A reason that this version does not know.
    #[serde(other)]
    Other,
}

/// Connections that were not judged, since the instance started. They are counted by what the operator wrote, never by what a client
/// said: a sidecar has as many of these as its list is long, at most some times over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unjudged {
    /// The entry of the sidecar's list that the host is of, or a known provider's; `other` where there is none.
    pub host: String,
    /// Why.
    pub reason: UnjudgedReason,
    /// How many.
    pub connections: u64,
}

impl Unjudged {
    /// As [`Unjudged::host`] says of hosts that are of no list.
    pub const OTHER: &str = "other";
}

/// Sent every few seconds; how the ledger adds up: produced = stored + reported lost + in flight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Heartbeat {
    /// The instance.
    pub instance: Uuid,
    /// When it started, microseconds since the Unix epoch.
    pub started: i64,
    /// Version of the proxy.
    pub version: String,
    /// Who.
    pub workload: crate::Workload,
    /// Highest `seq` that is settled: on disk or lost. A `seq` still in memory is not in it, so that a sidecar which is
    /// killed does not leave seqs behind that nobody can account for.
    pub produced: u64,
    /// Lost, by reason, cumulative.
    pub lost: BTreeMap<LossReason, u64>,
    /// The seqs lost, as closed ranges, so that gaps can be explained one by one.
    pub lost_ranges: Vec<(u64, u64)>,
    /// In the spool, not acknowledged.
    pub in_flight: u64,
    /// Bytes in the spool.
    pub spool_bytes: u64,
    /// The policy revision that is applied.
    pub policy: String,
    /// Exchanges seen.
    pub seen: u64,
    /// Exchanges judged.
    pub judged: u64,
    /// Connections that were not judged, cumulative; absent from proxies that catch nothing or are older.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_checked: Vec<Unjudged>,
    /// What it says of the control plane's policy bundle. Absent from sidecars that know of none, and for earlier instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<crate::BundleReport>,
}

/// The answer to a heartbeat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HeartbeatReply {
    /// Every `seq` up to here is stored, rejected or reported lost.
    pub acked_seq: u64,
    /// Seqs below the highest known one that are neither stored nor explained.
    pub unexplained: u64,
    /// The revision of the policy that the control plane shows.
    pub policy: String,
    /// The revision of the newest policy bundle; 0: there is none. A sidecar that has an older one fetches it, also when its waiting
    /// question was lost on the way.
    #[serde(default)]
    pub bundle: u64,
}
