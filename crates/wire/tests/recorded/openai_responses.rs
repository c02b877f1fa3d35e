//! The Responses API of OpenAI, Azure, DeepSeek, GitHub Copilot and xAI.

use std::collections::{BTreeMap, BTreeSet};

use agentguard_wire::framing::Framing;
use agentguard_wire::{Dialect, Endpoint, Event, Finish, Frame, Part, parse_answer, parse_request};
use bytes::Bytes;
use serde_json::Value;

use super::check::{answer_of, any_split, cut_anywhere, nothing_leaks, redact_body, redact_stream};
use super::expected::{Expected, list, string, summary};
use super::fixtures::{exchanges, payloads_of_sse, streams};

const DIALECT: Dialect = Dialect::OpenaiResponses;
const FOLDERS: [&str; 3] = ["openai-responses", "azure-main", "xai-responses"];

/// Whose deltas were abridged by those who recorded it; the events that repeat the text have it whole.
const ABRIDGED: [&str; 1] = ["openai-phase.1.chunks.txt"];
/// The same, with a full stop where the deltas break off: its deltas and its whole text contradict each other.
const REWORDED: &str = "openai-shell-container.1.chunks.txt";

fn sse(payloads: &[String]) -> Bytes {
    let frame = |payload: &String| {
        let kind = string(&serde_json::from_str(payload).unwrap(), "type");
        format!("event: {kind}\ndata: {payload}\n\n")
    };
    payloads.iter().map(frame).collect::<String>().into()
}

/// What the response object at a stream's end says, and what the deltas alone add up to.
fn expected(response: &Value) -> (Vec<Expected>, Option<(u64, u64)>) {
    let mut expected = Expected::default();
    for item in list(response, "output") {
        let texts = |key: &str| list(item, key).iter().map(|part| string(part, "text")).collect::<String>();
        match item["type"].as_str().unwrap() {
            "message" => {
                for part in list(item, "content") {
                    expected.text += &string(part, "text");
                    expected.refusal += &string(part, "refusal");
                    for annotation in list(part, "annotations") {
                        let source = string(annotation, "url") + &string(annotation, "file_id");
                        expected.citations.push((source, String::new()));
                    }
                }
            }
            "reasoning" => expected.reasoning += &(texts("content") + &texts("summary")),
            "function_call" | "custom_tool_call" => {
                let arguments = string(item, "arguments") + &string(item, "input");
                let arguments = serde_json::from_str(&arguments).unwrap_or(Value::String(arguments));
                expected.calls.push((string(item, "call_id"), string(item, "name"), arguments));
            }
            _ => {}
        }
    }
    expected.finish = match response["status"].as_str().unwrap() {
        "completed" if expected.calls.is_empty() => Some(Finish::Stop),
        "completed" => Some(Finish::ToolCalls),
        other => panic!("a status that the test does not know: {other}"),
    };
    let tokens = |key: &str| response["usage"][key].as_u64();
    (vec![expected], tokens("input_tokens").zip(tokens("output_tokens")))
}

fn deltas(payloads: &[Value], kind: &str) -> String {
    payloads.iter().filter(|event| event["type"] == kind).map(|event| string(event, "delta")).collect()
}

fn payloads_of(frames: &[Frame]) -> Vec<Value> {
    let text: String = frames.iter().map(|frame| String::from_utf8(frame.raw.to_vec()).unwrap()).collect();
    payloads_of_sse(&text).iter().map(|payload| serde_json::from_str(payload).unwrap()).collect()
}

fn check_stream(name: &str, stream: &Bytes) {
    let frames = any_split(name, DIALECT, Framing::Sse, stream);
    let payloads = payloads_of(&frames);
    let streamed = answer_of(&frames);
    let abridged = ABRIDGED.contains(&name);
    assert!(
        abridged || streamed.choices[0].text == deltas(&payloads, "response.output_text.delta"),
        "{name}"
    );
    let mut items = Vec::new();
    let mut wanted: (Vec<Expected>, _) = (vec![Expected::default()], None);
    let mut responses = Vec::new();
    for event in &payloads {
        match event["type"].as_str().unwrap() {
            "response.output_item.done" => items.push(event["item"].clone()),
            "response.completed" => {
                let mut response = event["response"].clone();
                if list(&response, "output").is_empty() {
                    // GitHub Copilot leaves the output out at the end.
                    response["output"] = std::mem::take(&mut items).into();
                }
                items.clear();
                let (mut next, usage) = expected(&response);
                wanted = (vec![wanted.0.remove(0).followed_by(next.remove(0))], usage);
                responses.push(response);
            }
            _ => {}
        }
    }
    assert_eq!(summary(&streamed), wanted, "{name}");
    if let [response] = responses.as_slice() {
        let whole = parse_answer(DIALECT, response.to_string().as_bytes()).unwrap();
        assert_eq!(summary(&whole), summary(&streamed), "{name}: unstreamed");
        assert_eq!(whole.choices[0].breaks, streamed.choices[0].breaks, "{name}: breaks");
        assert_eq!(streamed.model, string(response, "model"), "{name}");
        redact_body(name, DIALECT, response.to_string().as_bytes());
    }
    cut_anywhere(name, (DIALECT, Framing::Sse), &frames, |out, answer| {
        assert_eq!(answer.choices[0].finish, Some(Finish::ContentFilter), "{name}");
        assert_eq!(out.last().unwrap().events.last(), Some(&Event::End), "{name}");
        closed(name, &payloads_of(out));
    });
    redact_stream(name, DIALECT, Framing::Sse, &frames);
    nothing_leaks(name, DIALECT, Framing::Sse, &frames);
}

