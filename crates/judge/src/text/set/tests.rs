//! The sets against those of the standard library.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Numbered, Set};

fn hashes() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(prop_oneof![0u32..40, any::<u32>()], 0..400)
}

proptest! {
    #[test]
    fn a_set_holds_what_was_put_in(inside in hashes(), outside in hashes()) {
        let (mut set, mut model) = (Set::default(), BTreeSet::new());
        for hash in &inside {
            set.insert(*hash);
            model.insert(*hash);
        }
        for hash in inside.iter().chain(&outside) {
            prop_assert_eq!(set.has(*hash), model.contains(hash));
        }
    }

    #[test]
    fn numbers_are_given_in_order(inside in hashes(), outside in hashes()) {
        let (mut numbered, mut model) = (Numbered::default(), BTreeMap::new());
        for hash in &inside {
            let next = model.len() as u32;
            prop_assert_eq!(numbered.number(*hash), *model.entry(*hash).or_insert(next));
        }
        for hash in inside.iter().chain(&outside) {
            prop_assert_eq!(numbered.get(*hash), model.get(hash).copied());
        }
    }
}
