use super::*;

const MIN: Duration = Duration::from_millis(100);
const MAX: Duration = Duration::from_secs(2);

#[test]
fn waits_double_up_to_the_bound_and_are_spread_from_zero() {
    for failures in 0..100_u32 {
        let bound = MIN.saturating_mul(1 << failures.min(20)).min(MAX);
        let waits: Vec<Duration> = (0..200)
            .map(|_| {
                let mut backoff = Backoff { failures, ..Backoff::new(MIN, MAX) };
                backoff.next(None)
            })
            .collect();
        assert!(waits.iter().all(|wait| *wait <= bound));
        assert!(waits.iter().any(|wait| *wait < bound / 4) && waits.iter().any(|wait| *wait > bound / 4 * 3));
    }
}

#[test]
fn what_the_server_asks_for_is_the_least() {
    let mut backoff = Backoff::new(MIN, MAX);
    assert!(backoff.next(Some(Duration::from_secs(7))) >= Duration::from_secs(7));
    assert!(backoff.is_first());
    backoff.next(None);
    assert!(!backoff.is_first() && backoff.reset() && !backoff.reset());
}
