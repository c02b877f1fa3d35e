//! Google generateContent, as server-sent events and as a JSON array.

use std::collections::BTreeMap;

use agentguard_wire::framing::Framing;
use agentguard_wire::{Dialect, Endpoint, Event, Finish, Part, parse_answer, parse_request};
use bytes::Bytes;
use serde_json::{Value, json};

use super::check::{answer_of, any_split, cut_anywhere, redact_body, redact_stream};
use super::expected::{Expected, json_text, list, string, summary};
use super::fixtures::{exchanges, streams};

const DIALECT: Dialect = Dialect::Gemini;

fn sse(payloads: &[String]) -> Bytes {
    payloads.iter().map(|payload| format!("data: {payload}\r\n\r\n")).collect::<String>().into()
}

fn array(payloads: &[String]) -> Bytes {
    format!("[{}\n]", payloads.join("\n,\r\n")).into()
}

/// The body that a stream stands for: parts one after the other, calls put together from their pieces.
fn unstreamed(payloads: &[String]) -> Value {
    let mut body = json!({});
    let mut candidates: BTreeMap<u64, (Vec<Value>, Value)> = BTreeMap::new();
    for payload in payloads {
        let element: Value = serde_json::from_str(payload).unwrap();
        for (key, value) in element.as_object().unwrap() {
            if key != "usageMetadata" || value.get("promptTokenCount").is_some() {
                body[key] = value.clone();
            }
        }
        for candidate in list(&element, "candidates") {
            let index = candidate["index"].as_u64().unwrap_or(0);
            let (parts, last) = candidates.entry(index).or_default();
            for part in list(&candidate["content"], "parts") {
                let Some(call) = part.get("functionCall") else {
                    parts.push(part.clone());
                    continue;
                };
                if call.get("name").is_some() {
                    parts.push(json!({"functionCall": {"name": call["name"], "args": call.get("args").unwrap_or(&json!({}))}}));
                }
                for arg in list(call, "partialArgs") {
                    let args = &mut parts.last_mut().unwrap()["functionCall"]["args"];
                    let name = arg["jsonPath"].as_str().unwrap().strip_prefix("$.").unwrap();
                    assert!(!name.contains(['.', '[']), "this oracle knows plain names only");
                    args[name] = (string(args, name) + arg["stringValue"].as_str().unwrap()).into();
                }
            }
            if !candidate["finishReason"].is_null() {
                *last = candidate["finishReason"].clone();
            }
        }
    }
    body["candidates"] = candidates
        .into_iter()
        .map(|(index, (parts, finish))| json!({"index": index, "content": {"parts": parts}, "finishReason": finish}))
        .collect();
    body
}

fn expected(body: &Value) -> (Vec<Expected>, Option<(u64, u64)>) {
    let candidates = list(body, "candidates").iter().map(|candidate| {
        let mut expected = Expected::default();
        for part in list(&candidate["content"], "parts") {
            let into = if part["thought"] == true { &mut expected.reasoning } else { &mut expected.text };
            *into += &string(part, "text");
            if let Some(call) = part.get("functionCall") {
                expected.calls.push((string(call, "id"), string(call, "name"), call["args"].clone()));
            }
        }
        for chunk in list(&candidate["groundingMetadata"], "groundingChunks") {
            expected.citations.push((string(&chunk["web"], "uri"), String::new()));
        }
        expected.finish = Some(match candidate["finishReason"].as_str().unwrap() {
            "STOP" => Finish::Stop,
            "MAX_TOKENS" => Finish::Length,
            "SAFETY" => Finish::ContentFilter,
            other => Finish::Other(other.to_owned()),
        });
        expected
    });
    let tokens = |key: &str| body["usageMetadata"][key].as_u64().unwrap_or(0);
    (candidates.collect(), Some((tokens("promptTokenCount"), tokens("candidatesTokenCount"))))
}

