//! Blocks that recorded traffic does not show, one case each.

use serde_json::{Value, json};

use crate::testing::{answer, cut, edits, events, notice, redacted, request};
use crate::{
    Citation, Dialect, Edits, Event, Finish, Part, Role, Usage, parse_answer, redact_answer, refuse,
    replace_answer,
};

const MESSAGES: Dialect = Dialect::AnthropicMessages;

fn start() -> Value {
    json!({"type": "message_start", "message": {"id": "msg_1", "model": "claude-x", "usage": {"input_tokens": 9, "output_tokens": 1}}})
}

fn open(index: u64, block: &Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, delta: &Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn text(index: u64, text: &str) -> Value {
    delta(index, &json!({"type": "text_delta", "text": text}))
}

fn close(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn text_block(index: u64, said: &str) -> Vec<Value> {
    vec![open(index, &json!({"type": "text", "text": ""})), text(index, said), close(index)]
}

#[test]
fn adjacent_text_is_one_text_and_other_blocks_break_it() {
    let mut stream = vec![start()];
    stream.extend(text_block(0, "Zürich "));
    stream.extend(text_block(1, "lies"));
    stream.extend([
        open(2, &json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}})),
        close(2),
    ]);
    stream.extend([open(3, &json!({"type": "web_search_tool_result", "content": []})), close(3)]);
    stream.extend(text_block(4, " north."));
    let choice = &answer(MESSAGES, &stream).choices[0];
    assert_eq!((choice.text.as_str(), choice.breaks.as_slice()), ("Zürich lies north.", &[11][..]));
    assert!(choice.tool_calls.is_empty(), "a server tool is no call for the client");
}

#[test]
fn calls_without_arguments_read_as_in_a_whole_body() {
    let stream =
        [start(), open(0, &json!({"type": "tool_use", "id": "t1", "name": "now", "input": {}})), close(0)];
    let body = json!({"id": "msg_1", "model": "claude-x", "content": [{"type": "tool_use", "id": "t1", "name": "now", "input": {}}]});
    let whole = parse_answer(MESSAGES, body.to_string().as_bytes()).expect("a message");
    assert_eq!(answer(MESSAGES, &stream).choices, whole.choices);
    assert_eq!(whole.choices[0].tool_calls[0].arguments, "{}");
}

#[test]
fn call_that_is_never_closed_ends_with_the_stream() {
    let call = open(3, &json!({"type": "tool_use", "id": "t1", "name": "find"}));
    let part = delta(3, &json!({"type": "input_json_delta", "partial_json": "{\"q\":"}));
    let events = events(MESSAGES, &[start(), call, part]);
    assert_eq!(events.last(), Some(&Event::ToolEnd { choice: 0, call: 0 }));
}

#[test]
fn citations_of_every_location() {
    let locations = [
        json!({"type": "char_location", "cited_text": "a", "document_index": 0, "document_title": "Doc"}),
        json!({"type": "search_result_location", "cited_text": "b", "source": "https://s", "title": "S"}),
        json!({"type": "web_search_result_location", "cited_text": "c", "url": "https://w", "title": null}),
        json!({"type": "page_location", "cited_text": "d", "file_id": "file_1"}),
    ];
    let mut stream = vec![start(), open(0, &json!({"type": "text", "text": "", "citations": []}))];
    stream.extend(
        locations.iter().map(|given| delta(0, &json!({"type": "citations_delta", "citation": given}))),
    );
    let cited = |source: &str, title: &str, quote: &str| Citation {
        source: source.to_owned(),
        title: title.to_owned(),
        quote: quote.to_owned(),
    };
    let expected = [
        cited("", "Doc", "a"),
        cited("https://s", "S", "b"),
        cited("https://w", "", "c"),
        cited("file_1", "", "d"),
    ];
    assert_eq!(answer(MESSAGES, &stream).choices[0].citations, expected);
    let body = json!({"content": [{"type": "text", "text": "", "citations": locations}]});
    let whole = parse_answer(MESSAGES, body.to_string().as_bytes()).expect("a message");
    assert_eq!(whole.choices[0].citations, expected);
}

