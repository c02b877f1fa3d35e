//! Any text, any spans: after redaction they still stand for the same words.

use std::ops::Range;
use std::time::{Duration, Instant};

use agentguard_redact::{Form, Own, Redactor, Settings};
use proptest::prelude::*;

fn redactor() -> Redactor {
    let own = Own { name: "badge".to_owned(), pattern: "é?EMP-[0-9]{3,6}".to_owned() };
    Redactor::new(Settings { own: vec![own], ..Settings::default() }).expect("valid")
}

/// Words with and without something to find, and anything else.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => any::<String>().prop_map(|text| text.chars().take(8).collect::<String>()),
        1 => Just("ada@example.com".to_owned()),
        1 => Just("é日EMP-123456".to_owned()),
        1 => Just("4111 1111 1111 1111".to_owned()),
        1 => Just("sk-proj-aB3dE5fG7hJ9kL1mN3pQ".to_owned()),
        1 => Just("password=correct-horse".to_owned()),
        1 => Just("DE89370400440532013000".to_owned()),
        1 => Just("-----BEGIN PRIVATE KEY-----".to_owned()),
        2 => Just(" ".to_owned()),
        1 => Just("\"".to_owned()),
        1 => Just("\\n".to_owned()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn slice(text: &str, range: Range<usize>) -> String {
    text.chars().skip(range.start).take(range.len()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn spans_follow_their_words(text in text(), at in any::<(prop::sample::Index, prop::sample::Index)>(), json in any::<bool>()) {
        let form = if json { Form::Json } else { Form::Text };
        let length = text.chars().count();
        let (a, b) = (at.0.index(length + 1), at.1.index(length + 1));
        let span = a.min(b)..a.max(b);
        let redactor = redactor();
        let Some(redacted) = redactor.redact(&text, form) else {
            prop_assert!(redactor.find(&text).is_empty());
            return Ok(());
        };
        // The same words, put together by hand: what was kept, and one placeholder for each cut that the span touches.
        let offset = |byte: usize| text[..byte].chars().count();
        let (mut expected, mut before) = (String::new(), String::new());
        let mut cursor = 0;
        let quoted = |kind, out: &str, at: usize| {
            let plain = format!("[redacted:{}]", redactor.name(kind));
            if slice(out, at..at + 1) == "\"" { format!("\"{plain}\"") } else { plain }
        };
        for found in &redacted.found {
            let cut = offset(found.range.start)..offset(found.range.end);
            let kept = cursor..cut.start;
            before += &slice(&text, kept.clone());
            expected += &slice(&text, kept.start.max(span.start)..kept.end.min(span.end).max(kept.start.max(span.start)));
            let placeholder = quoted(found.kind, &redacted.text, before.chars().count());
            // An empty span inside of a cut stands for it, too.
            let touched = span.start < cut.end && (span.end > cut.start) && (!span.is_empty() || span.start > cut.start);
            if touched {
                expected += &placeholder;
            }
            before += &placeholder;
            cursor = cut.end;
        }
        expected += &slice(&text, cursor.max(span.start)..span.end.max(cursor.max(span.start)));
        before += &slice(&text, cursor..length);
        prop_assert_eq!(&before, &redacted.text);
        prop_assert_eq!(slice(&redacted.text, redacted.mapping.range(span)), expected);
    }

    #[test]
    fn nothing_is_found_twice(text in text()) {
        let redactor = redactor();
        if let Some(redacted) = redactor.redact(&text, Form::Text) {
            for found in redactor.find(&redacted.text) {
                // What is found in redacted text is not what stands for something else.
                prop_assert!(!redacted.text[found.range.clone()].starts_with("[redacted:"));
            }
            prop_assert!(redacted.found.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
        }
    }
}

/// Texts made so that every search leads far and to nothing. A cost that grew with the square would take minutes.
#[test]
fn hostile_texts_cost_in_proportion() {
    let redactor = redactor();
    for piece in [
        "-----BEGIN PRIVATE KEY",
        "-----BEGIN PRIVATE KEY a@b.co ",
        "@a.",
        "@a.4111-1111-1111-1112.",
        "eyJaaaaaaaaaa-",
        "eyJaaaaaaaaaa.",
        "sk-aaaaaaaaaaaaaaaaaaaaaa",
        "4",
        "4 ",
        "4111 ",
        "4111-111111-",
        "4111111111111112 ",
        "GB82",
        "GB82 WEST ",
        "Bearer aaaaaaaaaaaaaaaa",
        "password:",
        "password=a",
        "://a:bbb",
        "\\",
        "\"",
        "é",
        "EMP-1234567",
    ] {
        let text = piece.repeat((256 << 10) / piece.len());
        let begun = Instant::now();
        let _ = redactor.redact(&text, Form::Json);
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(20), "{piece:?}: {took:?} for 256 KiB");
    }
}