/// A cut stream opens and closes every item and part once, repeats what went out, and numbers its events on.
fn closed(name: &str, payloads: &[Value]) {
    let mut open: BTreeMap<String, i32> = BTreeMap::new();
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut last = None;
    for event in payloads {
        let kind = event["type"].as_str().unwrap();
        let at = |kind: &str| {
            format!("{kind} {} {} {}", event["output_index"], event["content_index"], event["summary_index"])
        };
        if kind == "response.created" {
            // Several recorded steps in one file.
            (open, texts, last) = Default::default();
        }
        if let Some(number) = event["sequence_number"].as_u64() {
            assert!(last < Some(number), "{name}: sequence");
            last = Some(number);
        }
        for (start, end) in [("item.added", "item.done"), ("part.added", "part.done")] {
            if kind.ends_with(start) {
                *open.entry(at(&start[..4])).or_default() += 1;
            }
            if kind.ends_with(end) && open.contains_key(&at(&end[..4])) {
                *open.entry(at(&end[..4])).or_default() -= 1;
            }
        }
        match kind {
            "response.output_text.delta" => *texts.entry(at("")).or_default() += &string(event, "delta"),
            "response.output_text.done" => {
                let whole = string(event, "text");
                let said = texts.insert(at(""), whole.clone()).unwrap_or_default();
                assert!(whole.starts_with(&said) && (whole == said || ABRIDGED.contains(&name)), "{name}");
            }
            _ => {}
        }
    }
    assert!(open.values().all(|count| *count == 0), "{name}: {open:?}");
    let end = payloads.last().unwrap();
    assert_eq!(
        (&end["type"], &end["response"]["status"]),
        (&"response.incomplete".into(), &"incomplete".into())
    );
    let parts = list(&end["response"], "output").iter().flat_map(|item| list(item, "content"));
    let said = parts.filter(|part| part["type"] == "output_text").map(|part| string(part, "text"));
    let said: BTreeSet<String> = said.filter(|text| !text.is_empty()).collect();
    assert_eq!(said, texts.into_values().filter(|text| !text.is_empty()).collect(), "{name}");
}

#[test]
fn recorded_streams() {
    for (name, payloads) in FOLDERS.iter().flat_map(|folder| streams(folder)) {
        if name == REWORDED {
            any_split(&name, DIALECT, Framing::Sse, &sse(&payloads));
            continue;
        }
        // One file holds events that are no JSON: a brace is missing.
        let broken =
            payloads.iter().filter(|payload| serde_json::from_str::<Value>(payload).is_err()).count();
        if broken > 0 {
            assert_eq!((name.as_str(), broken), ("parallel-tool-call-wrapper.1.chunks.txt", 2));
            continue;
        }
        check_stream(&name, &sse(&payloads));
    }
}

#[test]
fn recorded_exchanges() {
    for exchange in exchanges(&["openai", "deepseek"]) {
        let endpoint = Endpoint::detect("POST", &exchange.path).unwrap();
        if endpoint.dialect != DIALECT {
            continue;
        }
        let name = &exchange.id;
        check_request(name, &endpoint, &exchange.request);
        if exchange.content_type.starts_with("text/event-stream") {
            check_stream(name, &Bytes::copy_from_slice(exchange.response.as_str().unwrap().as_bytes()));
            continue;
        }
        let body = exchange.response.as_str().map_or_else(|| exchange.response.to_string(), str::to_owned);
        let answer = parse_answer(DIALECT, body.as_bytes()).unwrap();
        if exchange.status == 200 {
            assert_eq!(summary(&answer), expected(&exchange.response), "{name}");
            redact_body(name, DIALECT, body.as_bytes());
        } else {
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(answer.error, Some(string(&body["error"], "message")), "{name}");
        }
    }
}

/// Every text, call and result of the request was read.
fn check_request(name: &str, endpoint: &Endpoint, body: &Value) {
    let request = parse_request(endpoint, body.to_string().as_bytes()).unwrap();
    assert_eq!(request.model, string(body, "model"), "{name}");
    assert_eq!(request.stream, body["stream"].as_bool().unwrap_or_default(), "{name}");
    let parts: Vec<&Part> = request.messages.iter().flat_map(|message| &message.parts).collect();
    let has = |wanted: &Part| assert!(parts.contains(&wanted), "{name}: lost {wanted:?}");
    if let Some(instructions) = body["instructions"].as_str() {
        has(&Part::Text(instructions.to_owned()));
    }
    if let Some(input) = body["input"].as_str() {
        has(&Part::Text(input.to_owned()));
    }
    for item in list(body, "input") {
        match item["type"].as_str().unwrap_or("message") {
            "message" if item["content"].is_string() => has(&Part::Text(string(item, "content"))),
            "message" => list(item, "content").iter().for_each(|part| has(&Part::Text(string(part, "text")))),
            "function_call" => has(&Part::ToolCall(agentguard_wire::ToolCall {
                id: string(item, "call_id"),
                name: string(item, "name"),
                arguments: string(item, "arguments"),
            })),
            "function_call_output" => {
                let asked = list(body, "input")
                    .iter()
                    .find(|call| call["name"].is_string() && call["call_id"] == item["call_id"]);
                let name = asked.map(|call| string(call, "name")).unwrap_or_default();
                has(&Part::ToolResult {
                    call_id: string(item, "call_id"),
                    name,
                    text: string(item, "output"),
                });
            }
            "additional_tools" | "tool_search_output" => {
                for tool in list(item, "tools") {
                    assert!(request.tools.iter().any(|read| read.name == string(tool, "name")), "{name}");
                }
            }
            _ => {}
        }
    }
    for tool in list(body, "tools").iter().filter(|tool| tool["type"] == "function") {
        let read = request.tools.iter().find(|read| read.name == string(tool, "name")).unwrap();
        assert_eq!(read.parameters.as_ref(), tool.get("parameters"), "{name}");
    }
}
