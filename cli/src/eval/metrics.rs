//! What risks and spans are worth against labels. Pure functions; `None` where a figure is not defined (`0 / 0`).

mod bootstrap;
mod calibration;
mod rank;
mod rates;
mod spans;
mod spread;
#[cfg(test)]
mod tests;

pub(super) use bootstrap::auroc_interval;
pub(super) use calibration::{BINS, Bin, bins, ece};
pub(super) use rank::auroc;
pub(super) use rates::{Rates, best_f1};
pub(super) use spans::Overlap;
pub(super) use spread::{Spread, spread};

/// One judged response or call against its label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// The verdict's risk, 0..1.
    pub(super) risk: f64,
    /// Whether it is labelled as holding something unsupported.
    pub(super) positive: bool,
    /// Whether the product flags it: its state is ungrounded or contradicted.
    pub(super) flagged: bool,
    /// How much it counts; 1 unless a prevalence was asked for.
    pub(super) weight: f64,
}

/// `part / whole`, where there is a whole.
fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}
