//! What vendors make of Chat Completions, one case each; whole recorded streams are tried in `tests/recorded.rs`.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::testing::{self, edits, notice};
use crate::{
    Answer, Dialect, Event, Finish, Frame, Framing, Part, Role, StreamDecoder, StreamEncoder, TokenLogprob,
    Usage, parse_answer, redact_answer, refuse, replace_answer,
};

const CHAT: Dialect = Dialect::OpenaiChat;

fn frames(chunks: &[Value]) -> Vec<Frame> {
    testing::frames(CHAT, chunks)
}

fn answer(frames: &[Frame]) -> Answer {
    frames.iter().flat_map(|frame| &frame.events).collect()
}

fn of_deltas(deltas: &[Value]) -> Answer {
    let chunk = |delta: &Value| json!({"choices": [{"index": 0, "delta": delta}]});
    answer(&frames(&deltas.iter().map(chunk).collect::<Vec<_>>()))
}

#[test]
fn reasoning_under_every_name() {
    for key in ["reasoning_content", "reasoning", "reasoning_text", "thinking"] {
        let answer = of_deltas(&[json!({key: "hm", "content": null}), json!({"content": "é", key: null})]);
        assert_eq!(
            (answer.choices[0].reasoning.as_str(), answer.choices[0].text.as_str()),
            ("hm", "é"),
            "{key}"
        );
    }
    let twice = of_deltas(&[json!({"reasoning": "a", "reasoning_content": "a"})]);
    assert_eq!(twice.choices[0].reasoning, "a");
}

#[test]
fn content_parts_of_mistral() {
    let answer = of_deltas(&[
        json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}),
        json!({"content": [{"type": "text", "text": "A"}, {"type": "reference", "reference_ids": [1]}, {"type": "text", "text": "B"}]}),
        json!({"content": "C"}),
    ]);
    assert_eq!((answer.choices[0].reasoning.as_str(), answer.choices[0].text.as_str()), ("hm", "ABC"));
}

#[test]
fn tool_calls_by_index_by_id_and_repeated() {
    let call = |call: Value| json!({"tool_calls": [call]});
    let function = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
    let cases = [
        // OpenAI: id and name once; calls interleaved.
        vec![
            call(json!({"index": 0, "id": "a", "function": function("f", json!(""))})),
            call(json!({"index": 1, "id": "b", "function": function("g", json!("{"))})),
            call(json!({"index": 0, "function": {"arguments": "{}"}})),
            call(json!({"index": 1, "function": {"arguments": "}"}})),
        ],
        // Every chunk repeats id and name.
        vec![
            call(json!({"index": 0, "id": "a", "function": function("f", json!("{"))})),
            call(json!({"index": 0, "id": "a", "function": function("f", json!("}"))})),
            call(json!({"index": 1.0, "id": "b", "function": function("g", json!("{}"))})),
        ],
        // No index, or always 0; arguments as an object.
        vec![
            call(json!({"id": "a", "function": function("f", json!({}))})),
            call(json!({"id": "b", "function": function("g", json!("{}"))})),
        ],
        vec![
            call(json!({"index": 0, "id": "a", "function": function("f", json!("{}"))})),
            call(json!({"index": 0, "id": "b", "function": function("g", json!("{}"))})),
        ],
    ];
    for deltas in cases {
        let calls = &of_deltas(&deltas).choices[0].tool_calls;
        let found: Vec<_> =
            calls.iter().map(|c| (c.id.as_str(), c.name.as_str(), c.arguments.as_str())).collect();
        assert_eq!(found, [("a", "f", "{}"), ("b", "g", "{}")], "{deltas:?}");
    }
    let legacy =
        of_deltas(&[json!({"function_call": {"name": "f"}}), json!({"function_call": {"arguments": "{}"}})]);
    assert_eq!(legacy.choices[0].tool_calls[0].name, "f");
    assert_eq!(legacy.choices[0].tool_calls[0].arguments, "{}");
}

#[test]
fn calls_end_with_their_choice_or_with_the_stream() {
    let start = json!({"choices": [{"delta": {"tool_calls": [{"id": "a", "function": {"name": "f"}}]}}]});
    let end = json!({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]});
    for chunks in [vec![start.clone(), end], vec![start]] {
        let ends = frames(&chunks)
            .iter()
            .flat_map(|f| f.events.clone())
            .filter(|e| matches!(e, Event::ToolEnd { .. }))
            .count();
        assert_eq!(ends, 1);
    }
}

