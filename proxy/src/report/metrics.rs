//! What the reporter measures.

use agentguard_telemetry::metrics::{CALL_SECONDS, MetricError, register};
use prometheus::{Gauge, Histogram, HistogramOpts, IntCounterVec, Opts, Registry};

/// The reporter's metrics.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    /// By outcome: `stored`, `split`.
    pub(super) batches: IntCounterVec,
    /// By outcome: `accepted`, `duplicate`, `rejected`.
    pub(super) events: IntCounterVec,
    /// By reason.
    pub(super) retries: IntCounterVec,
    /// By outcome: `taken`, `failed`.
    pub(super) heartbeats: IntCounterVec,
    pub(super) ack: Histogram,
    pub(super) oldest: Gauge,
}

impl Metrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, MetricError> {
        let vec = |name, help, label, values: &[&str]| {
            let vec = register(registry, IntCounterVec::new(Opts::new(name, help), &[label]))?;
            for value in values {
                vec.with_label_values(&[value]);
            }
            Ok::<_, MetricError>(vec)
        };
        let ack = HistogramOpts::new(
            "agentguard_report_ack_seconds",
            "From the first try of a batch to its acknowledgement.",
        );
        let oldest = Gauge::new(
            "agentguard_report_oldest_age_seconds",
            "Age of the oldest verdict that waits; 0: none does.",
        );
        Ok(Self {
            batches: vec(
                "agentguard_report_batches_total",
                "Batches that came to an end.",
                "outcome",
                &["stored", "split"],
            )?,
            events: vec(
                "agentguard_report_events_total",
                "Verdicts that the control plane answered for.",
                "outcome",
                &["accepted", "duplicate", "rejected"],
            )?,
            retries: vec(
                "agentguard_report_retries_total",
                "Batches that have to be sent again.",
                "reason",
                &[],
            )?,
            heartbeats: vec(
                "agentguard_report_heartbeats_total",
                "Heartbeats.",
                "outcome",
                &["taken", "failed"],
            )?,
            ack: register(registry, Histogram::with_opts(ack.buckets(CALL_SECONDS.to_vec())))?,
            oldest: register(registry, oldest)?,
        })
    }
}
