use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn set(ranges: &Ranges) -> BTreeSet<u64> {
    ranges.as_slice().iter().flat_map(|&(start, end)| start..=end).collect()
}

fn operations() -> impl Strategy<Value = Vec<(bool, u64, u64)>> {
    proptest::collection::vec((any::<bool>(), 1_u64..60, 0_u64..12), 0..40)
}

proptest! {
    #[test]
    fn behaves_like_a_set(operations in operations(), probe in 0_u64..80) {
        let (mut ranges, mut naive) = (Ranges::default(), BTreeSet::new());
        for (insert, start, more) in operations {
            if insert {
                ranges.insert(start, start + more);
                naive.extend(start..=start + more);
            } else {
                ranges.remove(start, start + more);
                naive.retain(|seq| !(start..=start + more).contains(seq));
            }
            prop_assert_eq!(set(&ranges), naive.clone());
            prop_assert!(ranges.as_slice().windows(2).all(|pair| pair[0].1 + 1 < pair[1].0), "{:?}", ranges);
        }
        prop_assert_eq!(ranges.contains(probe), naive.contains(&probe));
        prop_assert_eq!(ranges.count(), naive.len() as u64);
        prop_assert_eq!(ranges.count_above(probe), naive.range(probe + 1..).count() as u64);
        prop_assert_eq!((ranges.first(), ranges.last()), (naive.first().copied(), naive.last().copied()));
        let missing: BTreeSet<u64> = (5..=probe).filter(|seq| !naive.contains(seq)).collect();
        prop_assert_eq!(set(&ranges.missing(5, probe)), missing);
    }
}

proptest! {
    #[test]
    fn subtracting_is_removing_one_by_one(operations in operations()) {
        let (mut from, mut other) = (Ranges::default(), Ranges::default());
        for (first, start, more) in operations {
            if first { &mut from } else { &mut other }.insert(start, start + more);
        }
        let mut naive = from.clone();
        other.as_slice().iter().for_each(|&(start, end)| naive.remove(start, end));
        from.subtract(other.as_slice());
        prop_assert_eq!(from, naive);
    }
}

#[test]
fn the_ends_of_the_number_line_are_safe() {
    let mut ranges = Ranges::default();
    ranges.insert(u64::MAX, u64::MAX);
    ranges.insert(u64::MAX - 1, u64::MAX - 1);
    ranges.insert(0, 0);
    assert_eq!(ranges.as_slice(), [(0, 0), (u64::MAX - 1, u64::MAX)]);
}
