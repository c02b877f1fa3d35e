//! JSON as it should not be.

use serde::Deserialize;
use serde_json::{Value, json};

use super::lenient::{Count, Flag, List, Number, Obj, Text, TextOrList};
use super::{repair, value};
use crate::Dialect;

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Odd<'a> {
    text: Text<'a>,
    count: Count,
    number: Number,
    flag: Flag,
    object: Obj<Inner<'a>>,
    list: List<Obj<Inner<'a>>>,
    either: TextOrList<'a, Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Inner<'a> {
    text: Text<'a>,
}

#[test]
fn every_field_takes_every_value_and_the_text_beside_it_stays() {
    let values =
        [json!(null), json!(true), json!(7), json!(-1.5), json!("x"), json!(["x", 1]), json!({"text": "x"})];
    for field in ["count", "number", "flag", "object", "list", "either", "unknown"] {
        for value in &values {
            let given = json!({field: value, "text": "kept"}).to_string();
            let odd: Odd<'_> = serde_json::from_str(&given).expect("lenient");
            assert_eq!(odd.text.as_str(), "kept", "{given}");
        }
    }
}

#[test]
fn values_of_the_right_kind_are_read() {
    let given = r#"{"text": 12, "count": 3.0, "number": -1, "flag": true, "object": {"text": "a\n"},
        "list": [{"text": "b"}, null, 4], "either": ["c"]}"#;
    let odd: Odd<'_> = serde_json::from_str(given).expect("lenient");
    assert_eq!((odd.text.as_str(), odd.count.0, odd.number.0, odd.flag.0), ("12", Some(3), Some(-1.0), true));
    assert_eq!(odd.object.0.map(|inner| inner.text.into_string()), Some("a\n".to_owned()));
    let list: Vec<_> = odd.list.0.into_iter().map(|inner| inner.0.map(|i| i.text.into_string())).collect();
    assert_eq!(list, [Some("b".to_owned()), None, None]);
    assert!(matches!(odd.either, TextOrList::List(items) if items.len() == 1));
}

#[test]
fn what_python_and_javascript_accept_is_repaired() {
    let cases: [(&[u8], Value); 7] = [
        (
            b"{\"a\": NaN, \"b\": -Infinity, \"c\": \"NaN \\\" Infinity\"}",
            json!({"a": null, "b": null, "c": "NaN \" Infinity"}),
        ),
        (b"{\"a\": \"\\ud83d\"}", json!({"a": "\u{fffd}"})),
        (b"{\"a\": \"\\ud83d\\ude00 \\ude00\"}", json!({"a": "\u{1f600} \u{fffd}"})),
        (b"{\"a\": \"\\ud83d\\u0041\"}", json!({"a": "\u{fffd}A"})),
        (b"{\"a\": \"\xff\"}", json!({"a": "\u{fffd}"})),
        (b"{\"a\": \"\\\\ud83d\", \"b\": \"\xc3\xa9\\\\\"}", json!({"a": "\\ud83d", "b": "é\\"})),
        (b"\xef\xbb\xbf{\"a\": 1}", json!({"a": 1})),
    ];
    for (given, expected) in cases {
        let read = value(Dialect::Gemini, given).expect("repaired");
        assert_eq!(read, expected, "{}", String::from_utf8_lossy(given));
    }
}

#[test]
fn what_nobody_accepts_is_refused_without_quoting_it() {
    for given in ["", "{", "secret", "{\"secret\": 1,}", "\"\\u12", "{\"a\": \"\\"] {
        let error = value(Dialect::Gemini, given.as_bytes()).expect_err(given).to_string();
        assert!(!error.contains("secret"), "{error}");
        assert!(serde_json::from_str::<Value>(&repair::text(given.as_bytes())).is_err());
    }
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    value(Dialect::Gemini, deep.as_bytes()).expect_err("too deep");
}
