//! What recorded traffic does not show, one case each.

use serde_json::{Value, json};

use super::schema::normalised;
use crate::testing::{answer, cut, edits, events, notice, redacted, request};
use crate::{
    Dialect, Document, Edit, Event, Finish, Framing, Part, Role, StreamDecoder, StreamEncoder, parse_answer,
    redact_answer, refuse, replace_answer,
};

const GEMINI: Dialect = Dialect::Gemini;

fn element(parts: &[Value]) -> Value {
    json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0}]})
}

fn call(call: &Value) -> Value {
    element(&[json!({"functionCall": call})])
}

#[test]
fn every_candidate_is_read_and_thoughts_are_not_text() {
    let stream = [
        json!({"candidates": [
            {"index": 0, "content": {"parts": [{"text": "hm", "thought": true}, {"text": "A"}]}},
            {"index": 1, "content": {"parts": [{"text": "B"}]}, "finishReason": "MAX_TOKENS"}]}),
        json!({"candidates": [{"index": 0, "content": {"parts": [{"text": "a"}]}, "finishReason": "SPII", "finishMessage": "No."}]}),
    ];
    let choices = answer(GEMINI, &stream).choices;
    assert_eq!((choices[0].text.as_str(), choices[0].reasoning.as_str()), ("Aa", "hm"));
    assert_eq!(
        (choices[0].finish.clone(), choices[0].refusal.as_str()),
        (Some(Finish::ContentFilter), "No.")
    );
    assert_eq!((choices[1].text.as_str(), choices[1].finish.clone()), ("B", Some(Finish::Length)));
}

#[test]
fn parts_of_other_kinds_break_the_text() {
    let parts = [
        json!({"text": "é"}),
        json!({"executableCode": {"code": "1"}}),
        json!({"codeExecutionResult": {}}),
        json!({"text": "b"}),
    ];
    let choice = &answer(GEMINI, &[element(&parts)]).choices[0];
    assert_eq!((choice.text.as_str(), choice.breaks.as_slice()), ("éb", &[1][..]));
    let signed = answer(
        GEMINI,
        &[element(&[json!({"text": "a"}), json!({"thoughtSignature": "x"}), json!({"text": "b"})])],
    );
    assert!(signed.choices[0].breaks.is_empty(), "a signature is no content");
}

#[test]
fn arguments_come_together_by_path() {
    let stream = [
        call(&json!({"name": "book", "id": "c1", "willContinue": true})),
        call(
            &json!({"partialArgs": [{"jsonPath": "$.where.city", "stringValue": "San ", "willContinue": true}], "willContinue": true}),
        ),
        call(
            &json!({"partialArgs": [{"jsonPath": "$.where.city", "stringValue": "José"}, {"jsonPath": "$.nights", "numberValue": 3}], "willContinue": true}),
        ),
        call(
            &json!({"partialArgs": [{"jsonPath": "$.guests[0]['first name']", "stringValue": "Ann"}, {"jsonPath": "$.guests[1]['first name']", "stringValue": "Bo"},
            {"jsonPath": "$.late", "boolValue": false}, {"jsonPath": "$.note", "nullValue": null}], "willContinue": true}),
        ),
        call(&json!({})),
        call(&json!({"name": "ping"})),
    ];
    let calls = &answer(GEMINI, &stream).choices[0].tool_calls;
    let arguments: Value = serde_json::from_str(&calls[0].arguments).expect("JSON");
    assert_eq!(
        arguments,
        json!({"where": {"city": "San José"}, "nights": 3, "guests": [{"first name": "Ann"}, {"first name": "Bo"}], "late": false, "note": null})
    );
    assert_eq!((calls[0].id.as_str(), calls[0].name.as_str()), ("c1", "book"));
    assert_eq!((calls.len(), calls[1].name.as_str(), calls[1].arguments.as_str()), (2, "ping", "{}"));
}

