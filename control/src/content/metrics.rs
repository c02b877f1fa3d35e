//! Numbers about content.

use agentguard_telemetry::metrics::{MetricError, register};
use prometheus::{IntCounter, Registry};

/// Counters.
pub(super) struct Metrics {
    pub(super) sealed: IntCounter,
    pub(super) revealed: IntCounter,
    pub(super) failed: IntCounter,
}

impl Metrics {
    /// Makes and registers them.
    pub(super) fn new(registry: &Registry) -> Result<Self, MetricError> {
        let counter = |name: &str, help: &str| register(registry, IntCounter::new(name, help));
        Ok(Self {
            sealed: counter(
                "agentguard_content_sealed_total",
                "Contents encrypted before they were stored.",
            )?,
            revealed: counter("agentguard_content_revealed_total", "Contents shown to somebody.")?,
            failed: counter(
                "agentguard_content_failures_total",
                "Contents that could not be decrypted: changed, or stored where they do not belong.",
            )?,
        })
    }
}
