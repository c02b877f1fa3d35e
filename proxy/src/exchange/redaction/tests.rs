//! What is taken out of an event, and where its spans point then.

use agentguard_judge::SpanKind;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const KEY: &str = "sk-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7";

#[allow(clippy::needless_pass_by_value, reason = "`json!` at the call reads best unborrowed")]
fn event(content: serde_json::Value, spans: serde_json::Value) -> VerdictEvent {
    serde_json::from_value(json!({
        "id": uuid::Uuid::nil(), "instance": uuid::Uuid::nil(), "seq": 0, "ts": 1, "direction": "outbound",
        "verdict": "contradicted", "risk": 0.9, "action": "annotate", "mode": "pass", "spans": spans, "content": content,
        "path": "/v1/users/ada@example.com/chat", "explanation": format!("says {KEY}"), "model": "gpt-4o-mini",
    }))
    .unwrap()
}

fn words(text: &str, start: usize, end: usize) -> String {
    text.chars().skip(start).take(end - start).collect()
}

fn place(text: &str, words: &str) -> (usize, usize) {
    let start = text[..text.find(words).unwrap()].chars().count();
    (start, start + words.chars().count())
}

#[test]
fn spans_and_evidence_still_point_at_their_words() {
    let text = format!("Größe: write to ada@example.com, key {KEY}, costs 42 € now.");
    let arguments = format!("{{\"card\": 4111111111111111, \"to\": \"{KEY}\", \"n\": 42}}");
    let shown = format!("ada@example.com said 40 €. {KEY}");
    let span = |(start, end): (usize, usize), call: Option<u32>, evidence: Option<(usize, usize)>| {
        json!({
            "choice": 0, "call": call, "start": start, "end": end, "kind": SpanKind::WrongNumber, "risk": 0.9,
            "evidence": evidence.map(|(start, end)| json!({"source": "tool:ada@example.com", "start": start, "end": end})),
        })
    };
    let spans = json!([
        span(place(&text, "42 €"), None, Some(place(&shown, "40 €"))),
        span(place(&text, "example"), None, None),
        span(place(&arguments, "42"), Some(0), None),
    ]);
    let content = json!({
        "texts": [text],
        "tool_calls": [{"choice": 0, "call": 0, "name": "send", "arguments": arguments}],
        "evidence": [{"label": "tool:ada@example.com", "kind": "tool_result", "text": shown}],
    });
    let mut event = event(content, spans);
    apply(&mut event, &Redactor::default());

    let content = event.content.as_ref().unwrap();
    let (text, arguments, source) =
        (&content.texts[0], &content.tool_calls[0].arguments, &content.evidence[0]);
    assert_eq!(text, "Größe: write to [redacted:email], key [redacted:api_key], costs 42 € now.");
    assert_eq!(arguments, r#"{"card": "[redacted:card]", "to": "[redacted:api_key]", "n": 42}"#);
    assert_eq!(source.text, "[redacted:email] said 40 €. [redacted:api_key]");
    let of = |index: usize| &event.spans[index];
    assert_eq!(words(text, of(0).start, of(0).end), "42 €");
    assert_eq!(words(text, of(1).start, of(1).end), "[redacted:email]");
    assert_eq!(words(arguments, of(2).start, of(2).end), "42");
    let evidence = of(0).evidence.as_ref().unwrap();
    assert_eq!(evidence.source, source.label);
    assert_eq!(words(&source.text, evidence.start, evidence.end), "40 €");
    assert_eq!(event.path, "/v1/users/[redacted:email]/chat");
    assert_eq!(event.explanation, "says [redacted:api_key]");
    let counts: Vec<(&str, u64)> = event.redactions.iter().map(|(kind, n)| (kind.as_str(), *n)).collect();
    assert_eq!(counts, [("api_key", 4), ("card", 1), ("email", 4)]);
    let whole = serde_json::to_string(&event).unwrap();
    assert!(!whole.contains(KEY) && !whole.contains("ada@") && !whole.contains("4111"), "{whole}");
}

#[test]
fn where_no_content_is_kept_names_are_clean_all_the_same() {
    let mut event = event(json!(null), json!([]));
    apply(&mut event, &Redactor::default());
    assert!(!serde_json::to_string(&event).unwrap().contains("ada@"));
    bare(&mut event);
    assert_eq!((event.path.as_str(), event.redactions.len()), ("", 0));
}

proptest! {
    /// Whatever the span is over: what it shows afterwards holds no secret, and ends within the text.
    #[test]
    fn no_span_shows_a_secret(at in 0_usize..80, length in 0_usize..80) {
        let text = format!("é{KEY} ada@example.com \u{1F600} 4111 1111 1111 1111.");
        let count = text.chars().count();
        let (start, end) = (at.min(count), (at + length).min(count));
        let spans = json!([{"start": start, "end": end, "kind": "unsupported", "risk": 0.9}]);
        let mut event = event(json!({"texts": [text]}), spans);
        apply(&mut event, &Redactor::default());
        let text = &event.content.as_ref().unwrap().texts[0];
        let span = &event.spans[0];
        prop_assert!(span.start <= span.end && span.end <= text.chars().count());
        prop_assert_eq!(text.as_str(), "é[redacted:api_key] [redacted:email] \u{1F600} [redacted:card].");
        let shown = words(text, span.start, span.end);
        // Never half of what stands for something.
        prop_assert_eq!(shown.matches('[').count(), shown.matches(']').count());
    }
}
