//! Whether a risk of 0.3 means that three in ten are unsupported.

use super::{Point, share};

/// Bins of equal width over 0..1.
pub(in crate::eval) const BINS: usize = 10;

/// The points whose risk lies in one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::eval) struct Bin {
    /// How many.
    pub(in crate::eval) count: usize,
    weight: f64,
    risk: f64,
    positive: f64,
}

impl Bin {
    /// Mean risk.
    pub(in crate::eval) fn mean_risk(&self) -> Option<f64> {
        share(self.risk, self.weight)
    }

    /// Share of positives.
    pub(in crate::eval) fn observed(&self) -> Option<f64> {
        share(self.positive, self.weight)
    }
}

/// The bins; the last one holds a risk of 1, too.
pub(in crate::eval) fn bins(points: &[Point]) -> [Bin; BINS] {
    let mut bins = [Bin::default(); BINS];
    for point in points {
        let bin = &mut bins[((point.risk * BINS as f64) as usize).min(BINS - 1)];
        bin.count += 1;
        bin.weight += point.weight;
        bin.risk += point.weight * point.risk;
        bin.positive += if point.positive { point.weight } else { 0.0 };
    }
    bins
}

/// Expected calibration error (Naeini et al. 2015): the distance between mean risk and share of positives, averaged over the bins
/// by what they hold.
pub(in crate::eval) fn ece(points: &[Point]) -> Option<f64> {
    let bins = bins(points);
    let gap: f64 = bins.iter().map(|bin| (bin.positive - bin.risk).abs()).sum();
    share(gap, bins.iter().map(|bin| bin.weight).sum())
}
