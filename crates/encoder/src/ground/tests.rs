use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::tokenizer::{BEGIN, SEPARATOR};
use crate::window::{MAX_BEFORE, MAX_SENTENCE};

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(Tokenizer::new);

const SEGMENTS: [&str; 5] = [
    "The harbour bridge opened on 4 May 1931 after six years of work.",
    "It is 1,149 metres long and carries eight lanes of traffic.",
    "The chief engineer was Ida Brandt, who also drew the two granite towers.",
    "Maintenance costs 3.2 million euros a year and is paid by the city.",
    "A café stands at its northern end.",
];

fn ground(tokenizer: &Tokenizer) -> Ground {
    Ground::new(tokenizer, "When did the bridge open?", SEGMENTS.into_iter())
}

#[test]
fn the_evidence_that_shares_rare_words_is_shown() {
    let tokenizer = &*TOKENIZER;
    let windows = ground(tokenizer).windows(tokenizer, "", "Ida Brandt was the engineer.");
    assert_eq!(windows.len(), 1);
    assert!(windows[0].evidence().contains(&2), "{:?}", windows[0].evidence());
}

#[test]
fn inflected_and_joined_words_are_found() {
    let tokenizer = &*TOKENIZER;
    let filler =
        (0..40).map(|n| format!("Nothing of note happened in district {n} that week, the council said."));
    let mut segments: Vec<String> = filler.collect();
    segments.insert(20, "Restaurants Take Out: true;".to_owned());
    let ground = Ground::new(tokenizer, "", segments.iter().map(String::as_str));
    let windows = ground.windows(tokenizer, "", "Takeout is available.");
    assert!(windows[0].evidence().contains(&20), "{:?}", windows[0].evidence());
}

#[test]
fn a_window_is_laid_out_as_the_model_was_trained() {
    let tokenizer = &*TOKENIZER;
    let ground = ground(tokenizer);
    let window = &ground.windows(tokenizer, "It is old.", "It opened in 1931.")[0];
    let ids = window.ids();
    assert_eq!((ids[0], ids[window.response() - 1], ids[ids.len() - 1]), (BEGIN, SEPARATOR, SEPARATOR));
    let question: Vec<u16> = tokenizer.tokens("When did the bridge open?").iter().map(|t| t.id).collect();
    assert_eq!(&ids[1..=window.question()], question);
    let before: Vec<u16> = tokenizer.tokens("It is old.").iter().map(|t| t.id).collect();
    assert_eq!(&ids[window.response()..window.sentence()], before);
    assert_eq!(ids.len() - 1 - window.sentence(), window.ranges().len());
    assert_eq!(window.ranges()[0], (0, 2));
}

#[test]
fn no_evidence_still_makes_a_window() {
    let tokenizer = &*TOKENIZER;
    let ground = Ground::new(tokenizer, "", std::iter::empty());
    assert!(ground.is_empty());
    assert_eq!(ground.windows(tokenizer, "", "It opened in 1931.").len(), 1);
    assert!(ground.windows(tokenizer, "", " \u{200b} ").is_empty());
}

#[test]
fn evidence_over_the_budget_is_not_kept() {
    let tokenizer = &*TOKENIZER;
    let long = "word ".repeat(1_000);
    let ground = Ground::new(tokenizer, "", std::iter::repeat_n(long.as_str(), 300));
    assert!(ground.ids.len() <= MAX_TOKENS && ground.len() == MAX_TOKENS / 1_000, "{}", ground.len());
}

proptest! {
    #[test]
    fn windows_read_every_token_of_the_sentence_once(
        sentence in "([a-zé東]{1,12}[ ,.]){0,150}",
        before in "([a-z]{1,9} ){0,60}",
    ) {
        let tokenizer = &*TOKENIZER;
        let ground = ground(tokenizer);
        let windows = ground.windows(tokenizer, &before, &sentence);
        let ranges: Vec<(usize, usize)> = windows.iter().flat_map(|w| w.ranges()).copied().collect();
        let tokens: Vec<(usize, usize)> =
            tokenizer.tokens(&sentence).iter().map(|t| (t.start as usize, t.end as usize)).collect();
        prop_assert_eq!(ranges, tokens);
        for window in &windows {
            prop_assert!(window.ids().len() <= crate::window::MAX_TOKENS);
            prop_assert!(window.ranges().len() <= MAX_SENTENCE);
            prop_assert!(window.sentence() - window.response() <= MAX_BEFORE);
        }
        prop_assert_eq!(&windows, &ground.windows(tokenizer, &before, &sentence));
    }
}
