//! What every metric needs: buckets that were thought about, registration, the text exposition. The metrics themselves
//! stand beside what they measure.

use prometheus::core::Collector;
use prometheus::{Encoder, Registry, TextEncoder};

/// The content type of [`exposition`].
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// Seconds; what is added to an exchange in memory: parsing, rules, a hold. The targets are 0.3 ms at the median and 1 ms
/// at p99, so most buckets lie around them; the last ones show a hold budget running out.
pub const INLINE_SECONDS: &[f64] = &[
    0.000_05, 0.000_1, 0.000_2, 0.000_3, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
];

/// Seconds; a call over the network between our own parts: a local commit takes milliseconds, a time-out 10 s.
pub const CALL_SECONDS: &[f64] =
    &[0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Seconds; a whole exchange with a model: first bytes after a few hundred milliseconds, long answers after minutes.
pub const EXCHANGE_SECONDS: &[f64] =
    &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0];

/// Bytes of a body: from a short question to the 100 MB that is refused.
pub const BODY_BYTES: &[f64] =
    &[256.0, 1024.0, 4096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 8_388_608.0, 67_108_864.0];

/// Why a metric could not be had. A mistake in the code: a bad name, or one name registered twice in one registry.
#[derive(Debug, thiserror::Error)]
#[error("cannot register a metric: {0}")]
pub struct MetricError(#[from] prometheus::Error);

/// Registers what a constructor made: `register(registry, IntCounter::new("…", "…"))`.
///
/// # Errors
/// The constructor's, or the name is taken.
pub fn register<C: Collector + Clone + 'static>(
    registry: &Registry,
    metric: prometheus::Result<C>,
) -> Result<C, MetricError> {
    let metric = metric?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

/// Everything in the registry in the text format.
///
/// # Errors
/// Two metrics of one name differ in kind or labels.
pub fn exposition(registry: &Registry) -> Result<String, MetricError> {
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests;
