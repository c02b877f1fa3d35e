//! Small cases worked out by hand, and properties against definitions written the slow way.

#![allow(clippy::single_range_in_vec_init, reason = "a list of one range is meant")]

use std::collections::HashSet;
use std::ops::Range;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn point(risk: f64, positive: bool) -> Point {
    Point { risk, positive, flagged: risk >= 0.5, weight: 1.0 }
}

fn points(of: &[(f64, bool)]) -> Vec<Point> {
    of.iter().map(|(risk, positive)| point(*risk, *positive)).collect()
}

fn near(value: Option<f64>, expected: f64) {
    assert!((value.unwrap() - expected).abs() < 1e-12, "{value:?}, not {expected}");
}

#[test]
fn the_area_counts_pairs_and_half_of_ties() {
    // Positives .8 .4, negatives .4 .2: three pairs won, one tied.
    near(auroc(&points(&[(0.8, true), (0.4, true), (0.4, false), (0.2, false)])), 3.5 / 4.0);
    near(auroc(&points(&[(0.1, true), (0.9, false)])), 0.0);
    near(auroc(&points(&[(0.5, true), (0.5, false), (0.5, false)])), 0.5);
    assert_eq!(auroc(&points(&[(0.1, true), (0.9, true)])), None);
    assert_eq!(auroc(&[]), None);
}

#[test]
fn the_interval_holds_the_area_and_is_the_same_every_time() {
    let some: Vec<Point> =
        (0..200).map(|i| point(f64::from(i * 37 % 200) / 200.0, i * 37 % 200 > i % 160)).collect();
    let area = auroc(&some).unwrap();
    let [low, high] = auroc_interval(&some, 1_000).unwrap();
    assert!(low < area && area < high && high - low < 0.2, "{low} {area} {high}");
    assert_eq!(auroc_interval(&some, 1_000), Some([low, high]));
    // Hanley and McNeil (1982) give the standard error in closed form; the bootstrap must agree with it.
    let (p, n) = (some.iter().filter(|p| p.positive).count() as f64, some.len() as f64);
    let (q1, q2) = (area / (2.0 - area), 2.0 * area * area / (1.0 + area));
    let n = n - p;
    let variance = area * (1.0 - area) + (p - 1.0) * (q1 - area * area) + (n - 1.0) * (q2 - area * area);
    let error = (variance / (p * n)).sqrt();
    assert!(((high - low) / (2.0 * 1.96 * error) - 1.0).abs() < 0.25, "{} {error}", high - low);
    assert_eq!(auroc_interval(&points(&[(0.2, false), (0.3, false)]), 1_000), None);
    assert_eq!(auroc_interval(&[], 1_000), None);
    // Half of the resamples of one positive and one negative hold only one class.
    assert_eq!(auroc_interval(&points(&[(0.9, true), (0.1, false)]), 1_000), Some([1.0, 1.0]));
}

#[test]
fn rates_by_hand() {
    let some = points(&[(0.9, true), (0.7, true), (0.6, false), (0.4, true), (0.2, false), (0.1, false)]);
    let rates = Rates::of(&some);
    near(rates.precision(), 2.0 / 3.0);
    near(rates.recall(), 2.0 / 3.0);
    near(rates.f1(), 2.0 / 3.0);
    near(rates.false_positive_rate(), 1.0 / 3.0);
    let clean = Rates::of(&points(&[(0.1, false), (0.2, false)]));
    assert_eq!((clean.precision(), clean.recall(), clean.f1()), (None, None, None));
    near(clean.false_positive_rate(), 0.0);
    near(Rates::of(&points(&[(0.1, true)])).f1(), 0.0);
    near(Rates::counted(3, 1, 2).f1(), 6.0 / 9.0);
}

#[test]
fn weights_count_like_copies() {
    let weighted = [
        Point { weight: 3.0, ..point(0.9, true) },
        Point { weight: 2.0, ..point(0.6, false) },
        point(0.3, true),
    ];
    let copies: Vec<Point> = weighted
        .iter()
        .flat_map(|p| std::iter::repeat_n(Point { weight: 1.0, ..*p }, p.weight as usize))
        .collect();
    assert_eq!(Rates::of(&weighted), Rates::of(&copies));
    near(ece(&weighted), ece(&copies).unwrap());
    assert_eq!(best_f1(&weighted).map(|b| b.f1), best_f1(&copies).map(|b| b.f1));
}

#[test]
fn the_best_threshold_flags_equal_risks_together() {
    // Flagging .8: P 1, R 1/3. Flagging .4, too: P 3/4, R 1.
    let best =
        best_f1(&points(&[(0.8, true), (0.4, true), (0.4, false), (0.4, true), (0.1, false)])).unwrap();
    assert!((best.f1 - 6.0 / 7.0).abs() < 1e-12 && best.threshold == 0.4, "{best:?}");
    assert_eq!(best_f1(&points(&[(0.8, false)])), None);
}

