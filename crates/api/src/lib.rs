//! What proxy, control plane and webhook say to each other: serde types, versioned with the path (`/api/v1`).

pub mod bundle;
pub mod ingest;
pub mod policies;
pub mod problem;
pub mod query;
pub mod verdict;

pub use bundle::{Bundle, BundleReport, BundleState, Envelope};
pub use ingest::{
    Batch, BatchReply, Heartbeat, HeartbeatReply, LossReason, Rejected, Unjudged, UnjudgedReason,
};
pub use problem::Problem;
pub use verdict::{Content, ContentSource, Correlation, Latency, VerdictEvent, Workload};
