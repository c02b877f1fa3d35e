//! What all requests of a proxy share.

use std::sync::Arc;

use agentguard_api::Workload;
use agentguard_policy::Policy;
use arc_swap::ArcSwap;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::dns::Dns;
use crate::exchange::content::Hasher;
use crate::exchange::context::Contexts;
use crate::exchange::metrics::JudgeMetrics;
use crate::metrics::Metrics;
use crate::model::Pool;
use crate::{Limits, Recorder, Timeouts};

/// Shared by every listener.
pub(crate) struct Shared {
    pub(crate) policy: Arc<ArcSwap<Policy>>,
    pub(crate) recorder: Arc<dyn Recorder>,
    pub(crate) workload: Workload,
    /// For `capture: hash`.
    pub(crate) hasher: Hasher,
    pub(crate) timeouts: Timeouts,
    /// Names to addresses.
    pub(crate) dns: Dns,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) judge_metrics: JudgeMetrics,
    /// Places for exchanges.
    pub(crate) exchanges: Arc<Semaphore>,
    /// Places for exchanges that are judged.
    pub(crate) judged: Arc<Semaphore>,
    /// The trained model; `None`: the rules judge alone.
    pub(crate) model: Option<Arc<Pool>>,
    /// What agents see in their calls; `None` without an inbound listener.
    pub(crate) contexts: Option<Arc<Contexts>>,
    /// Verdicts that come after their answers; a drain waits for them.
    pub(crate) late: TaskTracker,
    /// Cancelled at the end of the drain: whatever still runs is cut.
    pub(crate) cut: CancellationToken,
}
