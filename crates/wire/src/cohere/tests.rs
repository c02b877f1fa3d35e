//! What recorded traffic does not show, one case each.

use serde_json::{Value, json};

use crate::testing::{answer, cut, edits, events, notice, redacted, request};
use crate::{
    Citation, Dialect, Document, Event, Finish, Part, Role, parse_answer, redact_answer, refuse,
    replace_answer,
};

const COHERE: Dialect = Dialect::CohereChat;

fn start(index: u64, block: &Value) -> Value {
    json!({"type": "content-start", "index": index, "delta": {"message": {"content": block}}})
}

fn text(text: &str) -> Value {
    json!({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}})
}

fn citation(index: u64, citation: &Value) -> Value {
    json!({"type": "citation-start", "index": index, "delta": {"message": {"citations": citation}}})
}

fn cited(start: u64, end: u64, text: &str) -> Value {
    let document = json!({"id": "doc:0", "title": "Sky", "text": "The sky is blue."});
    json!({"start": start, "end": end, "text": text, "content_index": 0, "type": "TEXT_CONTENT",
        "sources": [{"type": "document", "id": "doc:0", "document": document}, {"type": "tool", "id": "t:1", "tool_output": {"colour": "blue"}}]})
}

#[test]
fn citations_name_every_source() {
    let stream =
        [start(0, &json!({"type": "text", "text": ""})), text("blue"), citation(0, &cited(0, 4, "blue"))];
    let citation = |source: &str, title: &str, quote: &str| Citation {
        source: source.to_owned(),
        title: title.to_owned(),
        quote: quote.to_owned(),
    };
    let expected =
        [citation("doc:0", "Sky", "The sky is blue."), citation("t:1", "", r#"{"colour":"blue"}"#)];
    assert_eq!(answer(COHERE, &stream).choices[0].citations, expected);
    let body = json!({"message": {"content": "blue", "citations": [cited(0, 4, "blue")]}, "finish_reason": "COMPLETE"});
    let whole = parse_answer(COHERE, body.to_string().as_bytes()).expect("a response");
    assert_eq!((whole.choices[0].text.as_str(), &whole.choices[0].citations[..]), ("blue", &expected[..]));
}

#[test]
fn citations_move_with_the_text_and_go_with_it() {
    let said = "Bad é. Good blue.";
    let citations = [cited(0, 3, "Bad"), cited(12, 16, "blue")];
    let body = json!({"message": {"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": said}], "citations": citations}, "logprobs": [{"text": "Bad"}]});
    let gone = edits(0, 6, "[removed]");
    let out = redact_answer(COHERE, body.to_string().as_bytes(), &gone).expect("a response");
    let out: Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!(out["message"]["content"][1]["text"], "[removed] Good blue.");
    let left = out["message"]["citations"].as_array().expect("citations");
    assert_eq!((left.len(), &left[0]["start"], &left[0]["end"]), (1, &json!(15), &json!(19)));
    assert!(out.get("logprobs").is_none());

    let stream = [
        start(0, &json!({"type": "text", "text": "Bad "})),
        text("é. Good "),
        text("blue."),
        citation(0, &citations[0]),
        citation(1, &citations[1]),
    ];
    let out = redacted(COHERE, &stream, &gone);
    assert_eq!(answer(COHERE, &out).choices[0].text, "[removed] Good blue.");
    let blanked = &out[3]["delta"]["message"]["citations"];
    assert_eq!(
        (&blanked["text"], &blanked["sources"], &blanked["start"], &blanked["end"]),
        (&json!(""), &json!([]), &json!(0), &json!(0))
    );
    assert_eq!(out[4]["delta"]["message"]["citations"], left[0]);
    let plan = json!({"start": 0, "end": 3, "text": "pla", "type": "PLAN", "sources": [{"id": "x"}]});
    assert_eq!(redacted(COHERE, &[text(said), citation(0, &plan)], &gone)[1], citation(0, &plan));
}

#[test]
fn log_probabilities_add_up_to_the_text() {
    let mut piece = text("blue sky");
    piece["logprobs"] = json!({"text": "blue sky", "token_ids": [1, 2], "logprobs": [-0.5, -1]});
    let stream = [piece, text("!")];
    let tokens = &answer(COHERE, &stream).choices[0].logprobs;
    assert_eq!(tokens.iter().map(|t| t.token.as_str()).collect::<String>(), "blue sky");
    assert_eq!(tokens.iter().map(|t| t.logprob).collect::<Vec<_>>(), [-0.5, -1.0]);
    assert!(redacted(COHERE, &stream, &edits(0, 4, ""))[0].get("logprobs").is_none());
}

#[test]
fn calls_are_told_apart_by_index() {
    let event = |kind: &str, index: u64, call: &Value| json!({"type": kind, "index": index, "delta": {"message": {"tool_calls": call}}});
    let begin = |index: u64, name: &str| {
        event("tool-call-start", index, &json!({"id": name, "function": {"name": name, "arguments": ""}}))
    };
    let more =
        |index: u64, text: &str| event("tool-call-delta", index, &json!({"function": {"arguments": text}}));
    let stream = [
        begin(0, "f"),
        begin(1, "g"),
        more(0, "{\"a\""),
        more(1, "{}"),
        more(0, ":1}"),
        json!({"type": "tool-call-end", "index": 0}),
        more(0, "late"),
    ];
    let calls = &answer(COHERE, &stream).choices[0].tool_calls;
    let said: Vec<_> = calls.iter().map(|call| (call.name.as_str(), call.arguments.as_str())).collect();
    assert_eq!(said, [("f", "{\"a\":1}"), ("g", "{}")]);
    assert_eq!(events(COHERE, &stream).last(), Some(&Event::ToolEnd { choice: 0, call: 1 }));
}

