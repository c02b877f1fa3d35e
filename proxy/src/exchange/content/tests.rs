//! What is captured, and as what.

use agentguard_judge::SourceKind;
use agentguard_wire::Choice;

use super::*;

fn answer(text: &str) -> Answer {
    Answer { choices: vec![Choice { text: text.to_owned(), ..Choice::default() }], ..Answer::default() }
}

fn source(text: String) -> Source {
    Source { kind: SourceKind::Document, label: "documents[0]".to_owned(), text }
}

#[test]
fn evidence_that_is_too_large_is_left_out_and_then_the_text() {
    let kept = of(answer("yes"), &[source("e".repeat(1000))]).unwrap();
    assert_eq!((kept.texts[0].as_str(), kept.evidence.len()), ("yes", 1));
    let kept = of(answer("yes"), &[source("e".repeat(MAX_BYTES))]).unwrap();
    assert_eq!((kept.texts[0].as_str(), kept.evidence.len()), ("yes", 0));
    assert_eq!(of(answer(&"t".repeat(MAX_BYTES + 1)), &[]), None);
}

#[test]
fn hashes_are_of_the_text_under_the_key_and_nothing_else_is_there() {
    let (key, other) = (Secret::new("k".repeat(32)), Secret::new("o".repeat(32)));
    let content = of(answer("größe"), &[source("größe".to_owned())]).unwrap();
    let hashes = hashed(&content, &Hasher::new(Some(&key)));
    let of_key = hashes.hashes.clone().unwrap();
    assert_eq!(Content { hashes: None, ..hashes }, Content::default());
    assert_eq!(of_key.texts[0].chars, 5);
    assert_eq!(of_key.texts[0], of_key.evidence[0].text, "equal texts can be recognised");
    // RFC 2104 over UTF-8, so that others can check it: HMAC-SHA-256("k" * 32, "größe").
    assert_eq!(of_key.texts[0].hmac, HMAC);
    let again = hashed(&content, &Hasher::new(Some(&key))).hashes.unwrap();
    assert_eq!(again, of_key);
    let under_other = hashed(&content, &Hasher::new(Some(&other))).hashes.unwrap();
    assert!(under_other.key != of_key.key && under_other.texts[0].hmac != of_key.texts[0].hmac);
    assert_ne!(Hasher::new(None).id, Hasher::new(None).id, "a random key each");
}

const HMAC: &str = "05856c9909a944da9601f246d21c1d8c81461a57f1125e6bf3e91bbc750dc03b";
