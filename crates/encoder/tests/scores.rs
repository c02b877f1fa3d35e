//! The bundled model: loads only undamaged, and says the same however it is asked.

use std::borrow::Cow;

use agentguard_encoder::{Artefact, Encoder, Ground, LoadError, Tokenizer, Window};

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

/// What the artefact said when it was measured. Products of integers differ a little from processor to processor.
#[test]
fn the_artefact_says_what_it_said_when_it_was_measured() {
    let encoder = Encoder::bundled(1).expect("the bundled model loads");
    let tickets = "Tickets cost 12 euros and can be bought at the kiosk next to the aquarium.";
    for (sentence, whole, worst) in
        [(EVIDENCE[0], 0.334, 0.401), (EVIDENCE[2], 0.334, 0.254), (tickets, 0.405, 0.515)]
    {
        let scores = encoder.score(&windows(&[sentence])).expect("scores");
        let highest = scores[0].tokens.iter().copied().fold(0.0, f32::max);
        assert!((scores[0].sentence - whole).abs() < 0.03, "{sentence}: {}", scores[0].sentence);
        assert!((highest - worst).abs() < 0.05, "{sentence}: {highest}");
    }
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