#[test]
fn hostile_paths_make_no_room() {
    let deep = format!("$.{}x", "a[9999999999].".repeat(100_000));
    for path in ["$.a[4294967295]", &deep, "$.", "$[", "$['a", "", "$..a", "]["] {
        let partial = json!({"partialArgs": [{"jsonPath": path, "stringValue": "x"}], "willContinue": true});
        let events = events(GEMINI, &[call(&json!({"name": "f", "willContinue": true})), call(&partial)]);
        assert!(matches!(events.last(), Some(Event::ToolEnd { .. })), "an open call ends with the stream");
        let length = events
            .iter()
            .map(|e| if let Event::ToolArguments { fragment, .. } = e { fragment.len() } else { 0 });
        assert!(length.sum::<usize>() < 100);
    }
}

#[test]
fn sources_that_are_repeated_are_said_once() {
    let grounding = |uris: &[&str]| {
        let chunks: Vec<_> = uris.iter().map(|uri| json!({"web": {"uri": uri, "title": "t"}})).collect();
        json!({"candidates": [{"groundingMetadata": {"groundingChunks": chunks}}]})
    };
    let quoted = json!({"candidates": [{"citationMetadata": {"citationSources": [{"uri": "c", "startIndex": 0}], "citations": [{"uri": "d"}]}}]});
    let answer = answer(GEMINI, &[grounding(&["a"]), grounding(&["a", "b"]), quoted]);
    let sources: Vec<_> =
        answer.choices[0].citations.iter().map(|citation| citation.source.as_str()).collect();
    assert_eq!(sources, ["a", "b", "d", "c"]);
}

#[test]
fn blocked_prompt_is_filtered() {
    let body =
        json!({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4.0}});
    let answer = parse_answer(GEMINI, body.to_string().as_bytes()).expect("a response");
    assert_eq!(answer.choices[0].finish, Some(Finish::ContentFilter));
    assert_eq!(answer.usage.map(|usage| usage.input), Some(4));
}

#[test]
fn error_in_a_stream_is_told() {
    let error = json!({"error": {"code": 503, "message": "Overloaded.", "status": "UNAVAILABLE"}});
    assert_eq!(events(GEMINI, &[error]), [Event::Error { message: "Overloaded.".to_owned() }]);
}

#[test]
fn log_probabilities_go_with_the_text_they_tell() {
    let stream = [
        json!({"candidates": [{"content": {"parts": [{"text": "Good. "}]}, "logprobsResult": {"chosenCandidates": [{"token": "Good. ", "logProbability": -0.5}]}}]}),
        json!({"candidates": [{"content": {"parts": [{"text": "Bad", "kept": 1}]}, "avgLogprobs": -1, "logprobsResult": {"topCandidates": ["Bad"]}}]}),
        json!({"candidates": [{"content": {}, "finishReason": "STOP", "citationMetadata": {"citations": []},
            "groundingMetadata": {"webSearchQueries": ["q"], "groundingSupports": [{"segment": {"text": "Bad"}}]}}]}),
    ];
    let tokens = &answer(GEMINI, &stream).choices[0].logprobs;
    assert_eq!((tokens.len(), tokens[0].token.as_str(), tokens[0].logprob), (1, "Good. ", -0.5));
    let out = redacted(GEMINI, &stream, &edits(6, 9, "…"));
    assert_eq!(out[0], stream[0]);
    assert_eq!(out[1], json!({"candidates": [{"content": {"parts": [{"text": "…", "kept": 1}]}}]}));
    assert_eq!(
        out[2],
        json!({"candidates": [{"content": {}, "finishReason": "STOP", "groundingMetadata": {"webSearchQueries": ["q"]}}]})
    );
}

#[test]
fn redaction_of_a_body_knows_its_candidates() {
    let body = json!({"candidates": [
        {"index": 1, "content": {"parts": [{"text": "secret"}, {"text": "secret", "thought": true}, {"text": " end"}]}},
        {"index": 0, "content": {"parts": [{"text": "kept"}]}, "avgLogprobs": -1}]});
    let mut edits = crate::Edits::default();
    edits.add(1, Edit { start: 0, end: 8, replacement: "[…]".to_owned() });
    let out = redact_answer(GEMINI, body.to_string().as_bytes(), &edits).expect("a response");
    let out: Value = serde_json::from_slice(&out).expect("JSON");
    let texts: Vec<_> = out["candidates"][0]["content"]["parts"]
        .as_array()
        .expect("parts")
        .iter()
        .map(|p| &p["text"])
        .collect();
    assert_eq!(texts, ["[…]", "secret", "nd"]);
    assert_eq!(out["candidates"][1], body["candidates"][1]);
}

