//! Numbers about ingest, and the seed's metrics that are fed from events.

use std::collections::HashSet;

use agentguard_judge::State;
use agentguard_telemetry::metrics::{CALL_SECONDS, INLINE_SECONDS, MetricError, register};
use parking_lot::Mutex;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
};

use crate::names::Named;
use crate::store::Event;

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
    pub(crate) fn new(registry: &Registry) -> Result<Self, MetricError> {
        let by = |name: &str, help: &str, labels: &[&str]| {
            register(registry, IntCounterVec::new(Opts::new(name, help), labels))
        };
        let counter = |name: &str, help: &str| register(registry, IntCounter::new(name, help));
        let commit = HistogramOpts::new("agentguard_ingest_commit_seconds", "Time of a durable commit.");
        let inference = HistogramOpts::new(
            "model_inference_duration_seconds",
            "Time that the judge took for a response, by version of the judge.",
        );
        let metrics = Self {
            events: by(
                "agentguard_ingest_events_total",
                "Verdict events by what became of them.",
                &["result"],
            )?,
            bytes: counter("agentguard_ingest_bytes_total", "Bytes of ingest bodies after decompression.")?,
            refused: by("agentguard_ingest_refused_total", "Batches refused whole, by reason.", &["reason"])?,
            skewed: counter(
                "agentguard_ingest_clock_skew_total",
                "Events whose clock was more than five minutes ahead; filed under the time of arrival.",
            )?,
            commit_seconds: register(registry, Histogram::with_opts(commit.buckets(CALL_SECONDS.to_vec())))?,
            commit_failures: counter(
                "agentguard_ingest_commit_failures_total",
                "Commits that the store refused.",
            )?,
            queue_length: register(
                registry,
                IntGauge::new(
                    "hallucination_detection_queue_length",
                    "Verdict events waiting for their commit.",
                ),
            )?,
            detections: by(
                "hallucination_detections_total",
                "Judged responses by band of risk (low < 0.3 <= medium < 0.7 <= high) and action.",
                &["score", "action"],
            )?,
            inference: register(
                registry,
                HistogramVec::new(inference.buckets(INLINE_SECONDS.to_vec()), &["model"]),
            )?,
            judges: Mutex::new(HashSet::new()),
        };
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