#[test]
fn counts_left_out_keep_their_last_value() {
    let end = json!({"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 30}});
    let answer = answer(MESSAGES, &[start(), end, json!({"type": "message_stop"})]);
    assert_eq!(answer.usage, Some(Usage { input: 9, output: 30 }));
    assert_eq!(answer.choices[0].finish, Some(Finish::Length));
}

#[test]
fn stop_reasons() {
    for (given, expected) in [
        ("stop_sequence", Finish::Stop),
        ("model_context_window_exceeded", Finish::Length),
        ("refusal", Finish::ContentFilter),
        ("pause_turn", Finish::Other("pause_turn".to_owned())),
    ] {
        let body = json!({"content": [], "stop_reason": given});
        let answer = parse_answer(MESSAGES, body.to_string().as_bytes()).expect("a message");
        assert_eq!(answer.choices[0].finish, Some(expected));
    }
}

#[test]
fn errors_in_a_stream_are_told() {
    let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    assert_eq!(events(MESSAGES, &[error]), [Event::Error { message: "Overloaded".to_owned() }]);
}

#[test]
fn cut_closes_what_is_open_and_tells_why() {
    let call = open(1, &json!({"type": "tool_use", "id": "t1", "name": "find", "input": {}}));
    let mut stream = vec![start()];
    stream.extend(text_block(0, "Hi"));
    stream.push(call);
    let end = cut(MESSAGES, &stream);
    let kinds: Vec<_> = end.iter().map(|payload| payload["type"].as_str().expect("a type")).collect();
    assert_eq!(kinds, ["content_block_stop", "message_delta", "message_stop"]);
    assert_eq!(end[0]["index"], 1);
    assert_eq!(end[1]["delta"]["stop_reason"], "refusal");
    assert_eq!(end[1]["delta"]["stop_details"]["explanation"], notice().message);
    assert_eq!(end[1]["usage"]["output_tokens"], 1);
}

#[test]
fn cut_of_a_message_behind_another_ends_that() {
    let mut stream = vec![start(), json!({"type": "message_stop"})];
    assert!(cut(MESSAGES, &stream).is_empty(), "it has ended");
    let block = || open(0, &json!({"type": "text", "text": ""}));
    stream.extend([start(), block()]);
    assert_eq!(cut(MESSAGES, &stream).len(), 3);
    // The block of a message that broke off belongs to nobody.
    stream.extend([start(), block()]);
    assert_eq!(cut(MESSAGES, &stream).len(), 3);
}

#[test]
fn cut_before_anything_is_a_whole_message() {
    let end = cut(MESSAGES, &[]);
    assert_eq!(end[0]["type"], "message_start");
    let answer = answer(MESSAGES, &end);
    assert_eq!(answer.choices[0].finish, Some(Finish::ContentFilter));
}

#[test]
fn redaction_takes_citations_of_the_text_along() {
    let cited = |index, url: &str| {
        let citation = json!({"type": "web_search_result_location", "cited_text": "q", "url": url});
        delta(index, &json!({"type": "citations_delta", "citation": citation}))
    };
    let block = || json!({"type": "text", "text": "", "citations": []});
    // Citations come before the text of their block.
    let stream = [
        start(),
        open(0, &block()),
        cited(0, "https://kept"),
        text(0, "Good. "),
        close(0),
        open(1, &block()),
        cited(1, "https://gone"),
        text(1, "Bad"),
        text(1, " thing."),
        close(1),
    ];
    let out = redacted(MESSAGES, &stream, &edits(6, 15, "[removed]"));
    assert_eq!(out.len(), stream.len(), "no frame vanishes");
    assert_eq!(out[..6], stream[..6]);
    assert_eq!(out[6]["delta"], json!({"type": "text_delta", "text": ""}));
    assert_eq!((&out[7]["delta"]["text"], &out[8]["delta"]["text"]), (&json!("[removed]"), &json!(".")));
    let choice = &answer(MESSAGES, &out).choices[0];
    assert_eq!((choice.text.as_str(), choice.citations.len()), ("Good. [removed].", 1));

    let body = json!({"content": [
        {"type": "text", "text": "Good. ", "citations": [{"url": "https://kept"}], "later": [1]},
        {"type": "text", "text": "Bad thing.", "citations": [{"url": "https://gone"}]},
    ], "extra": {"kept": true}});
    let out =
        redact_answer(MESSAGES, body.to_string().as_bytes(), &edits(6, 15, "[removed]")).expect("a message");
    let out: Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!(out["content"][0], body["content"][0]);
    assert_eq!(out["content"][1], json!({"type": "text", "text": "[removed].", "citations": null}));
    assert_eq!(out["extra"], body["extra"]);
}

#[test]
fn replacement_and_refusal_hold_only_the_notice() {
    let body = json!({"id": "msg_1", "model": "claude-x", "content": [
        {"type": "thinking", "thinking": "secret"}, {"type": "text", "text": "secret"},
        {"type": "tool_use", "id": "t", "name": "n", "input": {"a": "secret"}}], "stop_reason": "tool_use"});
    let out = replace_answer(MESSAGES, body.to_string().as_bytes(), &notice()).expect("a message");
    assert!(!String::from_utf8_lossy(&out).contains("secret"));
    let answer = parse_answer(MESSAGES, &out).expect("a message");
    assert_eq!((answer.id.as_str(), answer.choices[0].text.as_str()), ("msg_1", "Stopped by policy."));
    assert_eq!(answer.choices[0].finish, Some(Finish::ContentFilter));
    let refusal = refuse(MESSAGES, &notice());
    let error: Value = serde_json::from_slice(&refusal.body).expect("JSON");
    assert_eq!(refusal.status, 403);
    assert_eq!(error["error"], json!({"type": "permission_error", "message": "Stopped by policy."}));
}

#[test]
fn documents_search_results_and_tool_results_become_parts() {
    let body = json!({
        "model": "claude-x", "max_tokens": 64.0, "stream": true,
        "system": [{"type": "text", "text": "Be brief."}],
        "messages": [
            {"role": "user", "content": [
                {"type": "document", "title": "Spec", "context": "Draft", "source": {"type": "text", "media_type": "text/plain", "data": "A is 1."}},
                {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "B"}, {"type": "text", "text": "C"}]}},
                {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}},
                {"type": "search_result", "source": "https://r", "title": "R", "content": [{"type": "text", "text": "D"}]},
                {"type": "image", "source": {"type": "url", "url": "https://i"}},
                {"type": "text", "text": "What is A?"}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "tool_use", "id": "t1", "name": "lookup", "input": {"k": "A", "n": [1, 2]}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "A=1"}, {"type": "search_result", "source": "u", "title": "T", "content": []}]},
                {"type": "text", "text": "Go on."}]},
        ],
        "tools": [
            {"name": "lookup", "description": "Looks up.", "input_schema": {"type": "object"}},
            {"type": "web_search_20250305", "name": "web_search"},
            {"type": "bash_20250124", "name": "bash"},
            {"type": "mcp_toolset", "mcp_server_name": "jira"}],
        "mcp_servers": [{"type": "url", "name": "jira", "url": "https://j"}],
    });
    let request = request("/v1/messages", &body);
    assert_eq!((request.stream, request.sampling.max_tokens), (true, Some(64)));
    let roles: Vec<_> = request.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::Tool, Role::User]);
    let texts: Vec<_> = request.messages[1]
        .parts
        .iter()
        .map(|part| match part {
            Part::Document(document) => format!("{}|{}|{}", document.id, document.title, document.text),
            Part::Media { kind } => kind.clone(),
            Part::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        texts,
        ["|Spec|Draft", "|Spec|A is 1.", "||B\nC", "document", "https://r|R|D", "image", "What is A?"]
    );
    let Part::ToolCall(call) = &request.messages[2].parts[1] else { panic!("no call") };
    assert_eq!(call.arguments, r#"{"k":"A","n":[1,2]}"#);
    assert_eq!(
        request.messages[3].parts[0],
        Part::ToolResult { call_id: "t1".to_owned(), name: "lookup".to_owned(), text: "A=1".to_owned() }
    );
    assert!(matches!(&request.messages[3].parts[1], Part::Document(document) if document.title == "T"));
    let hosted: Vec<_> = request.tools.iter().map(|tool| (tool.name.as_str(), tool.hosted)).collect();
    assert_eq!(
        hosted,
        [("lookup", false), ("web_search", true), ("bash", false), ("jira", true), ("jira", true)]
    );
}

#[test]
fn server_tool_results_are_read_without_what_is_encrypted() {
    let body = json!({"messages": [{"role": "assistant", "content": [
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [
            {"type": "web_search_result", "title": "T", "url": "https://u", "encrypted_content": "XXXX"}]},
        {"type": "web_fetch_tool_result", "tool_use_id": "s2", "content": {"type": "web_fetch_result", "content":
            {"type": "document", "source": {"type": "base64", "data": "XXXX"}}, "url": "https://v"}},
        {"type": "bash_code_execution_tool_result", "tool_use_id": "s3", "content": {"stdout": "42", "return_code": 0}}]}]});
    let request =
        request("/v1/projects/p/locations/l/publishers/anthropic/models/claude-x:streamRawPredict", &body);
    assert_eq!((request.model.as_str(), request.stream), ("claude-x", true));
    let results: Vec<_> = request.messages[0]
        .parts
        .iter()
        .map(|part| match part {
            Part::ToolResult { name, text, .. } => (name.as_str(), text.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(results.iter().all(|(_, text)| !text.contains("XXXX")), "{results:?}");
    assert!(results[0].1.contains("https://u") && results[1].1.contains("https://v"));
    assert_eq!(results[2], ("bash_code_execution", r#"{"stdout":"42","return_code":0}"#));
}

#[test]
fn text_of_a_new_kind_of_block_is_read_and_redacted() {
    let stream =
        [start(), open(0, &json!({"type": "verse", "text": "Roses "})), text(0, "are red"), close(0)];
    let body = json!({"content": [{"type": "verse", "text": "Roses are red"}]});
    let whole = parse_answer(MESSAGES, body.to_string().as_bytes()).expect("a message");
    assert_eq!(whole.choices[0].text, answer(MESSAGES, &stream).choices[0].text);
    let out = redact_answer(MESSAGES, body.to_string().as_bytes(), &edits(6, 13, "…")).expect("a message");
    assert_eq!(parse_answer(MESSAGES, &out).expect("a message").choices[0].text, "Roses …");
    assert_eq!(answer(MESSAGES, &redacted(MESSAGES, &stream, &edits(6, 13, "…"))).choices[0].text, "Roses …");
}

#[test]
fn odd_payloads_do_not_hide_text() {
    let stream = [
        json!({"type": "message_start", "message": null}),
        json!({"type": "content_block_start", "index": "0", "content_block": 5}),
        json!({"type": "content_block_delta", "index": null, "delta": {"type": "text_delta", "text": "kept", "citation": []}}),
        json!({"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": "{}"}}),
        json!({"type": "content_block_stop", "index": 99}),
        json!({"type": "message_delta", "delta": [], "usage": "many"}),
        json!({"type": "brand_new", "text": "?"}),
        json!([1, 2]),
        json!("x"),
    ];
    assert_eq!(answer(MESSAGES, &stream).choices[0].text, "kept");
    assert_eq!(redacted(MESSAGES, &stream, &Edits::default()), stream[..7]);
    parse_answer(MESSAGES, b"{\"object\": \"chat.completion\"}").expect_err("another dialect's body");
}
