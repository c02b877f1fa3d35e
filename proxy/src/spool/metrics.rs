//! What the spool measures.

use agentguard_api::LossReason;
use agentguard_telemetry::metrics::{CALL_SECONDS, MetricError, register};
use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// The spool's metrics.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    pub(super) bytes: IntGauge,
    pub(super) records: IntGauge,
    pub(super) recorded: IntCounter,
    pub(super) lost: IntCounterVec,
    pub(super) trimmed: IntCounter,
    pub(super) errors: IntCounter,
    pub(super) sync: Histogram,
}

impl Metrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, MetricError> {
        let counter = |name, help| register(registry, IntCounter::new(name, help));
        let gauge = |name, help| register(registry, IntGauge::new(name, help));
        let lost =
            Opts::new("agentguard_spool_lost_total", "Verdicts lost before the control plane had them.");
        let lost = register(registry, IntCounterVec::new(lost, &["reason"]))?;
        for reason in LossReason::ALL {
            lost.with_label_values(&[reason.as_str()]);
        }
        let sync =
            HistogramOpts::new("agentguard_spool_sync_seconds", "Writing and syncing a group of verdicts.");
        Ok(Self {
            bytes: gauge("agentguard_spool_bytes", "Bytes of verdicts on disk.")?,
            records: gauge(
                "agentguard_spool_records",
                "Verdicts on disk that the control plane has not acknowledged.",
            )?,
            recorded: counter("agentguard_spool_recorded_total", "Verdicts synced to disk.")?,
            lost,
            trimmed: counter(
                "agentguard_spool_trimmed_total",
                "Verdicts too large for a record, kept without content.",
            )?,
            errors: counter("agentguard_spool_errors_total", "Disk operations of the spool that failed.")?,
            sync: register(registry, Histogram::with_opts(sync.buckets(CALL_SECONDS.to_vec())))?,
        })
    }
}
