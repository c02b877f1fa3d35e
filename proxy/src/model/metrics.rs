//! Metrics of the model.

use prometheus::{Histogram, HistogramOpts, IntCounterVec, IntGauge, Opts, Registry};

/// Seconds for the windows read in one go: a short one takes about ten milliseconds of one core, a few long ones 200.
const SECONDS: [f64; 10] = [5e-3, 1e-2, 2e-2, 3e-2, 5e-2, 8e-2, 0.12, 0.2, 0.5, 1.0];

/// Counters of the model.
#[derive(Clone)]
pub(crate) struct Metrics {
    /// Windows that wait.
    pub(super) queue: IntGauge,
    /// Sentences by what came of them: `read`, `overload`, `left` (nobody waits any more), `failed`.
    pub(super) sentences: IntCounterVec,
    pub(super) seconds: Histogram,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let queue = IntGauge::new("agentguard_model_queue_length", "Windows that wait for the model")?;
        registry.register(Box::new(queue.clone()))?;
        let sentences = IntCounterVec::new(
            Opts::new("agentguard_model_sentences_total", "Sentences for the model, by what came of them"),
            &["outcome"],
        )?;
        registry.register(Box::new(sentences.clone()))?;
        let seconds = Histogram::with_opts(
            HistogramOpts::new(
                "agentguard_model_seconds",
                "Seconds that the model took for what it read in one go",
            )
            .buckets(SECONDS.to_vec()),
        )?;
        registry.register(Box::new(seconds.clone()))?;
        Ok(Self { queue, sentences, seconds })
    }
}