#[test]
fn cut_ends_every_candidate_that_the_client_knows() {
    let stream = [
        json!({"responseId": "r", "modelVersion": "g", "usageMetadata": {"promptTokenCount": 1, "trafficType": "X"}, "candidates": [
        {"index": 0, "content": {"parts": [{"text": "a"}]}}, {"index": 2, "content": {"parts": [{"functionCall": {"name": "f"}}]}}]}),
    ];
    let end = cut(GEMINI, &stream);
    assert_eq!(end.len(), 1);
    let candidates: Vec<_> = end[0]["candidates"].as_array().expect("candidates").iter().collect();
    assert_eq!(candidates.iter().map(|c| &c["index"]).collect::<Vec<_>>(), [0, 2]);
    assert!(
        candidates.iter().all(|c| c["finishReason"] == "SAFETY" && c["finishMessage"] == notice().message)
    );
    assert_eq!((&end[0]["responseId"], &end[0]["modelVersion"]), (&json!("r"), &json!("g")));
    assert_eq!(end[0]["usageMetadata"], stream[0]["usageMetadata"]);
    assert_eq!(answer(GEMINI, &cut(GEMINI, &[])).choices[0].finish, Some(Finish::ContentFilter));
}

#[test]
fn cut_array_is_a_whole_array() {
    for elements in [0, 1, 2] {
        let stream = format!(
            "[{}",
            [element(&[json!({"text": "a"})]).to_string(), element(&[json!({"text": "b"})]).to_string()]
                [..elements]
                .join(",\r\n")
        );
        let (mut decoder, mut frames) = (StreamDecoder::new(GEMINI, Framing::JsonArray), Vec::new());
        decoder.feed(&stream.clone().into(), &mut frames);
        let mut encoder = StreamEncoder::new(GEMINI, Framing::JsonArray);
        let mut out = Vec::new();
        for frame in &frames {
            encoder.delivered(frame);
            out.extend_from_slice(&frame.raw);
        }
        out.extend_from_slice(&encoder.cut(&notice()));
        let array: Vec<Value> = serde_json::from_slice(&out).expect("an array");
        assert_eq!(array.len(), elements + 1, "{}", String::from_utf8_lossy(&out));
    }
}

#[test]
fn replacement_and_refusal_hold_only_the_notice() {
    let body = json!([{"candidates": [{"content": {"parts": [{"text": "secret"}]}}]},
        {"responseId": "r", "candidates": [{"content": {"parts": [{"text": "secret"}]}, "index": 0, "groundingMetadata": {"x": "secret"}}, {"index": 1}]}]);
    let out = replace_answer(GEMINI, body.to_string().as_bytes(), &notice()).expect("a response");
    assert!(!String::from_utf8_lossy(&out).contains("secret"));
    let answer = parse_answer(GEMINI, &out).expect("a response");
    assert_eq!((answer.id.as_str(), answer.choices.len()), ("r", 2));
    assert!(
        answer.choices.iter().all(|c| c.text == notice().message && c.finish == Some(Finish::ContentFilter))
    );
    let error: Value = serde_json::from_slice(&refuse(GEMINI, &notice()).body).expect("JSON");
    assert_eq!(
        error,
        json!({"error": {"code": 403, "message": notice().message, "status": "PERMISSION_DENIED"}})
    );
}

