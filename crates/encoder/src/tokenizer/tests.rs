use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(Tokenizer::new);

/// Ids and offsets of the reference tokenizer (Hugging Face `tokenizers` on the base model's `tokenizer.json`), ids moved to our
/// vocabulary.
const GOLDEN: &str = include_str!("../../tests/golden/tokens.json");

#[test]
fn tokenises_as_the_reference_does() {
    let tokenizer = &*TOKENIZER;
    let cases: Vec<Value> = serde_json::from_str(GOLDEN).expect("the golden file is JSON");
    assert!(cases.len() >= 20, "the golden file lost its cases");
    for case in cases {
        let text = case["text"].as_str().expect("a text");
        let tokens = tokenizer.tokens(text);
        let ids: Vec<u64> = tokens.iter().map(|t| u64::from(t.id)).collect();
        let expected: Vec<u64> =
            case["ids"].as_array().expect("ids").iter().filter_map(Value::as_u64).collect();
        assert_eq!(ids, expected, "ids of {text:?}");
        let places: Vec<(u64, u64)> = tokens.iter().map(|t| (t.start.into(), t.end.into())).collect();
        let expected: Vec<(u64, u64)> = case["offsets"]
            .as_array()
            .expect("offsets")
            .iter()
            .filter_map(|o| Some((o[0].as_u64()?, o[1].as_u64()?)))
            .collect();
        assert_eq!(places, expected, "offsets of {text:?}");
    }
}

#[test]
fn the_vocabulary_is_whole() {
    let tokenizer = &*TOKENIZER;
    assert_eq!(tokenizer.first.len() + tokenizer.rest.len(), 29_528);
    assert_eq!(tokenizer.first.get("[UNK]"), Some(&UNKNOWN));
    assert_eq!(tokenizer.first.get("[CLS]"), Some(&BEGIN));
    assert_eq!(tokenizer.first.get("[SEP]"), Some(&SEPARATOR));
}

#[test]
fn a_text_cannot_write_special_tokens() {
    let ids: Vec<u16> = TOKENIZER.tokens("[CLS] fine [SEP]").iter().map(|t| t.id).collect();
    assert!(!ids.contains(&BEGIN) && !ids.contains(&SEPARATOR), "{ids:?}");
}

proptest! {
    #[test]
    fn every_character_is_read_and_offsets_are_its_place(text in "\\PC{0,60}|[a-zA-Z éüß東🙂\u{301}\u{200b}.,\\-'\n]{0,80}") {
        let tokens = TOKENIZER.tokens(&text);
        let letters: Vec<char> = text.chars().collect();
        let mut read = vec![false; letters.len()];
        let mut last = 0;
        for token in &tokens {
            let (start, end) = (token.start as usize, token.end as usize);
            prop_assert!(start < end && end <= letters.len(), "{token:?} of {text:?}");
            prop_assert!(token.start >= last, "tokens go back in {text:?}");
            last = token.start;
            read[start..end].fill(true);
        }
        for (c, read) in letters.iter().zip(read) {
            let silent = c.is_whitespace() || is_removed(*c)
                || get_general_category(*c) == Category::NonspacingMark;
            prop_assert!(read || silent, "{c:?} of {text:?} is in no token");
        }
    }

    #[test]
    fn ascii_words_are_where_they_stand(words in prop::collection::vec("[a-z]{1,8}", 1..12)) {
        let text = words.join(" ");
        let tokenizer = &*TOKENIZER;
        let mut at = 0;
        let mut tokens = tokenizer.tokens(&text).into_iter().peekable();
        for word in &words {
            let end = at + word.len();
            while let Some(token) = tokens.next_if(|t| (t.start as usize) < end) {
                prop_assert!(token.start as usize >= at && token.end as usize <= end);
            }
            at = end + 1;
        }
        prop_assert!(tokens.next().is_none());
    }
}
