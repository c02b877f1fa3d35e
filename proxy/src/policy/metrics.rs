//! What is measured of the policy's way here.

use agentguard_telemetry::metrics::{MetricError, register};
use prometheus::{IntCounterVec, IntGauge, Opts, Registry};

/// The metrics.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    /// By outcome: `applied`, `refused`, `unchanged`, `failed`.
    pub(super) asked: IntCounterVec,
    pub(super) revision: IntGauge,
    pub(super) observe_only: IntGauge,
}

impl Metrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, MetricError> {
        let asked = Opts::new("agentguard_policy_bundle_asked_total", "Questions for the policy bundle.");
        let asked = register(registry, IntCounterVec::new(asked, &["outcome"]))?;
        for outcome in ["applied", "refused", "unchanged", "failed"] {
            asked.with_label_values(&[outcome]);
        }
        let gauge = |name, help| register(registry, IntGauge::new(name, help));
        Ok(Self {
            asked,
            revision: gauge("agentguard_policy_bundle_revision", "Revision of the policy bundle; 0: none.")?,
            observe_only: gauge("agentguard_policy_observe_only", "1: the kill switch is on.")?,
        })
    }
}
