//! Long texts against a plain search.

use proptest::prelude::*;

use super::{Initials, SHORT};

proptest! {
    #[test]
    fn acronyms_are_found_as_by_looking(
        words in prop::collection::vec(("[a-d0\u{e9}]", any::<bool>(), prop::bool::weighted(0.1)), 0..60),
        sought in "[a-e]{2,6}",
    ) {
        let (mut initials, mut short) = (Initials::default(), Initials::default());
        for of in [&mut initials, &mut short] {
            for (word, content, end) in &words {
                of.word(word.as_bytes()[0], *content);
                if *end {
                    of.end();
                }
            }
            of.end();
        }
        // Sentences of other letters make it long.
        (0..SHORT).for_each(|_| initials.word(b'z', true));
        prop_assert_eq!(initials.has(&sought), short.has(&sought));
    }
}
