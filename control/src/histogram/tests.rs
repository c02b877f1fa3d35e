use proptest::prelude::*;

use super::{Histogram, MAX_MS};

fn of(values: &[f64]) -> Histogram {
    let mut histogram = Histogram::default();
    values.iter().for_each(|&v| histogram.record(v));
    histogram
}

/// The smallest value with at least q of all values at or below it.
fn exact(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((q * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len()) - 1]
}

#[test]
fn empty_and_odd_values() {
    assert_eq!(Histogram::default().quantile(0.5), 0.0);
    assert_eq!(of(&[0.0, -3.0, f64::NAN]).quantile(1.0), 0.0);
    let high = of(&[f64::INFINITY]).quantile(0.5);
    assert!((high - MAX_MS).abs() / MAX_MS < 0.02, "{high}");
}

#[test]
fn damaged_bytes_are_refused() {
    assert!(Histogram::default().merge_encoded(&[0x80]).is_err());
    assert!(Histogram::default().merge_encoded(&[5]).is_err());
    assert!(Histogram::default().merge_encoded(&[0xff, 0xff, 0xff, 0x7f, 1]).is_err());
}

proptest! {
    #[test]
    fn quantiles_are_within_one_percent(values in prop::collection::vec(0.001f64..100_000.0, 1..300), q in 0.0f64..=1.0) {
        let got = of(&values).quantile(q);
        let want = exact(&values, q);
        prop_assert!((got - want).abs() <= want * 0.010_000_1, "{} for {}", got, want);
    }

    #[test]
    fn merging_is_counting_together(a in prop::collection::vec(0.0f64..1e8, 0..100), b in prop::collection::vec(0.0f64..1e8, 0..100)) {
        let mut merged = of(&a);
        merged.merge(&of(&b));
        let mut from_bytes = Histogram::default();
        from_bytes.merge_encoded(&of(&b).encode()).unwrap();
        from_bytes.merge_encoded(&of(&a).encode()).unwrap();
        let together = of(&[a, b].concat());
        prop_assert_eq!(&merged, &together);
        prop_assert_eq!(&from_bytes, &together);
    }
}