#[test]
fn calibration_by_hand() {
    // Bin 0: risks .05 .05, one of two positive, gap .45. Bin 9: .95 and 1.0, both positive, gap .025.
    let some = points(&[(0.05, true), (0.05, false), (0.95, true), (1.0, true)]);
    near(ece(&some), 0.5 * 0.45 + 0.5 * 0.025);
    let bins = bins(&some);
    assert_eq!(bins.map(|bin| bin.count), [2, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    near(bins[9].mean_risk(), 0.975);
    assert_eq!(bins[4].observed(), None);
    assert_eq!(ece(&[]), None);
}

#[test]
fn characters_are_counted_over_all_responses() {
    let mut overlap = Overlap::default();
    assert_eq!((overlap.precision(), overlap.recall(), overlap.f1()), (None, None, None));
    // 10 marked, 8 labelled, 3 both; the marks overlap each other.
    overlap.add(vec![5..10, 0..6], vec![7..15]);
    near(overlap.precision(), 3.0 / 10.0);
    near(overlap.recall(), 3.0 / 8.0);
    near(overlap.f1(), 6.0 / 18.0);
    overlap.add(vec![], vec![0..2]);
    near(overlap.recall(), 3.0 / 10.0);
    overlap.add(vec![0..10], vec![]);
    near(overlap.precision(), 3.0 / 20.0);
}

#[test]
fn times_are_some_that_were_measured() {
    let ms = |n: u64| Duration::from_millis(n);
    assert_eq!(spread((1..=100).rev().map(ms).collect()), Spread { p50: Some(50.0), p99: Some(99.0) });
    assert_eq!(spread(vec![ms(7)]), Spread { p50: Some(7.0), p99: Some(7.0) });
    assert_eq!(spread(vec![]), Spread::default());
}

/// Risks on a coarse grid, so that ties happen.
fn some_points() -> impl Strategy<Value = Vec<Point>> {
    proptest::collection::vec((0u8..=20, any::<bool>()), 0..60).prop_map(|all| {
        all.into_iter().map(|(risk, positive)| point(f64::from(risk) / 20.0, positive)).collect()
    })
}

fn some_ranges() -> impl Strategy<Value = Vec<Range<usize>>> {
    proptest::collection::vec(
        (0usize..80, 0usize..20).prop_map(|(start, length)| start..start + length),
        0..8,
    )
}

proptest! {
    #[test]
    fn the_area_is_the_share_of_pairs(points in some_points()) {
        let (mut pairs, mut won) = (0u32, 0.0);
        for p in points.iter().filter(|p| p.positive) {
            for n in points.iter().filter(|p| !p.positive) {
                pairs += 1;
                won += if p.risk > n.risk { 1.0 } else if p.risk == n.risk { 0.5 } else { 0.0 };
            }
        }
        match auroc(&points) {
            None => prop_assert_eq!(pairs, 0),
            Some(area) => prop_assert!((area - won / f64::from(pairs)).abs() < 1e-9),
        }
    }

    #[test]
    fn no_threshold_is_better_than_the_best(points in some_points()) {
        let at = |threshold: f64| {
            let flagged: Vec<Point> =
                points.iter().map(|p| Point { flagged: p.risk >= threshold, ..*p }).collect();
            Rates::of(&flagged).f1().unwrap_or(0.0)
        };
        let most = points.iter().map(|p| at(p.risk)).fold(0.0, f64::max);
        match best_f1(&points) {
            None => prop_assert!(points.iter().all(|p| !p.positive)),
            Some(best) => {
                prop_assert!((best.f1 - most).abs() < 1e-9);
                prop_assert!((at(best.threshold) - most).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn characters_are_those_of_the_sets(responses in proptest::collection::vec((some_ranges(), some_ranges()), 0..5)) {
        let set = |ranges: &[Range<usize>]| ranges.iter().cloned().flatten().collect::<HashSet<usize>>();
        let (mut overlap, mut both, mut predicted, mut labelled) = (Overlap::default(), 0, 0, 0);
        for (marks, labels) in responses {
            let (m, l) = (set(&marks), set(&labels));
            (both, predicted, labelled) = (both + m.intersection(&l).count(), predicted + m.len(), labelled + l.len());
            overlap.add(marks, labels);
        }
        prop_assert_eq!(overlap.precision(), share(both as f64, predicted as f64));
        prop_assert_eq!(overlap.recall(), share(both as f64, labelled as f64));
    }

    #[test]
    fn calibration_is_a_mean_distance(points in some_points()) {
        // The definition, bin by bin; a risk on a bin's edge belongs to the upper bin.
        let mut sum = 0.0;
        for bin in 0..BINS {
            let inside = |p: &&Point| ((p.risk * 10.0).floor() as usize).min(9) == bin;
            let here: Vec<&Point> = points.iter().filter(inside).collect();
            let n = here.len() as f64;
            if n > 0.0 {
                let risk = here.iter().map(|p| p.risk).sum::<f64>() / n;
                let observed = here.iter().filter(|p| p.positive).count() as f64 / n;
                sum += n / points.len() as f64 * (risk - observed).abs();
            }
        }
        match ece(&points) {
            None => prop_assert!(points.is_empty()),
            Some(ece) => prop_assert!((ece - sum).abs() < 1e-9 && (0.0..=1.0).contains(&ece)),
        }
    }

    #[test]
    fn the_interval_is_ordered_and_between_0_and_1(points in some_points()) {
        match auroc_interval(&points, 50) {
            None => prop_assert!(auroc(&points).is_none()),
            Some([low, high]) => prop_assert!(0.0 <= low && low <= high && high <= 1.0),
        }
    }
}