#[test]
fn ends_and_errors() {
    for (given, expected) in [
        ("STOP_SEQUENCE", Finish::Stop),
        ("MAX_TOKENS", Finish::Length),
        ("ERROR_TOXIC", Finish::ContentFilter),
        ("TIMEOUT", Finish::Other("TIMEOUT".to_owned())),
    ] {
        let end = json!({"type": "message-end", "delta": {"finish_reason": given, "usage": {"billed_units": {"input_tokens": 1.0}}}});
        let answer = answer(COHERE, &[end]);
        assert_eq!(answer.choices[0].finish, Some(expected));
        assert_eq!(answer.usage.map(|usage| usage.input), Some(1));
    }
    assert_eq!(
        events(COHERE, &[json!({"message": "too many"})]),
        [Event::Error { message: "too many".to_owned() }]
    );
}

#[test]
fn cut_closes_what_is_open_and_tells_why() {
    let call = json!({"type": "tool-call-start", "index": 1, "delta": {"message": {"tool_calls": {"id": "c", "function": {"name": "f", "arguments": ""}}}}});
    let begin = json!({"type": "message-start", "id": "r"});
    let stream = [
        begin,
        start(0, &json!({"type": "text", "text": ""})),
        text("a"),
        citation(0, &cited(0, 1, "a")),
        call,
    ];
    let end = cut(COHERE, &stream);
    let kinds: Vec<_> = end.iter().map(|payload| payload["type"].as_str().expect("a type")).collect();
    assert_eq!(kinds, ["content-end", "citation-end", "tool-call-end", "message-end"]);
    assert_eq!(end[3]["delta"]["error"], notice().message);
    let whole = cut(COHERE, &[]);
    assert_eq!((&whole[0]["type"], whole.len()), (&json!("message-start"), 2));
}

#[test]
fn replacement_and_refusal_hold_only_the_notice() {
    let body = json!({"id": "r", "message": {"content": [{"type": "text", "text": "secret"}], "tool_plan": "secret", "tool_calls": [{"function": {"name": "secret"}}], "citations": [{"text": "secret"}]}, "logprobs": ["secret"], "finish_reason": "COMPLETE", "usage": {}});
    let out = replace_answer(COHERE, body.to_string().as_bytes(), &notice()).expect("a response");
    assert!(!String::from_utf8_lossy(&out).contains("secret"));
    let answer = parse_answer(COHERE, &out).expect("a response");
    assert_eq!((answer.id.as_str(), answer.choices[0].text.as_str()), ("r", notice().message.as_str()));
    let error: Value = serde_json::from_slice(&refuse(COHERE, &notice()).body).expect("JSON");
    assert_eq!(error, json!({"id": "x1", "message": notice().message}));
}

#[test]
fn documents_and_tool_results_are_read() {
    let body = json!({"model": "command", "stream": true, "p": 0.5, "max_tokens": 9, "logprobs": true, "response_format": {"type": "json_object"},
        "documents": ["Plain.", {"id": "d1", "data": {"title": "T", "snippet": "One."}}, {"id": "d2", "data": {"price": 3, "text": "Two."}}],
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": "u"}}]},
            {"role": "assistant", "tool_plan": "I look.", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": [{"type": "document", "document": {"data": "{\"b\": 2}"}}, {"type": "text", "text": "three"}]}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]});
    let read = request("/v2/chat", &body);
    assert_eq!(
        (read.stream, read.wants_json, read.sampling.logprobs, read.sampling.top_p),
        (true, true, true, Some(0.5))
    );
    let document = |id: &str, title: &str, text: &str| Document {
        id: id.to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
    };
    assert_eq!(
        read.documents,
        [
            document("", "", "Plain."),
            document("d1", "T", "One."),
            document("d2", "", r#"{"price":3,"text":"Two."}"#)
        ]
    );
    let roles: Vec<_> = read.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::Tool]);
    assert_eq!(read.messages[2].parts[0], Part::Reasoning("I look.".to_owned()));
    let result = Part::ToolResult {
        call_id: "c".to_owned(),
        name: "f".to_owned(),
        text: "{\"b\": 2}\nthree".to_owned(),
    };
    assert_eq!(read.messages[3].parts, [result]);
}

#[test]
fn odd_payloads_do_not_hide_text() {
    let stream = [
        json!({"type": "content-start", "index": [], "delta": {"message": {"content": "x"}}}),
        json!({"type": "content-delta", "delta": {"message": {"content": {"text": "kept", "thinking": 5}, "citations": "?"}}, "logprobs": {"logprobs": "?"}}),
        json!({"type": "tool-call-delta", "index": 4, "delta": {"message": {"tool_calls": {"function": null}}}}),
        json!({"type": "message-end", "delta": {"usage": [], "finish_reason": 1}}),
        json!(null),
    ];
    assert_eq!(answer(COHERE, &stream).choices[0].text, "kept");
    parse_answer(COHERE, b"{\"text\": \"v1\"}").expect_err("another dialect's body");
}
