use proptest::prelude::*;

use super::{Scalar, Step, find_block, leaves};

fn read(text: &str) -> (Vec<(String, String)>, Option<usize>) {
    let mut found = Vec::new();
    let end = leaves(text, 0, |path, leaf| {
        let path: Vec<String> = path
            .iter()
            .map(|step| match step {
                Step::Key { start, end } => text[*start..*end].to_owned(),
                Step::Index(n) => n.to_string(),
            })
            .collect();
        found.push((path.join("."), text[leaf.start..leaf.end].to_owned()));
    });
    (found, end)
}

#[test]
fn leaves_have_paths_and_places() {
    let (found, end) = read(r#"{"a": {"b": [1, {"c": "x\"y"}]}, "d": null, "e": []} rest"#);
    let expected = [("a.b.0", "1"), ("a.b.1.c", "x\\\"y"), ("d", "null")];
    assert_eq!(found, expected.map(|(p, v)| (p.to_owned(), v.to_owned())));
    assert_eq!(end, Some(52));
}

#[test]
fn python_literals_and_trailing_commas_are_read() {
    let (found, end) = read("{'wifi': 'no', 'open': True, 'x': None,}");
    assert_eq!(found.len(), 3);
    assert!(end.is_some());
}

#[test]
fn what_is_no_json_is_refused() {
    for text in ["{oops}", "[1, 2", "{\"a\" 1}", "{]", "hello", "{\"a\": 1]"] {
        assert_eq!(read(text).1, None, "{text}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(read(&deep).1, None);
}

#[test]
fn json_is_found_inside_text() {
    let text = "Use {braces} as in: {\"name\": \"Tinker\", \"open\": false} please";
    let (start, end) = find_block(text, 10).unwrap();
    assert_eq!(&text[start..end], "{\"name\": \"Tinker\", \"open\": false}");
    assert_eq!(find_block("no json {here} [or there", 2), None);
}

proptest! {
    #[test]
    fn whatever_serde_reads_is_read_with_the_same_number_of_leaves(text in r#"[\[\]{}",:0-9a-z \\tn.-]{0,80}"#) {
        fn count(value: &serde_json::Value) -> usize {
            match value {
                serde_json::Value::Array(items) => items.iter().map(count).sum(),
                serde_json::Value::Object(map) => map.values().map(count).sum(),
                _ => 1,
            }
        }
        let wrapped = format!("[{text}]");
        let (found, end) = read(&wrapped);
        if let Ok(value) = serde_json::from_str::<serde_json::Value>(&wrapped) {
            // Repeated keys: serde keeps the last only.
            prop_assert!(found.len() >= count(&value));
            prop_assert_eq!(end, Some(wrapped.len()));
        }
    }

    #[test]
    fn places_are_within_the_text(text in ".{0,200}") {
        leaves(&text, 0, |_, leaf| {
            assert!(leaf.start <= leaf.end && leaf.end <= text.len());
            if leaf.kind == Scalar::String { let _ = &text[leaf.start..leaf.end]; }
        });
    }
}