#[test]
fn recorded_streams() {
    for (name, payloads) in streams("google-main") {
        let body = unstreamed(&payloads);
        for (framing, stream) in [(Framing::Sse, sse(&payloads)), (Framing::JsonArray, array(&payloads))] {
            let frames = any_split(&name, DIALECT, framing, &stream);
            let streamed = answer_of(&frames);
            assert_eq!(summary(&streamed), expected(&body), "{name}");
            let whole = parse_answer(DIALECT, body.to_string().as_bytes()).unwrap();
            assert_eq!(summary(&whole), summary(&streamed), "{name}: unstreamed");
            assert_eq!(whole.choices[0].breaks, streamed.choices[0].breaks, "{name}: breaks");
            let starts = frames.iter().flat_map(|f| &f.events).filter(|e| matches!(e, Event::Start { .. }));
            assert_eq!(starts.count(), 1, "{name}");
            cut_anywhere(&name, (DIALECT, framing), &frames, |out, answer| {
                assert!(answer.choices.iter().all(|c| c.finish == Some(Finish::ContentFilter)), "{name}");
                let raw: Vec<u8> = out.iter().flat_map(|frame| frame.raw.iter().copied()).collect();
                if framing == Framing::JsonArray {
                    assert!(serde_json::from_slice::<Vec<Value>>(&raw).is_ok(), "{name}: not an array");
                }
            });
            redact_stream(&name, DIALECT, framing, &frames);
        }
        redact_body(&name, DIALECT, body.to_string().as_bytes());
        // Something may have gathered the elements of a stream without `alt=sse` into one body.
        let gathered = parse_answer(DIALECT, &array(&payloads)).unwrap();
        assert_eq!(summary(&gathered), expected(&body), "{name}: gathered");
        redact_body(&name, DIALECT, &array(&payloads));
    }
}

#[test]
fn recorded_exchanges() {
    for exchange in exchanges(&["gemini", "vertex"]) {
        let Some(endpoint) = Endpoint::detect("POST", &exchange.path) else {
            assert!(exchange.path.ends_with(":predict"), "{} is not recognised", exchange.path);
            continue;
        };
        check_request(&exchange.id, &endpoint, &exchange.request);
        let body = exchange.response.to_string();
        let answer = parse_answer(DIALECT, body.as_bytes()).unwrap();
        if exchange.status == 200 {
            assert_eq!(summary(&answer), expected(&exchange.response), "{}", exchange.id);
            redact_body(&exchange.id, DIALECT, body.as_bytes());
        } else {
            assert_eq!(answer.error, Some(string(&exchange.response["error"], "message")));
        }
    }
}

fn check_request(name: &str, endpoint: &Endpoint, body: &Value) {
    let request = parse_request(endpoint, body.to_string().as_bytes()).unwrap();
    assert_eq!(Some(&request.model), endpoint.model.as_ref(), "{name}");
    let config = &body["generationConfig"];
    assert_eq!(request.wants_json, config.get("responseMimeType").is_some(), "{name}");
    let functions: Vec<&Value> =
        list(body, "tools").iter().flat_map(|tool| list(tool, "functionDeclarations")).collect();
    let ours: Vec<_> = request.tools.iter().filter(|tool| !tool.hosted).collect();
    assert_eq!(ours.len(), functions.len(), "{name}");
    for (tool, function) in ours.iter().zip(functions) {
        assert_eq!(tool.name, string(function, "name"), "{name}");
        assert_eq!(tool.parameters.as_ref(), function.get("parameters_json_schema"), "{name}");
    }
    let parts: Vec<&Part> = request.messages.iter().flat_map(|m| &m.parts).collect();
    let contents = list(body, "contents").iter().chain(std::iter::once(&body["systemInstruction"]));
    for part in contents.flat_map(|content| list(content, "parts")) {
        let found = if let Some(text) = part["text"].as_str() {
            parts.contains(&&Part::Text(text.to_owned()))
        } else if let Some(call) = part.get("functionCall") {
            parts.iter().any(|p| matches!(p, Part::ToolCall(c) if c.id == string(call, "id") && json_text(&c.arguments) == call["args"]))
        } else if let Some(result) = part.get("functionResponse") {
            parts.iter().any(|p| {
                matches!(p, Part::ToolResult { call_id, name, text }
                if *call_id == string(result, "id") && *name == string(result, "name") && !text.is_empty())
            })
        } else {
            true
        };
        assert!(found, "{name}: {part} lost");
    }
}
