//! Area under the receiver operating characteristic: the chance that a positive has the higher risk of a random pair.

use super::Point;

/// The area, ties counting one half (Mann and Whitney's U over the number of pairs). `None` unless both classes are there.
/// Weights are left aside: those of a prevalence are the same within a class, and the area does not depend on them.
pub(in crate::eval) fn auroc(points: &[Point]) -> Option<f64> {
    let counts = vec![1; points.len()];
    Ranked::new(points).area(&counts)
}

/// The order of the points by risk, made once for any number of resamples.
pub(super) struct Ranked {
    /// Index and class of each point, by rising risk.
    order: Vec<(usize, bool)>,
    /// One past the last place of each group of equal risks.
    ends: Vec<usize>,
}

impl Ranked {
    pub(super) fn new(points: &[Point]) -> Self {
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_by(|a, b| points[*a].risk.total_cmp(&points[*b].risk));
        let differs = |at: usize| at == order.len() || points[order[at]].risk != points[order[at - 1]].risk;
        let ends = (1..=order.len()).filter(|at| differs(*at)).collect();
        Self { order: order.iter().map(|at| (*at, points[*at].positive)).collect(), ends }
    }

    /// The area with point `i` there `counts[i]` times.
    pub(super) fn area(&self, counts: &[u32]) -> Option<f64> {
        let (mut positives, mut negatives, mut won) = (0u64, 0u64, 0u64);
        let mut start = 0;
        for end in &self.ends {
            let (mut here, mut clean) = (0u64, 0u64);
            for (at, positive) in &self.order[start..*end] {
                *(if *positive { &mut here } else { &mut clean }) += u64::from(counts[*at]);
            }
            // In halves of a pair, so that ties stay whole numbers.
            won += here * (2 * negatives + clean);
            positives += here;
            negatives += clean;
            start = *end;
        }
        let pairs = 2 * positives * negatives;
        (pairs > 0).then(|| won as f64 / pairs as f64)
    }
}
