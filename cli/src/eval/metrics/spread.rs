//! Median and 99th percentile of times.

use std::time::Duration;

use serde::Serialize;

/// Milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(in crate::eval) struct Spread {
    /// Median; `None`: nothing was measured.
    pub(in crate::eval) p50: Option<f64>,
    /// 99th percentile.
    pub(in crate::eval) p99: Option<f64>,
}

/// By nearest rank: a time that was measured, with at least that share of the times at or below it.
pub(in crate::eval) fn spread(mut times: Vec<Duration>) -> Spread {
    times.sort_unstable();
    let at = |share: f64| {
        let rank = ((times.len() as f64 * share).ceil() as usize).max(1);
        times.get(rank - 1).map(|time| time.as_secs_f64() * 1_000.0)
    };
    Spread { p50: at(0.5), p99: at(0.99) }
}