#[test]
fn oddities_are_read() {
    let chunks = [
        json!({"choices": [], "id": "", "model": "", "prompt_filter_results": [{}]}),
        json!({"choices": null}),
        json!({"id": "1", "model": "m", "choices": [{"index": 1, "delta": null, "finish_reason": ""}]}),
        json!({"id": "2", "choices": [{"index": 0.0, "delta": {"content": "a", "tool_calls": null}, "logprobs":
            {"content": [{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}]}}]}),
        json!({"choices": [], "x_groq": {"usage": {"prompt_tokens": 3.0, "completion_tokens": 4}}, "citations": ["u"]}),
        json!({"error": {"message": "overloaded", "code": 502}, "citations": ["u"]}),
    ];
    let answer = answer(&frames(&chunks));
    assert_eq!((answer.id.as_str(), answer.model.as_str()), ("1", "m"));
    assert_eq!(answer.choices[0].logprobs, [TokenLogprob { token: "a".into(), logprob: -0.5 }]);
    assert_eq!(answer.usage, Some(Usage { input: 3, output: 4 }));
    assert_eq!(answer.choices[0].citations.len(), 1);
    assert_eq!(answer.error.as_deref(), Some("overloaded"));
}

#[test]
fn what_is_not_json_is_unreadable_and_what_is_unknown_is_opaque() {
    let mut decoder = StreamDecoder::new(CHAT, Framing::Sse);
    let mut frames = Vec::new();
    decoder.feed(
        &Bytes::from_static(b"data: {\"choices\":[{\n\ndata: {\"type\":\"ping\"}\n\n: hi\n\n"),
        &mut frames,
    );
    assert_eq!(frames[0].events.as_slice(), [Event::Unreadable]);
    assert!(frames[1].events.is_empty() && frames[2].events.is_empty());
}

#[test]
fn cut_ends_every_open_choice() {
    let chunk = |index: u32, reason: Value| {
        json!({"id": "c", "created": 7, "model": "m", "choices":
        [{"index": index, "delta": {"role": "assistant", "content": ""}, "finish_reason": reason}]})
    };
    let given = frames(&[chunk(0, json!(null)), chunk(1, json!(null)), chunk(2, json!("stop"))]);
    let mut encoder = StreamEncoder::new(CHAT, Framing::Sse);
    given.iter().for_each(|frame| encoder.delivered(frame));
    let cut = String::from_utf8(encoder.cut(&notice()).to_vec()).expect("utf-8");
    let lines: Vec<&str> = cut.split("\n\n").filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[2], "data: [DONE]");
    for (line, index) in lines.iter().zip([0, 1]) {
        let chunk: Value = serde_json::from_str(&line[6..]).expect("json");
        assert_eq!((&chunk["id"], &chunk["created"], &chunk["model"]), (&json!("c"), &json!(7), &json!("m")));
        assert_eq!(chunk["choices"][0]["index"], index);
        assert_eq!(chunk["choices"][0]["finish_reason"], "content_filter");
    }
    assert!(encoder.cut(&notice()).is_empty());
    let first = StreamEncoder::new(CHAT, Framing::Sse).cut(&notice());
    let mut decoder = StreamDecoder::new(CHAT, Framing::Sse);
    let mut frames = Vec::new();
    decoder.feed(&first, &mut frames);
    assert_eq!(answer(&frames).choices[0].finish, Some(Finish::ContentFilter));
}

#[test]
fn redaction_of_a_stream_equals_that_of_the_answer() {
    let whole = "Paris is é. It has 9 million people. Yes.";
    let logprobs = json!({"content": [{"token": "secret", "logprob": -1.0}]});
    let chunks: Vec<Value> = whole.chars().collect::<Vec<_>>().chunks(5).map(|piece| {
        let text: String = piece.iter().collect();
        json!({"seed": 1.5, "choices": [{"index": 0, "delta": {"content": text}, "text": text, "logprobs": logprobs}]})
    }).collect();
    let edits = edits(12, 36, "[removed]");
    let mut encoder = StreamEncoder::new(CHAT, Framing::Sse);
    let mut decoder = StreamDecoder::new(CHAT, Framing::Sse);
    let (mut sent, mut again) = (String::new(), Vec::new());
    for frame in frames(&chunks) {
        let out = encoder.redact(&frame, &edits);
        sent.push_str(std::str::from_utf8(&out).expect("utf-8"));
        decoder.feed(&out, &mut again);
    }
    assert_eq!(answer(&again).choices[0].text, "Paris is é. [removed] Yes.");
    assert!(!sent.contains('9') && !sent.contains("milli") && sent.contains("1.5"));
    assert_eq!(
        sent.matches("secret").count(),
        2 + 1,
        "log-probabilities stay only where nothing was removed"
    );

    let body = json!({"x": {"keep": 1}, "choices": [{"index": 0, "message": {"content": whole}, "logprobs": logprobs}]});
    let out = redact_answer(CHAT, body.to_string().as_bytes(), &edits).expect("an answer");
    let out: Value = serde_json::from_slice(&out).expect("json");
    assert_eq!(
        out,
        json!({"x": {"keep": 1}, "choices":
        [{"index": 0, "message": {"content": "Paris is é. [removed] Yes."}, "logprobs": null}]})
    );
}

