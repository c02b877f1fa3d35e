use super::*;
use crate::claims::{Claim, Form};
use crate::evidence::Evidence;
use crate::signals::Scratch;

/// The parts marked when the characters of `words` have risk, as text.
fn marked(text: &str, words: &[&str]) -> Vec<String> {
    let claim = Claim {
        start: 0,
        text: text.to_owned(),
        form: Form::Sentence,
        marker: 0,
        indent: 0,
        key: None,
        shifts: Vec::new(),
    };
    let evidence = Evidence::from_sources(Vec::new(), Vec::new());
    let analysis = Analysis::new(&claim, &evidence, &mut Scratch::default());
    // A token for every character, as fine as it can get.
    let mut risky = vec![false; text.chars().count()];
    for word in words {
        let byte = text.find(word).expect("a word of the text");
        let first = text[..byte].chars().count();
        risky[first..first + word.chars().count()].fill(true);
    }
    let token = |(start, risky): (usize, &bool)| Token {
        start,
        end: start + 1,
        risk: if *risky { 0.9 } else { 0.1 },
    };
    let tokens: Vec<Token> = risky.iter().enumerate().map(token).collect();
    of(&analysis, &tokens).into_iter().map(|(start, end)| text[start..end].to_owned()).collect()
}

#[test]
fn a_piece_of_a_word_marks_the_word() {
    assert_eq!(marked("The harbour opened in Rotterdam.", &["tterd"]), ["Rotterdam"]);
    assert_eq!(marked("Das Café in Malmö öffnet früh.", &["lm", "früh"]), ["Malmö", "früh"]);
}

#[test]
fn words_with_nothing_but_function_words_between_are_one_part() {
    assert_eq!(
        marked("It was built by volunteers of the city in May.", &["volunteers", "city"]),
        ["volunteers of the city"]
    );
    assert_eq!(
        marked("It was built by volunteers near the old city.", &["volunteers", "city"]),
        ["volunteers", "city"]
    );
}

#[test]
fn function_words_alone_and_punctuation_are_not_marked() {
    assert_eq!(marked("It opened, and it closed.", &["and", ","]), [""; 0]);
    assert_eq!(marked("It opened.", &[]), [""; 0]);
}
