//! Metrics of judging.

use agentguard_api::VerdictEvent;
use agentguard_redact::Kind;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry};

/// Seconds in the judge. Rules take tens of microseconds, the encoder tens of milliseconds a sentence.
const JUDGE_BUCKETS: [f64; 12] = [25e-6, 1e-4, 25e-5, 5e-4, 1e-3, 25e-4, 5e-3, 1e-2, 25e-3, 0.1, 0.5, 2.5];
/// Seconds that the longest-held byte of a response waited: from one sentence's judging to a whole answer's writing.
const HOLD_BUCKETS: [f64; 12] = [1e-4, 1e-3, 5e-3, 1e-2, 25e-3, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// Counters of exchanges with LLM endpoints.
pub(crate) struct JudgeMetrics {
    seen: IntCounterVec,
    judged: IntCounterVec,
    not_judged: IntCounterVec,
    verdicts: IntCounterVec,
    judge_seconds: Histogram,
    hold_seconds: Histogram,
    redactions: IntCounterVec,
    /// Answers whose text was too large to be captured.
    pub(crate) content_too_large: IntCounter,
    /// Turns of Realtime sessions that were let go.
    pub(crate) forgotten: IntCounter,
}

impl JudgeMetrics {
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name: &str, help: &str, labels: &[&str]| -> prometheus::Result<IntCounterVec> {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let histogram = |name: &str, help: &str, buckets: &[f64]| -> prometheus::Result<Histogram> {
            let histogram = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?;
            registry.register(Box::new(histogram.clone()))?;
            Ok(histogram)
        };
        let forgotten = IntCounter::new(
            "agentguard_realtime_turns_forgotten_total",
            "Turns of Realtime sessions that were let go to keep within the limit of evidence",
        )?;
        registry.register(Box::new(forgotten.clone()))?;
        let content_too_large = IntCounter::new(
            "agentguard_content_too_large_total",
            "Answers whose text was too large to be captured",
        )?;
        registry.register(Box::new(content_too_large.clone()))?;
        Ok(Self {
            forgotten,
            content_too_large,
            redactions: counter(
                "agentguard_redactions_total",
                "What was replaced in captured content before it left, by kind (`own`: by a pattern of the policy's)",
                &["kind"],
            )?,
            seen: counter("agentguard_exchanges_total", "Exchanges with LLM endpoints", &["direction"])?,
            judged: counter(
                "agentguard_exchanges_judged_total",
                "Exchanges that were judged",
                &["direction"],
            )?,
            not_judged: counter(
                "agentguard_exchanges_not_judged_total",
                "Exchanges that were not judged, by reason",
                &["reason"],
            )?,
            verdicts: counter(
                "agentguard_verdicts_total",
                "Verdicts by state and by what was done",
                &["verdict", "action"],
            )?,
            judge_seconds: histogram(
                "agentguard_judge_seconds",
                "Seconds in the judge per exchange, evidence preparation included",
                &JUDGE_BUCKETS,
            )?,
            hold_seconds: histogram(
                "agentguard_hold_seconds",
                "Seconds that the longest-held byte of a response waited",
                &HOLD_BUCKETS,
            )?,
        })
    }

    /// An exchange ended in this event.
    pub(crate) fn ended(&self, event: &VerdictEvent) {
        self.seen.with_label_values(&[event.direction.as_str()]).inc();
        match event.reason {
            None => {
                self.judged.with_label_values(&[event.direction.as_str()]).inc();
                self.judge_seconds.observe(event.latency.judge_ms / 1e3);
            }
            Some(reason) => self.not_judged.with_label_values(&[reason.as_str()]).inc(),
        }
        if event.latency.held_ms > 0.0 {
            self.hold_seconds.observe(event.latency.held_ms / 1e3);
        }
        self.verdicts.with_label_values(&[event.verdict.as_str(), event.action.as_str()]).inc();
    }

    /// This was taken out of the event. Names of the policy's patterns are no labels: anybody may choose them.
    pub(crate) fn redacted(&self, event: &VerdictEvent) {
        for (name, count) in &event.redactions {
            let kind = Kind::NAMED.into_iter().map(Kind::as_str).find(|kind| kind == name);
            self.redactions.with_label_values(&[kind.unwrap_or("own")]).inc_by(*count);
        }
    }
}
