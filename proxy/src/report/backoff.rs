//! How long to wait after failures: exponential with full jitter, so that sidecars that lost one control plane do not come
//! back to it together.

use std::time::Duration;

/// Doubling stops to matter long before.
const MAX_DOUBLINGS: u32 = 20;

/// The waits of one series of failures.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    failures: u32,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration) -> Self {
        Self { min, max, failures: 0 }
    }

    /// The next wait: anything up to the bound that doubles with each failure, but not less than what was asked for.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let bound = self.min.saturating_mul(1 << self.failures.min(MAX_DOUBLINGS)).min(self.max);
        self.failures += 1;
        bound.mul_f64(rand::random::<f64>()).max(asked.unwrap_or_default())
    }

    /// It worked. True: it had not, before.
    pub(crate) fn reset(&mut self) -> bool {
        std::mem::take(&mut self.failures) > 0
    }

    /// Whether the last wait was the first of its series.
    pub(crate) fn is_first(&self) -> bool {
        self.failures == 1
    }
}

#[cfg(test)]
mod tests;
