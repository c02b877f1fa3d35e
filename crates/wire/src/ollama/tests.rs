//! Lines of both endpoints, one case each; there is no recorded traffic.

use serde_json::{Value, json};

use crate::testing::{answer, cut, edits, events, notice, redacted, request};
use crate::{
    Dialect, Event, Finish, Part, Role, ToolCall, Usage, parse_answer, redact_answer, refuse, replace_answer,
};

const CHAT: Dialect = Dialect::OllamaChat;
const GENERATE: Dialect = Dialect::OllamaGenerate;

fn chat(message: &Value) -> Value {
    json!({"model": "m", "created_at": "2025-01-02T03:04:05.6Z", "message": message, "done": false})
}

fn last() -> Value {
    json!({"model": "m", "created_at": "2025-01-02T03:04:06Z", "message": {"role": "assistant", "content": ""},
        "done": true, "done_reason": "length", "prompt_eval_count": 5, "eval_count": 7.0})
}

#[test]
fn chat_lines_add_up_to_the_only_line_of_an_unstreamed_answer() {
    let stream = [
        chat(&json!({"role": "assistant", "content": "", "thinking": "hm"})),
        chat(&json!({"content": "Zü"})),
        chat(
            &json!({"content": "rich", "tool_calls": [{"id": "c", "function": {"index": 0, "name": "f", "arguments": {"a": 1}}}, {"function": {"name": "g"}}]}),
        ),
        chat(&json!({"content": "!"})),
        last(),
    ];
    let streamed = answer(CHAT, &stream);
    let choice = &streamed.choices[0];
    assert_eq!(
        (choice.text.as_str(), choice.breaks.as_slice(), choice.reasoning.as_str()),
        ("Zürich!", &[6][..], "hm")
    );
    let call = |id: &str, name: &str, arguments: &str| ToolCall {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    };
    assert_eq!(choice.tool_calls, [call("c", "f", r#"{"a":1}"#), call("", "g", "{}")]);
    assert_eq!(
        (choice.finish.clone(), streamed.usage),
        (Some(Finish::Length), Some(Usage { input: 5, output: 7 }))
    );
    assert_eq!(streamed.model, "m");
    assert_eq!(events(CHAT, &stream).last(), Some(&Event::End));
    let mut only = last();
    only["message"] =
        json!({"content": "Zürich!", "thinking": "hm", "tool_calls": stream[2]["message"]["tool_calls"]});
    let mut whole = parse_answer(CHAT, only.to_string().as_bytes()).expect("an answer");
    whole.choices[0].breaks = choice.breaks.clone();
    assert_eq!(whole, streamed);
}

#[test]
fn generate_has_its_text_elsewhere() {
    let stream = [
        json!({"model": "m", "response": "Hi", "logprobs": [{"token": "Hi", "logprob": -0.25, "bytes": [72]}], "done": false}),
        json!({"model": "m", "response": "", "done": true, "context": [1, 2], "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}),
    ];
    let answer = answer(GENERATE, &stream);
    assert_eq!(answer.choices[0].tool_calls[0].name, "f");
    assert_eq!(answer.choices[0].text, "Hi");
    assert_eq!(answer.choices[0].logprobs[0].logprob, -0.25);
    assert_eq!(answer.choices[0].finish, Some(Finish::Stop), "older versions give no reason");
}

#[test]
fn error_lines_are_told() {
    assert_eq!(
        events(CHAT, &[json!({"error": "model not found"})]),
        [Event::Error { message: "model not found".to_owned() }]
    );
    let answer = parse_answer(CHAT, br#"{"error": {"message": "no"}}"#).expect("an error");
    assert_eq!(answer.error.as_deref(), Some("no"));
}

#[test]
fn redaction_takes_log_probabilities_and_context_along() {
    let stream = [
        json!({"response": "Good. ", "logprobs": [{"token": "Good. "}], "done": false}),
        json!({"response": "Bad", "logprobs": [{"token": "Bad"}], "kept": 1, "done": false}),
        json!({"response": "", "done": true, "context": [1, 2], "eval_count": 3}),
    ];
    let out = redacted(GENERATE, &stream, &edits(6, 9, "…"));
    assert_eq!(out[0], stream[0]);
    assert_eq!(out[1], json!({"response": "…", "kept": 1, "done": false}));
    assert_eq!(out[2], json!({"response": "", "done": true, "eval_count": 3}));
    let body = json!({"message": {"role": "assistant", "content": "Good. Bad"}, "done": true, "logprobs": [], "kept": 1});
    let out = redact_answer(CHAT, body.to_string().as_bytes(), &edits(6, 9, "…")).expect("an answer");
    let expected = json!({"message": {"role": "assistant", "content": "Good. …"}, "done": true, "kept": 1});
    assert_eq!(serde_json::from_slice::<Value>(&out).expect("JSON"), expected);
}

#[test]
fn cut_is_a_last_line() {
    let end = cut(CHAT, &[chat(&json!({"content": "a"}))]);
    assert_eq!(
        end,
        [
            json!({"model": "m", "created_at": "2025-01-02T03:04:05.6Z", "message": {"role": "assistant", "content": ""},
            "done": true, "done_reason": "content_filter", "agentguard": {"id": "x1", "message": notice().message}})
        ]
    );
    let end = cut(GENERATE, &[]);
    assert_eq!((&end[0]["response"], &end[0]["done"]), (&json!(""), &json!(true)));
    assert!(cut(CHAT, &[last()]).is_empty(), "it has ended");
}

#[test]
fn replacement_and_refusal_hold_only_the_notice() {
    let mut body = last();
    body["message"] =
        json!({"content": "secret", "thinking": "secret", "tool_calls": [{"function": {"name": "secret"}}]});
    body["logprobs"] = json!(["secret"]);
    let out = replace_answer(CHAT, body.to_string().as_bytes(), &notice()).expect("an answer");
    assert!(!String::from_utf8_lossy(&out).contains("secret"));
    let answer = parse_answer(CHAT, &out).expect("an answer");
    assert_eq!(
        (answer.choices[0].text.as_str(), answer.choices[0].finish.clone()),
        (notice().message.as_str(), Some(Finish::ContentFilter))
    );
    let body = json!({"response": "secret", "context": [1], "done": true});
    let out = replace_answer(GENERATE, body.to_string().as_bytes(), &notice()).expect("an answer");
    assert_eq!(
        serde_json::from_slice::<Value>(&out).expect("JSON"),
        json!({"response": notice().message, "done": true, "done_reason": "content_filter"})
    );
    assert_eq!(&refuse(CHAT, &notice()).body[..], br#"{"error":"Stopped by policy."}"#);
}

#[test]
fn chat_request_is_read() {
    let body = json!({"model": "m", "format": {"type": "object"}, "options": {"temperature": 0, "num_predict": -1},
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What?", "images": ["aGk="]},
            {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
            {"role": "tool", "tool_name": "f", "content": "one"}],
        "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}]});
    let read = request("/api/chat", &body);
    assert!(read.stream, "Ollama streams unless told not to");
    assert_eq!(
        (read.wants_json, read.sampling.max_tokens, read.sampling.temperature),
        (true, None, Some(0.0))
    );
    let roles: Vec<_> = read.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::Tool]);
    assert_eq!(read.messages[1].parts[1], Part::Media { kind: "images".to_owned() });
    let result = Part::ToolResult { call_id: String::new(), name: "f".to_owned(), text: "one".to_owned() };
    assert_eq!(read.messages[3].parts, [result]);
    assert_eq!(
        (read.tools[0].name.as_str(), read.tools[0].parameters.clone()),
        ("f", Some(json!({"type": "object"})))
    );
}

#[test]
fn generate_request_is_read() {
    let body = json!({"model": "m", "system": "Be brief.", "prompt": "What?", "stream": false, "format": "json", "context": [1, 2]});
    let read = request("/api/generate", &body);
    assert_eq!((read.stream, read.wants_json, read.continues.as_deref()), (false, true, Some("context")));
    assert_eq!(read.messages[0].role, Role::System);
    assert_eq!(read.messages[1].parts, [Part::Text("What?".to_owned())]);
    assert!(request("/api/generate", &json!({"model": "m"})).messages.is_empty(), "this only loads a model");
}