#[test]
fn request_is_read_in_either_spelling() {
    let camel = json!({
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"inlineData": {"mimeType": "text/plain", "data": "QSBpcyAxLg=="}}, {"inlineData": {"mimeType": "image/png", "data": ""}}, {"text": "What?"}]},
            {"role": "model", "parts": [{"text": "hm", "thought": true}, {"functionCall": {"name": "f", "args": {"a": 1}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"result": "one\ntwo"}}}]},
            {"role": "function", "parts": [{"functionResponse": {"name": "f", "response": {"a": 1, "b": 2}}}]}],
        "tools": [{"functionDeclarations": [{"name": "f", "description": "d", "parameters": {"type": "OBJECT"}}]}, {"googleSearch": {}, "codeExecution": {}}],
        "generationConfig": {"temperature": 0.5, "topP": 1, "maxOutputTokens": 9.0, "candidateCount": 2, "responseMimeType": "application/json", "responseLogprobs": true},
        "cachedContent": "cachedContents/1",
    });
    let snake = json!({
        "system_instruction": {"parts": {"text": "Be brief."}},
        "contents": camel["contents"].to_string().replace("inlineData", "inline_data").replace("mimeType", "mime_type").replace("functionCall", "function_call").replace("functionResponse", "function_response").parse::<Value>().expect("JSON"),
        "tools": [{"function_declarations": [{"name": "f", "description": "d", "parameters": {"type": "OBJECT"}}]}, {"googleSearch": {}, "codeExecution": {}}],
        "generation_config": {"temperature": 0.5, "top_p": 1, "max_output_tokens": 9.0, "candidate_count": 2, "response_mime_type": "application/json", "response_logprobs": true},
        "cached_content": "cachedContents/1",
    });
    let path = "/v1beta/models/gemini-x:streamGenerateContent?alt=sse";
    let read = request(path, &camel);
    assert_eq!(read, request(path, &snake));
    assert_eq!(
        (read.model.as_str(), read.stream, read.choices, read.wants_json),
        ("gemini-x", true, 2, true)
    );
    assert_eq!((read.sampling.max_tokens, read.sampling.logprobs), (Some(9), true));
    assert_eq!(read.continues.as_deref(), Some("cachedContents/1"));
    let roles: Vec<_> = read.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::Tool, Role::Tool]);
    let text = Document { text: "A is 1.".to_owned(), ..Document::default() };
    assert_eq!(
        read.messages[1].parts[..2],
        [Part::Document(text), Part::Media { kind: "inlineData".to_owned() }]
    );
    let result =
        |text: &str| Part::ToolResult { call_id: String::new(), name: "f".to_owned(), text: text.to_owned() };
    assert_eq!(read.messages[3].parts, [result("one\ntwo")]);
    assert_eq!(read.messages[4].parts, [result(r#"{"a":1,"b":2}"#)]);
    let tools: Vec<_> = read.tools.iter().map(|tool| (tool.name.as_str(), tool.hosted)).collect();
    assert_eq!(tools, [("f", false), ("googleSearch", true), ("codeExecution", true)]);
    assert_eq!(read.tools[0].parameters, Some(json!({"type": "object"})));
}

#[test]
fn google_schemas_become_json_schemas() {
    let google = json!({
        "type": "OBJECT", "required": ["type"], "propertyOrdering": ["type", "tags"],
        "properties": {
            "type": {"type": "STRING", "enum": ["A", "B"], "nullable": true},
            "tags": {"type": "ARRAY", "min_items": "1", "items": {"type": "INTEGER", "format": "int64"}},
            "any": {"any_of": [{"type": "NUMBER"}, {"type": "BOOLEAN"}]}}});
    let expected = json!({
        "type": "object", "required": ["type"],
        "properties": {
            "type": {"type": ["string", "null"], "enum": ["A", "B", null]},
            "tags": {"type": "array", "minItems": 1, "items": {"type": "integer", "format": "int64"}},
            "any": {"anyOf": [{"type": "number"}, {"type": "boolean"}]}}});
    assert_eq!(normalised(&google), expected);
    assert_eq!(normalised(&expected), expected, "JSON Schema stays what it is");
}

#[test]
fn odd_elements_do_not_hide_text() {
    let stream = [
        json!({"candidates": [null, {"index": "1", "content": {"parts": [{"text": "kept", "functionCall": 3, "thought": "no"}, 4]}, "finishReason": 7}], "usageMetadata": []}),
        json!({"candidates": {"index": 0}}),
        json!({"candidates": [{"index": 4e9, "content": {"parts": [{"text": "bounded"}]}}]}),
    ];
    let answer = answer(GEMINI, &stream);
    assert_eq!(answer.choices[1].text, "kept");
    assert_eq!(answer.choices.last().map(|choice| choice.text.as_str()), Some("bounded"));
    parse_answer(GEMINI, b"{\"object\": \"list\"}").expect_err("another dialect's body");
}
