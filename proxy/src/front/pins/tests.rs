use super::*;

#[test]
fn a_host_is_left_alone_after_some_refusals_in_a_row_and_tried_again_later() {
    let (pins, now) = (Pins::default(), Instant::now());
    for _ in 0..REFUSALS {
        assert!(!pins.pinned("llm.test", now));
        pins.refused("llm.test", now);
    }
    assert!(pins.pinned("llm.test", now));
    assert!(!pins.pinned("other.test", now));
    assert!(!pins.pinned("llm.test", now + LEFT_ALONE), "tried again");
    pins.refused("llm.test", now + LEFT_ALONE);
    assert!(pins.pinned("llm.test", now + LEFT_ALONE), "one more refusal is enough then");
    pins.trusted("llm.test");
    assert!(!pins.pinned("llm.test", now + LEFT_ALONE));
}

#[test]
fn any_number_of_hosts_takes_bounded_memory() {
    let (pins, now) = (Pins::default(), Instant::now());
    for n in 0..3 * HOSTS {
        pins.refused(&format!("h{n}.test"), now);
    }
    assert_eq!(pins.0.lock().len(), HOSTS);
    pins.refused("late.test", now + LEFT_ALONE);
    assert_eq!(pins.0.lock().len(), 1, "what has grown old makes room");
}
