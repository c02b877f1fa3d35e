//! Precision, recall, F1 and false-positive rate of a decision.

use super::{Point, share};

/// The four cells, by weight.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::eval) struct Rates {
    hits: f64,
    false_alarms: f64,
    missed: f64,
    passed: f64,
}

impl Rates {
    /// Of what the product flags.
    pub(in crate::eval) fn of(points: &[Point]) -> Self {
        let mut rates = Self::default();
        for point in points {
            let cell = match (point.positive, point.flagged) {
                (true, true) => &mut rates.hits,
                (false, true) => &mut rates.false_alarms,
                (true, false) => &mut rates.missed,
                (false, false) => &mut rates.passed,
            };
            *cell += point.weight;
        }
        rates
    }

    /// From counts.
    pub(in crate::eval) fn counted(hits: usize, false_alarms: usize, missed: usize) -> Self {
        Self { hits: hits as f64, false_alarms: false_alarms as f64, missed: missed as f64, passed: 0.0 }
    }

    /// Share of the flagged that are positive.
    pub(in crate::eval) fn precision(&self) -> Option<f64> {
        share(self.hits, self.hits + self.false_alarms)
    }

    /// Share of the positives that are flagged.
    pub(in crate::eval) fn recall(&self) -> Option<f64> {
        share(self.hits, self.hits + self.missed)
    }

    /// Harmonic mean of the two; 0 where nothing is rightly flagged.
    pub(in crate::eval) fn f1(&self) -> Option<f64> {
        share(2.0 * self.hits, 2.0 * self.hits + self.false_alarms + self.missed)
    }

    /// Share of the negatives that are flagged.
    pub(in crate::eval) fn false_positive_rate(&self) -> Option<f64> {
        share(self.false_alarms, self.false_alarms + self.passed)
    }
}

/// The threshold that would have been best on these very answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::eval) struct Best {
    /// F1 there.
    pub(in crate::eval) f1: f64,
    /// Flagged from this risk on.
    pub(in crate::eval) threshold: f64,
}

/// The highest F1 of any threshold on the risk, and the highest such threshold. `None` without a positive.
pub(in crate::eval) fn best_f1(points: &[Point]) -> Option<Best> {
    let mut sorted: Vec<&Point> = points.iter().collect();
    sorted.sort_by(|a, b| b.risk.total_cmp(&a.risk));
    let positive: f64 = points.iter().filter(|p| p.positive).map(|p| p.weight).sum();
    let (mut hits, mut flagged) = (0.0, 0.0);
    let mut best: Option<Best> = None;
    for (at, point) in sorted.iter().enumerate() {
        flagged += point.weight;
        hits += if point.positive { point.weight } else { 0.0 };
        // Equal risks are flagged together.
        if sorted.get(at + 1).is_some_and(|next| next.risk == point.risk) {
            continue;
        }
        let f1 = 2.0 * hits / (flagged + positive);
        if positive > 0.0 && best.is_none_or(|best| f1 > best.f1) {
            best = Some(Best { f1, threshold: point.risk });
        }
    }
    best
}
