use prometheus::{Histogram, HistogramOpts, IntCounter};

use super::*;

#[test]
fn registered_metrics_are_exposed() {
    let registry = Registry::new();
    register(&registry, IntCounter::new("a_total", "Counts.")).unwrap().inc_by(3);
    let opts = HistogramOpts::new("b_seconds", "Times.").buckets(CALL_SECONDS.to_vec());
    register(&registry, Histogram::with_opts(opts)).unwrap().observe(0.02);
    let text = exposition(&registry).unwrap();
    assert!(text.contains("# HELP a_total Counts.\n# TYPE a_total counter\na_total 3\n"), "{text}");
    assert!(text.contains("b_seconds_bucket{le=\"0.025\"} 1\n"), "{text}");
}

#[test]
fn a_name_is_registered_once() {
    let registry = Registry::new();
    register(&registry, IntCounter::new("a_total", "Counts.")).unwrap();
    assert!(register(&registry, IntCounter::new("a_total", "Counts.")).is_err());
}

#[test]
fn buckets_rise() {
    for buckets in [INLINE_SECONDS, CALL_SECONDS, EXCHANGE_SECONDS, BODY_BYTES] {
        assert!(buckets.windows(2).all(|pair| pair[0] < pair[1]), "{buckets:?}");
    }
}
