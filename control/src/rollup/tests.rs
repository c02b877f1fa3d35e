use proptest::prelude::*;

use super::{floor, segments};

proptest! {
    #[test]
    fn segments_tile_the_range(from in 0i64..3_000_000, minutes in 0i64..20_000) {
        let from = from * 60;
        let to = from + minutes * 60;
        let cut = segments(from, to);
        let mut at = from;
        for &(width, start, end) in &cut {
            prop_assert_eq!(start, at);
            prop_assert!(start < end);
            prop_assert_eq!((floor(start, width), floor(end, width)), (start, end));
            at = end;
        }
        prop_assert_eq!(at, to);
        prop_assert!(cut.len() <= 5);
    }
}
