//! What the recorded streams in `tests/` do not show: providers that send less, and every kind of cut.

#![allow(clippy::needless_pass_by_value, reason = "json! makes values")]

use bytes::Bytes;
use serde_json::{Value, json};

use crate::testing::{self, edits, notice};
use crate::{
    Answer, Dialect, Edits, Event, Finish, Frame, Framing, Part, Role, StreamDecoder, StreamEncoder,
    parse_answer, redact_answer, replace_answer,
};

const RESPONSES: Dialect = Dialect::OpenaiResponses;

fn frames(events: &[Value]) -> Vec<Frame> {
    testing::frames(RESPONSES, events)
}

fn decode(stream: &str) -> Vec<Frame> {
    let (mut decoder, mut frames) = (StreamDecoder::new(RESPONSES, Framing::Sse), Vec::new());
    decoder.feed(&Bytes::copy_from_slice(stream.as_bytes()), &mut frames);
    decoder.finish(&mut frames);
    frames
}

fn answer(frames: &[Frame]) -> Answer {
    frames.iter().flat_map(|frame| &frame.events).collect()
}

fn event(kind: &str, more: Value) -> Value {
    let mut event =
        json!({"type": format!("response.{kind}"), "output_index": 0, "content_index": 0, "item_id": "i"});
    event.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    event
}

fn message(text: &str) -> Value {
    json!({"type": "message", "id": "i", "role": "assistant", "status": "completed", "content":
        [{"type": "output_text", "text": text, "annotations": [{"type": "url_citation", "url": "u", "title": "t"}],
        "logprobs": [{"token": text, "logprob": -1.0}]}]})
}

fn response(status: &str, output: &[Value]) -> Value {
    json!({"id": "r", "model": "m", "status": status, "output": output})
}

/// A whole stream of one message.
fn whole(text: &str, pieces: &[&str]) -> Vec<Value> {
    let mut events = vec![
        event("created", json!({"response": response("in_progress", &[])})),
        event(
            "output_item.added",
            json!({"item": {"type": "message", "id": "i", "role": "assistant", "content": []}}),
        ),
        event("content_part.added", json!({"part": {"type": "output_text", "text": ""}})),
    ];
    let token = |text: &str| json!([{"token": text, "logprob": -1.0}]);
    events.extend(
        pieces
            .iter()
            .map(|piece| event("output_text.delta", json!({"delta": piece, "logprobs": token(piece)}))),
    );
    events.extend([
        event("output_text.done", json!({"text": text, "logprobs": token(text)})),
        event("content_part.done", json!({"part": message(text)["content"][0]})),
        event("output_item.done", json!({"item": message(text)})),
        event("completed", json!({"response": response("completed", &[message(text)])})),
    ]);
    events
}

fn redact(frames: &[Frame], edits: &Edits) -> String {
    let mut encoder = StreamEncoder::new(RESPONSES, Framing::Sse);
    let out: Vec<u8> = frames.iter().flat_map(|frame| encoder.redact(frame, edits).to_vec()).collect();
    String::from_utf8(out).expect("utf-8")
}

#[test]
fn text_is_read_however_little_a_provider_sends() {
    let all = whole("Yes. No.", &["Yes.", " No."]);
    let without = |left_out: &[&str]| -> Vec<Value> {
        let kept = all
            .iter()
            .filter(|event| !left_out.iter().any(|kind| event["type"] == format!("response.{kind}")));
        kept.cloned().collect()
    };
    let deltas = "output_text.delta";
    for left_out in [
        vec![],
        vec![deltas],
        vec![deltas, "output_text.done"],
        vec![deltas, "output_text.done", "content_part.added", "content_part.done"],
        vec![deltas, "output_text.done", "content_part.added", "content_part.done", "output_item.done"],
        vec![deltas, "output_text.done", "content_part.done", "output_item.added", "output_item.done"],
        vec!["output_item.added", "content_part.added", "completed"],
    ] {
        let frames = frames(&without(&left_out));
        let answer = answer(&frames);
        assert_eq!(answer.choices[0].text, "Yes. No.", "{left_out:?}");
        let redacted = redact(&frames, &edits(0, 4, "-"));
        assert!(!redacted.contains("Yes"), "{left_out:?}: {redacted}");
        assert_eq!(self::answer(&decode(&redacted)).choices[0].text, "- No.", "{left_out:?}");
    }
}

#[test]
fn logprobs_and_citations_count_once() {
    for events in [whole("ab", &["a", "b"]), whole("ab", &[])] {
        let answer = answer(&frames(&events));
        let tokens: String =
            answer.choices[0].logprobs.iter().map(|logprob| logprob.token.as_str()).collect();
        assert_eq!(tokens, "ab");
        assert_eq!(answer.choices[0].citations.len(), 1);
    }
}

