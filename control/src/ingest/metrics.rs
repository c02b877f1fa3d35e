//! Numbers about ingest, and the seed's metrics that are fed from events.

use std::collections::HashSet;

use agentguard_judge::State;
use parking_lot::Mutex;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
};

use crate::names::Named;
use crate::store::Event;

/// A commit is one write and one sync: from a fast disk to one in trouble.
const COMMIT_SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];
/// Rules take microseconds, a model milliseconds, a second opinion seconds.
const INFERENCE_SECONDS: [f64; 12] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];
/// Judges told apart in metrics; later ones are `other`. Their names come from sidecars.
const JUDGES: usize = 32;

/// Counters of ingest.
pub(crate) struct Metrics {
    events: IntCounterVec,
    pub(crate) bytes: IntCounter,
    pub(crate) refused: IntCounterVec,
    pub(crate) skewed: IntCounter,
    pub(crate) commit_seconds: Histogram,
    pub(crate) commit_failures: IntCounter,
    pub(crate) queue_length: IntGauge,
    detections: IntCounterVec,
    inference: HistogramVec,
    judges: Mutex<HashSet<String>>,
}

impl Metrics {
    /// Makes and registers them.
    pub(crate) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            events: IntCounterVec::new(
                Opts::new("agentguard_ingest_events_total", "Verdict events by what became of them."),
                &["result"],
            )?,
            bytes: IntCounter::new(
                "agentguard_ingest_bytes_total",
                "Bytes of ingest bodies after decompression.",
            )?,
            refused: IntCounterVec::new(
                Opts::new("agentguard_ingest_refused_total", "Batches refused whole, by reason."),
                &["reason"],
            )?,
            skewed: IntCounter::new(
                "agentguard_ingest_clock_skew_total",
                "Events whose clock was more than five minutes ahead; filed under the time of arrival.",
            )?,
            commit_seconds: Histogram::with_opts(
                HistogramOpts::new("agentguard_ingest_commit_seconds", "Time of a durable commit.")
                    .buckets(COMMIT_SECONDS.to_vec()),
            )?,
            commit_failures: IntCounter::new(
                "agentguard_ingest_commit_failures_total",
                "Commits that the store refused.",
            )?,
            queue_length: IntGauge::new(
                "hallucination_detection_queue_length",
                "Verdict events waiting for their commit.",
            )?,
            detections: IntCounterVec::new(
                Opts::new(
                    "hallucination_detections_total",
                    "Judged responses by band of risk (low < 0.3 <= medium < 0.7 <= high) and action.",
                ),
                &["score", "action"],
            )?,
            inference: HistogramVec::new(
                HistogramOpts::new(
                    "model_inference_duration_seconds",
                    "Time that the judge took for a response, by version of the judge.",
                )
                .buckets(INFERENCE_SECONDS.to_vec()),
                &["model"],
            )?,
            judges: Mutex::new(HashSet::new()),
        };
        registry.register(Box::new(metrics.events.clone()))?;
        registry.register(Box::new(metrics.bytes.clone()))?;
        registry.register(Box::new(metrics.refused.clone()))?;
        registry.register(Box::new(metrics.skewed.clone()))?;
        registry.register(Box::new(metrics.commit_seconds.clone()))?;
        registry.register(Box::new(metrics.commit_failures.clone()))?;
        registry.register(Box::new(metrics.queue_length.clone()))?;
        registry.register(Box::new(metrics.detections.clone()))?;
        registry.register(Box::new(metrics.inference.clone()))?;
        for result in ["stored", "duplicate", "rejected"] {
            metrics.events.with_label_values(&[result]);
        }
        Ok(metrics)
    }

    /// Counts what a reply says.
    pub(crate) fn count(&self, reply: &agentguard_api::BatchReply) {
        self.events.with_label_values(&["stored"]).inc_by(reply.accepted);
        self.events.with_label_values(&["duplicate"]).inc_by(reply.duplicate);
        self.events.with_label_values(&["rejected"]).inc_by(reply.rejected.len() as u64);
    }

    /// Counts a stored event.
    pub(crate) fn stored(&self, event: &Event) {
        if event.shape.verdict == State::NotChecked {
            return;
        }
        let action = event.shape.action.name();
        if event.shape.verdict != State::Unverifiable {
            self.detections.with_label_values(&[band(event.risk), action]).inc();
        }
        let mut judges = self.judges.lock();
        let judge = if judges.contains(&event.judge) || judges.len() < JUDGES {
            judges.insert(event.judge.clone());
            event.judge.as_str()
        } else {
            "other"
        };
        self.inference.with_label_values(&[judge]).observe(event.latency.judge_ms / 1e3);
    }
}

fn band(risk: f32) -> &'static str {
    match risk {
        r if r < 0.3 => "low",
        r if r < 0.7 => "medium",
        _ => "high",
    }
}
