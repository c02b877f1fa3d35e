use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Ledger, MAX_RANGES};

fn of(ranges: &[(u64, u64)]) -> Ledger {
    let mut ledger = Ledger::default();
    ranges.iter().for_each(|&(start, end)| ledger.insert(start, end));
    ledger
}

#[test]
fn in_order_is_one_range() {
    let ledger = of(&[(1, 10), (11, 20), (21, 21)]);
    assert_eq!((ledger.acked(), ledger.unexplained(), ledger.ranges.len()), (21, 0, 1));
}

#[test]
fn a_gap_holds_the_acknowledgement_back_until_it_is_filled() {
    let mut ledger = of(&[(1, 10), (15, 20)]);
    assert_eq!((ledger.acked(), ledger.unexplained()), (10, 4));
    ledger.insert(11, 14);
    assert_eq!((ledger.acked(), ledger.unexplained()), (20, 0));
    assert_eq!(of(&[(5, 6)]).acked(), 0);
    assert_eq!(of(&[(5, 6)]).unexplained(), 4);
}

#[test]
fn the_number_of_ranges_is_bounded_and_nothing_missing_is_forgiven() {
    let mut ledger = Ledger::default();
    let every_other = (MAX_RANGES as u64) * 3;
    for i in 1..=every_other {
        ledger.insert(i * 2, i * 2);
    }
    assert_eq!(ledger.ranges.len(), MAX_RANGES);
    assert_eq!(ledger.unexplained(), every_other);
}

#[test]
fn the_largest_seqs_do_not_overflow() {
    let ledger = of(&[(u64::MAX, u64::MAX), (u64::MAX - 1, u64::MAX - 1), (1, 1)]);
    assert!(ledger.contains(u64::MAX));
    assert_eq!(ledger.unexplained(), u64::MAX - 3);
    assert_eq!(Ledger::decode(&ledger.encode(), 0).unwrap(), ledger);
}

#[test]
fn damaged_bytes_are_refused() {
    assert!(Ledger::decode(&[1], 0).is_err());
    assert!(Ledger::decode(&[1, 3, 1, 0], 0).is_err(), "adjacent ranges are never written");
}

proptest! {
    #[test]
    fn agrees_with_a_plain_set(ranges in prop::collection::vec((1u64..200, 0u64..8), 0..60)) {
        let mut ledger = Ledger::default();
        let mut set = BTreeSet::new();
        for (start, len) in ranges {
            ledger.insert(start, start + len);
            set.extend(start..=start + len);
            let highest = set.last().copied().unwrap_or(0);
            let acked = (1..).take_while(|s| set.contains(s)).last().unwrap_or(0);
            prop_assert_eq!(ledger.acked(), acked);
            prop_assert_eq!(ledger.unexplained(), highest - set.len() as u64);
        }
        for seq in 0..220 {
            prop_assert_eq!(ledger.contains(seq), set.contains(&seq));
        }
        prop_assert_eq!(Ledger::decode(&ledger.encode(), 0).unwrap(), ledger);
    }
}
