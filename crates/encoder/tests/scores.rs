//! The bundled model: loads only undamaged, and says the same however it is asked.

use std::borrow::Cow;

use agentguard_encoder::{Artefact, Encoder, Ground, LoadError, Score, Tokenizer, Window};

const EVIDENCE: [&str; 3] = [
    "The harbour bridge opened on 4 May 1931 after six years of work.",
    "It is 1,149 metres long and carries eight lanes of traffic.",
    "The chief engineer was Ida Brandt, who also drew the two granite towers.",
];

fn windows(sentences: &[&str]) -> Vec<Window> {
    let tokenizer = Tokenizer::new();
    let ground = Ground::new(&tokenizer, "Tell me about the bridge.", EVIDENCE.into_iter());
    sentences.iter().flat_map(|sentence| ground.windows(&tokenizer, "", sentence)).collect()
}

#[test]
fn scores_do_not_depend_on_what_else_is_asked_or_on_threads() {
    let windows = windows(&[
        "The bridge opened in 1931.",
        "It is made of cheese and floats on the sea, said the mayor.",
        "Yes.",
    ]);
    let encoder = Encoder::bundled(1).expect("the bundled model loads");
    let together = encoder.score(&windows).expect("scores");
    assert_eq!(together.len(), windows.len());
    for (window, score) in windows.iter().zip(&together) {
        assert_eq!(score.tokens.len(), window.ranges().len());
        assert!(score.tokens.iter().chain([&score.sentence]).all(|p| (0.0..=1.0).contains(p)), "{score:?}");
        let alone = encoder.score(std::slice::from_ref(window)).expect("scores");
        assert_eq!(&alone[0], score);
    }
    let two = Encoder::bundled(2).expect("the bundled model loads").score(&windows).expect("scores");
    assert_eq!(two, together);
}

/// The model is no oracle: one sentence proves nothing. But were vocabulary, sides or offsets mixed up, copied and invented sentences would
/// on average score the same.
#[test]
fn invented_sentences_are_on_average_less_supported_than_copied_ones() {
    let tokenizer = Tokenizer::new();
    let question = "Briefly answer the following question:\nTell me about the bridge.";
    let ground = Ground::new(&tokenizer, question, ["passage 1:"].into_iter().chain(EVIDENCE));
    let encoder = Encoder::bundled(1).expect("the bundled model loads");
    let mean = |sentences: &[&str]| {
        let windows: Vec<Window> = sentences.iter().flat_map(|s| ground.windows(&tokenizer, "", s)).collect();
        let scores = encoder.score(&windows).expect("scores");
        scores.iter().map(riskiest).sum::<f32>() / scores.len() as f32
    };
    let copied = mean(&EVIDENCE);
    let invented = mean(&[
        "The bridge was designed by the French architect Paul Moreau in 1987.",
        "Tickets for the guided tour cost 12 dollars and can be bought online.",
        "Every summer thousands of visitors swim below it during the festival.",
    ]);
    assert!(copied + 0.05 < invented, "{copied} and {invented}");
}

/// The mean of the three riskiest tokens.
fn riskiest(score: &Score) -> f32 {
    let mut tokens = score.tokens.clone();
    tokens.sort_by(|a, b| b.total_cmp(a));
    tokens[..3].iter().sum::<f32>() / 3.0
}

#[test]
fn another_file_is_refused_by_its_hash() {
    let artefact = Artefact { name: Cow::Borrowed("other"), sha256: Cow::Borrowed("00ff") };
    let error = Encoder::load(b"no model".to_vec(), &artefact, 1).expect_err("another hash");
    assert!(matches!(error, LoadError::Hash { .. }));
    let text = error.to_string();
    assert!(text.contains("00ff") && text.contains("SHA-256"), "{text}");
    let found = text.split_whitespace().find(|word| word.trim_end_matches(',').len() == 64);
    assert!(found.is_some(), "the found hash is not named: {text}");
}

#[test]
fn a_file_with_the_right_hash_that_is_no_model_is_refused() {
    // SHA-256 of "no model".
    let artefact = Artefact { name: Cow::Borrowed("other"), sha256: Cow::Borrowed(NO_MODEL) };
    let error = Encoder::load(b"no model".to_vec(), &artefact, 1).expect_err("no model");
    assert!(matches!(error, LoadError::Model(_)), "{error}");
}

const NO_MODEL: &str = "f62c7d17e241fe5c5c0c64d2e32ab6e3bd10547a9c02977cc126acc0fe6e6554";

#[test]
fn a_missing_file_is_named() {
    let error = Encoder::open("no/such/encoder.onnx".as_ref(), &Artefact::BUNDLED, 1).expect_err("no file");
    assert!(error.to_string().contains("no/such/encoder.onnx"), "{error}");
}
