//! The table against a map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::Table;

proptest! {
    #[test]
    fn holds_what_it_was_given(entries in prop::collection::vec((0u32..=u32::MAX, any::<u16>()), 0..300), near in 0u32..40) {
        let mut map = BTreeMap::new();
        for (key, value) in &entries {
            map.entry(*key).or_insert(*value);
        }
        let table = Table::new(entries.clone());
        for (key, value) in &map {
            prop_assert_eq!(table.get(*key), Some(*value));
        }
        for (key, _) in &entries {
            let other = key.wrapping_add(near);
            prop_assert_eq!(table.get(other), map.get(&other).copied());
        }
        prop_assert_eq!(table.get(0), map.get(&0).copied());
        prop_assert_eq!(table.get(u32::MAX), map.get(&u32::MAX).copied());
    }
}