#[test]
fn snapshot_beside_the_delta_is_redacted_too() {
    let chunk = |delta: &str, whole: &str| json!({"choices": [{"delta": {"content": delta}, "message": {"role": "assistant", "content": whole}}]});
    let frames = frames(&[chunk("Yes. ", "Yes. "), chunk("No.", "Yes. No.")]);
    assert_eq!(answer(&frames).choices[0].text, "Yes. No.");
    let mut encoder = StreamEncoder::new(CHAT, Framing::Sse);
    let edits = edits(0, 5, "");
    let sent: Vec<Value> = frames
        .iter()
        .map(|f| serde_json::from_slice(&encoder.redact(f, &edits)[6..]).expect("json"))
        .collect();
    assert_eq!(sent, [chunk("", ""), chunk("No.", "No.")]);
}

#[test]
fn replacement_and_refusal_hold_only_the_notice() {
    let body = json!({"id": "i", "usage": {"total_tokens": 3}, "choices": [{"index": 0, "finish_reason": "tool_calls", "logprobs":
        {"content": [{"token": "secret"}]}, "message": {"role": "assistant", "content": "secret", "reasoning": "secret",
        "tool_calls": [{"function": {"name": "secret"}}]}}]});
    let out = replace_answer(CHAT, body.to_string().as_bytes(), &notice()).expect("an answer");
    let text = String::from_utf8(out.clone()).expect("utf-8");
    assert!(!text.contains("secret") && text.contains("total_tokens"), "{text}");
    let answer = parse_answer(CHAT, &out).expect("an answer");
    assert_eq!(answer.choices[0].text, notice().message);
    assert_eq!(answer.choices[0].finish, Some(Finish::ContentFilter));
    let refusal = refuse(CHAT, &notice());
    let error: Value = serde_json::from_slice(&refusal.body).expect("json");
    assert_eq!((refusal.status, &error["error"]["code"]), (403, &json!("agentguard_blocked")));
}

#[test]
fn request_is_read_whole() {
    let request = testing::request(
        "/openai/deployments/gpt-4o/chat/completions",
        &json!({
            "n": 2, "stream": true, "logprobs": true, "max_tokens": 5, "response_format": {"type": "json_schema"},
            "documents": [{"doc_id": "d1", "title": "T", "text": "X"}, {"id": "d2", "data": {"a": 1}}],
            "tools": [{"type": "function", "function": {"name": "f", "description": "D", "parameters": {"type": "object"}}},
                {"type": "custom", "custom": {"name": "c"}}, {"type": "web_search"}],
            "functions": [{"name": "old"}],
            "messages": [
                {"role": "developer", "content": "Be good."},
                {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": "data:"}}]},
                {"role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls":
                    [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "R"}]},
            ],
        }),
    );
    assert_eq!(request.model, "gpt-4o", "Azure names the model in the path");
    assert!(request.stream && request.wants_json && request.sampling.logprobs);
    assert_eq!((request.choices, request.sampling.max_tokens), (2, Some(5)));
    assert_eq!((request.documents[0].id.as_str(), request.documents[1].text.as_str()), ("d1", "{\"a\":1}"));
    let tools: Vec<_> = request.tools.iter().map(|tool| (tool.name.as_str(), tool.hosted)).collect();
    assert_eq!(tools, [("f", false), ("c", false), ("web_search", true), ("old", false)]);
    let roles: Vec<_> = request.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::Developer, Role::User, Role::Assistant, Role::Tool]);
    assert_eq!(request.messages[1].parts[1], Part::Media { kind: "image_url".into() });
    assert!(matches!(&request.messages[2].parts[0], Part::Reasoning(text) if text == "hm"));
    let result = Part::ToolResult { call_id: "1".into(), name: "f".into(), text: "R".into() };
    assert_eq!(request.messages[3].parts, [result]);
}

#[test]
fn numbers_beside_an_edit_survive_to_the_last_digit() {
    let body = r#"{"choices":[{"index":0,"message":{"content":"abc"}},{"index":1,"message":{"content":"abc"},
        "logprobs":{"content":[{"token":"abc","logprob":-10.887645986434427}]}}]}"#;
    let out = redact_answer(CHAT, body.as_bytes(), &edits(0, 1, "")).expect("an answer");
    assert!(String::from_utf8_lossy(&out).contains("-10.887645986434427"));
}