#[test]
fn items_and_parts_are_breaks() {
    let call = json!({"type": "function_call", "id": "f", "call_id": "c", "name": "n", "arguments": "{}"});
    let body = response("completed", &[message("One."), call, message("Two.")]);
    let answer = parse_answer(RESPONSES, body.to_string().as_bytes()).expect("a response");
    assert_eq!(
        (answer.choices[0].text.as_str(), answer.choices[0].breaks.as_slice()),
        ("One.Two.", [4].as_slice())
    );
    assert_eq!(answer.choices[0].finish, Some(Finish::ToolCalls));
    assert_eq!(answer.choices[0].tool_calls[0].id, "c");
}

#[test]
fn endings_and_errors() {
    let ended = |kind: &str, more: Value| {
        let mut body = response(kind, &[]);
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        answer(&frames(&[event(kind, json!({"response": body}))]))
    };
    let incomplete = |reason: &str| ended("incomplete", json!({"incomplete_details": {"reason": reason}}));
    let finish = |answer: &Answer| answer.choices[0].finish.clone();
    assert_eq!(finish(&incomplete("max_output_tokens")), Some(Finish::Length));
    assert_eq!(finish(&incomplete("content_filter")), Some(Finish::ContentFilter));
    let failed = ended("failed", json!({"error": {"code": "server_error", "message": "broke"}}));
    assert_eq!(
        (failed.error.as_deref(), finish(&failed)),
        (Some("broke"), Some(Finish::Other("failed".into())))
    );
    for error in
        [json!({"type": "error", "message": "m"}), json!({"type": "error", "error": {"message": "m"}})]
    {
        assert_eq!(answer(&frames(&[error])).error.as_deref(), Some("m"));
    }
}

#[test]
fn redaction_reaches_everything_that_repeats_the_text() {
    let given = frames(&whole("Aé secret zz. End.", &["Aé se", "cret zz.", " End."]));
    let redacted = redact(&given, &edits(3, 12, "[-]"));
    assert!(
        !redacted.contains("secret") && !redacted.contains("cret") && !redacted.contains("Aé se"),
        "{redacted}"
    );
    assert_eq!(redacted.matches("Aé [-]. End.").count(), 4);
    assert!(!redacted.contains("url_citation"), "offsets into text that is gone");
    let again = answer(&decode(&redacted));
    assert_eq!(again.choices[0].text, "Aé [-]. End.");

    let body = json!({"id": "r", "status": "completed", "output": [message("Aé secret zz. End.")], "output_text": "Aé secret zz. End."});
    let out =
        redact_answer(RESPONSES, body.to_string().as_bytes(), &edits(3, 12, "[-]")).expect("a response");
    let out: Value = serde_json::from_slice(&out).expect("json");
    assert_eq!(
        (&out["output"][0]["content"][0]["text"], &out["output_text"]),
        (&json!("Aé [-]. End."), &json!("Aé [-]. End."))
    );
    assert_eq!(out["output"][0]["content"][0]["logprobs"], json!([]));
}

#[test]
fn frames_without_a_change_keep_their_bytes() {
    let given = frames(&whole("One. Two.", &["One.", " Two."]));
    let mut encoder = StreamEncoder::new(RESPONSES, Framing::Sse);
    let changed = given.iter().filter(|frame| encoder.redact(frame, &edits(5, 9, "-")) != frame.raw).count();
    assert_eq!(changed, 5, "the second delta and the four events that repeat the text");
}

fn cut(events: &[Value]) -> Vec<Value> {
    testing::cut(RESPONSES, events)
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["type"].as_str().expect("a type").trim_start_matches("response."))
        .collect()
}

#[test]
fn cut_closes_what_is_open() {
    let events = whole("Yes. No.", &["Yes.", " No."]);
    let end = cut(&events[..4]);
    assert_eq!(kinds(&end), ["output_text.done", "content_part.done", "output_item.done", "incomplete"]);
    assert_eq!(
        (&end[0]["text"], &end[1]["part"]["text"], &end[0]["item_id"]),
        (&json!("Yes."), &json!("Yes."), &json!("i"))
    );
    assert_eq!(end[3]["response"]["id"], "r");
    assert_eq!(end[3]["response"]["incomplete_details"], json!({"reason": "content_filter"}));
    assert_eq!(end[3]["response"]["output"], json!([end[2]["item"]]));
    assert_eq!(kinds(&cut(&events[..1])), ["incomplete"]);
    assert_eq!(kinds(&cut(&[])), ["created", "incomplete"]);
    assert!(cut(&events).is_empty(), "a stream that has ended");
}

#[test]
fn cut_never_says_that_a_calls_arguments_were_whole() {
    let call = json!({"type": "function_call", "id": "f", "call_id": "c", "name": "n", "arguments": "", "status": "in_progress"});
    let end = cut(&[
        event("created", json!({"response": response("in_progress", &[]), "sequence_number": 0})),
        event("output_item.added", json!({"item": call, "sequence_number": 1})),
        event("function_call_arguments.delta", json!({"delta": "{\"a\"", "sequence_number": 2})),
    ]);
    assert_eq!(kinds(&end), ["output_item.done", "incomplete"]);
    assert_eq!(
        (&end[0]["item"]["status"], &end[0]["item"]["arguments"]),
        (&json!("incomplete"), &json!("{\"a\""))
    );
    assert_eq!((&end[0]["sequence_number"], &end[1]["sequence_number"]), (&json!(3), &json!(4)));
}

#[test]
fn cut_after_a_redaction_repeats_only_what_went_out() {
    let given = frames(&whole("Secret. No.", &["Secret.", " No."])[..5]);
    let mut encoder = StreamEncoder::new(RESPONSES, Framing::Sse);
    for frame in &given {
        let _ = encoder.redact(frame, &edits(0, 7, ""));
    }
    let end = String::from_utf8(encoder.cut(&notice()).to_vec()).expect("utf-8");
    assert!(!end.contains("Secret") && end.contains("\" No.\""), "{end}");
}

#[test]
fn a_second_response_in_the_stream_follows_the_first() {
    let mut events = whole("One.", &["One."]);
    events.extend(whole("Two.", &["Tw", "o."]));
    let given = frames(&events);
    let answer = answer(&given);
    assert_eq!(
        (answer.choices[0].text.as_str(), answer.choices[0].breaks.as_slice()),
        ("One.Two.", [4].as_slice())
    );
    assert!(!given.iter().any(|frame| frame.events.contains(&Event::Unreadable)));
    assert_eq!(
        kinds(&cut(&events[..12])),
        ["output_text.done", "content_part.done", "output_item.done", "incomplete"]
    );
}

#[test]
fn replacement_holds_only_the_notice() {
    let call = json!({"type": "function_call", "name": "secret"});
    let body = response("completed", &[message("secret"), call]);
    let out = replace_answer(RESPONSES, body.to_string().as_bytes(), &notice()).expect("a response");
    assert!(!String::from_utf8_lossy(&out).contains("secret"));
    let answer = parse_answer(RESPONSES, &out).expect("a response");
    assert_eq!(
        (answer.choices[0].text.as_str(), &answer.choices[0].finish),
        (&*notice().message, &Some(Finish::ContentFilter))
    );
}

#[test]
fn request_is_read_whole() {
    let request = testing::request(
        "/v1/responses",
        &json!({
            "model": "m", "stream": true, "instructions": "Be good.", "previous_response_id": "r0", "max_output_tokens": 9,
            "text": {"format": {"type": "json_schema"}}, "include": ["message.output_text.logprobs"],
            "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}, {"type": "web_search"},
                {"type": "namespace", "name": "ns", "tools": [{"type": "custom", "name": "c"}]}],
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Hi"}, {"type": "input_image", "image_url": "u"}]},
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "1", "output": [{"type": "input_text", "text": "R"}]},
                {"type": "file_search_call", "results": [{"file_id": "d", "filename": "n", "text": "T"}]},
                {"type": "code_interpreter_call", "outputs": [{"type": "logs", "logs": "42"}]},
            ],
        }),
    );
    assert!(request.stream && request.wants_json && request.sampling.logprobs);
    assert_eq!((request.continues.as_deref(), request.sampling.max_tokens), (Some("r0"), Some(9)));
    let tools: Vec<_> = request.tools.iter().map(|tool| (tool.name.as_str(), tool.hosted)).collect();
    assert_eq!(tools, [("f", false), ("web_search", true), ("c", false)]);
    assert_eq!(request.messages[0].role, Role::System);
    assert_eq!(
        request.messages[1].parts,
        [Part::Text("Hi".into()), Part::Media { kind: "input_image".into() }]
    );
    let result = |call_id: &str, name: &str, text: &str| Part::ToolResult {
        call_id: call_id.into(),
        name: name.into(),
        text: text.into(),
    };
    assert_eq!(request.messages[4].parts, [result("1", "f", "R")]);
    assert!(matches!(&request.messages[5].parts[0], Part::Document(found) if found.text == "T"));
    assert_eq!(request.messages[6].parts, [result("", "", "42")]);
    assert_eq!(
        testing::request("/v1/responses", &json!({"model": "m", "input": "Hi"})).messages[0].parts,
        [Part::Text("Hi".into())]
    );
}
