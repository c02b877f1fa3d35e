//! Anthropic Messages.

use agentguard_wire::framing::Framing;
use agentguard_wire::{Dialect, Endpoint, Event, Finish, Part, Role, parse_answer, parse_request};
use bytes::Bytes;
use serde_json::{Value, json};

use super::check::{answer_of, any_split, cut_anywhere, redact_body, redact_stream};
use super::expected::{Expected, json_text, list, string, summary};
use super::fixtures::{exchanges, payloads_of_sse, streams};

const DIALECT: Dialect = Dialect::AnthropicMessages;

fn sse(payloads: &[String]) -> Bytes {
    let frame = |payload: &String| {
        let kind = string(&serde_json::from_str(payload).unwrap(), "type");
        format!("event: {kind}\ndata: {payload}\n\n")
    };
    payloads.iter().map(frame).collect::<String>().into()
}

/// The body that a stream stands for. Blocks of a spliced second message follow those of the first.
fn unstreamed(payloads: &[String]) -> Value {
    let mut body = json!({});
    let mut blocks: Vec<Value> = Vec::new();
    let mut base = 0;
    let mut inputs: Vec<String> = Vec::new();
    for payload in payloads {
        let event: Value = serde_json::from_str(payload).unwrap();
        let index = base + event["index"].as_u64().unwrap_or(0) as usize;
        match event["type"].as_str().unwrap() {
            "message_start" => {
                body = event["message"].clone();
                base = blocks.len();
            }
            "content_block_start" => {
                assert_eq!(blocks.len(), index);
                blocks.push(event["content_block"].clone());
                inputs.push(String::new());
            }
            "content_block_delta" => {
                let delta = &event["delta"];
                let mut append = |field: &str| {
                    let text = string(&blocks[index], field) + &string(delta, field);
                    blocks[index][field] = text.into();
                };
                match delta["type"].as_str().unwrap() {
                    "text_delta" => append("text"),
                    "thinking_delta" => append("thinking"),
                    "input_json_delta" => inputs[index] += &string(delta, "partial_json"),
                    "citations_delta" => {
                        let mut citations = list(&blocks[index], "citations").to_vec();
                        citations.push(delta["citation"].clone());
                        blocks[index]["citations"] = citations.into();
                    }
                    _ => {}
                }
            }
            "message_delta" => {
                for (key, value) in event["delta"].as_object().unwrap() {
                    body[key] = value.clone();
                }
                for (key, value) in event["usage"].as_object().unwrap() {
                    body["usage"][key] = value.clone();
                }
            }
            _ => {}
        }
    }
    for (block, input) in blocks.iter_mut().zip(inputs) {
        if !input.is_empty() {
            block["input"] = serde_json::from_str(&input).unwrap_or(Value::String(input));
        }
    }
    body["content"] = blocks.into();
    body
}

fn expected(body: &Value) -> (Vec<Expected>, Option<(u64, u64)>) {
    let mut expected = Expected::default();
    for block in list(body, "content") {
        match block["type"].as_str().unwrap() {
            "text" => {
                expected.text += &string(block, "text");
                for citation in list(block, "citations") {
                    expected.citations.push((string(citation, "url"), string(citation, "cited_text")));
                }
            }
            "thinking" => expected.reasoning += &string(block, "thinking"),
            "tool_use" => {
                expected.calls.push((string(block, "id"), string(block, "name"), block["input"].clone()));
            }
            _ => {}
        }
    }
    expected.refusal = body["stop_details"]["explanation"].as_str().unwrap_or_default().to_owned();
    expected.finish = Some(match body["stop_reason"].as_str().unwrap() {
        "end_turn" | "stop_sequence" => Finish::Stop,
        "max_tokens" => Finish::Length,
        "tool_use" => Finish::ToolCalls,
        "refusal" => Finish::ContentFilter,
        other => Finish::Other(other.to_owned()),
    });
    let tokens = |key: &str| body["usage"][key].as_u64().unwrap();
    (vec![expected], Some((tokens("input_tokens"), tokens("output_tokens"))))
}

fn check_stream(name: &str, payloads: &[String], stream: &Bytes) {
    let frames = any_split(name, DIALECT, Framing::Sse, stream);
    let body = unstreamed(payloads);
    let streamed = answer_of(&frames);
    assert_eq!(summary(&streamed), expected(&body), "{name}");
    let mut whole = parse_answer(DIALECT, body.to_string().as_bytes()).unwrap();
    assert_eq!(summary(&whole), summary(&streamed), "{name}: unstreamed");
    assert_eq!(streamed.id, string(&body, "id"), "{name}");
    // A break stands where blocks of other kinds part text; both ways must agree, but for a spliced message.
    if payloads.iter().filter(|p| p.contains("\"message_start\"")).count() == 1 {
        assert_eq!(whole.choice(0).breaks, streamed.choices[0].breaks, "{name}: breaks");
    }
    cut_anywhere(name, (DIALECT, Framing::Sse), &frames, |out, answer| {
        assert_eq!(answer.choices[0].finish, Some(Finish::ContentFilter), "{name}");
        assert_eq!(out.last().unwrap().events.last(), Some(&Event::End), "{name}");
        blocks_balance(name, out);
    });
    redact_stream(name, DIALECT, Framing::Sse, &frames);
    redact_body(name, DIALECT, body.to_string().as_bytes());
}

/// Every block that was started is stopped once, within its message.
fn blocks_balance(name: &str, out: &[agentguard_wire::Frame]) {
    let mut open = Vec::new();
    let mut last = String::new();
    for frame in out {
        let text = std::str::from_utf8(&frame.raw).unwrap();
        let Some(data) = text.lines().find_map(|line| line.strip_prefix("data: ")) else { continue };
        let event: Value = serde_json::from_str(data).unwrap();
        last = string(&event, "type");
        assert!(text.starts_with(&format!("event: {last}\n")), "{name}: event name");
        match last.as_str() {
            "message_start" => open.clear(),
            "content_block_start" => open.push(event["index"].clone()),
            "content_block_stop" => {
                let at = open.iter().position(|index| *index == event["index"]);
                open.remove(at.unwrap_or_else(|| panic!("{name}: a block is stopped twice")));
            }
            "message_delta" => assert!(open.is_empty(), "{name}: blocks left open"),
            _ => {}
        }
    }
    assert_eq!(last, "message_stop", "{name}");
}

#[test]
fn recorded_streams() {
    for (name, payloads) in streams("anthropic") {
        check_stream(&name, &payloads, &sse(&payloads));
    }
}

#[test]
fn recorded_exchanges() {
    for exchange in exchanges(&["anthropic"]) {
        let endpoint = Endpoint::detect("POST", &exchange.path).unwrap();
        assert_eq!(endpoint.dialect, DIALECT);
        check_request(&exchange.id, &endpoint, &exchange.request);
        let streamed = exchange.content_type.starts_with("text/event-stream");
        if streamed {
            let text = exchange.response.as_str().unwrap();
            check_stream(&exchange.id, &payloads_of_sse(text), &Bytes::copy_from_slice(text.as_bytes()));
        } else if exchange.status == 200 {
            let body = exchange.response.to_string();
            let answer = parse_answer(DIALECT, body.as_bytes()).unwrap();
            assert_eq!(summary(&answer), expected(&exchange.response), "{}", exchange.id);
            redact_body(&exchange.id, DIALECT, body.as_bytes());
        } else {
            let answer = parse_answer(DIALECT, exchange.response.to_string().as_bytes()).unwrap();
            assert_eq!(answer.error, exchange.response["error"]["message"].as_str().map(str::to_owned));
        }
    }
}

/// Every text, tool result and call of the request is somewhere in what was read.
fn check_request(name: &str, endpoint: &Endpoint, body: &Value) {
    let request = parse_request(endpoint, body.to_string().as_bytes()).unwrap();
    assert_eq!(request.model, string(body, "model"), "{name}");
    assert_eq!(request.stream, body["stream"].as_bool().unwrap_or(false), "{name}");
    assert_eq!(request.sampling.max_tokens, body["max_tokens"].as_u64(), "{name}");
    assert_eq!(request.wants_json, body["output_config"]["format"].is_object(), "{name}");
    let mcp = list(body, "mcp_servers").len();
    assert_eq!(request.tools.len(), list(body, "tools").len() + mcp, "{name}");
    for (tool, read) in list(body, "tools").iter().zip(&request.tools) {
        assert_eq!(
            (&read.name, read.parameters.as_ref()),
            (&string(tool, "name"), tool.get("input_schema")),
            "{name}"
        );
    }
    let parts: Vec<(Role, &Part)> =
        request.messages.iter().flat_map(|m| m.parts.iter().map(|part| (m.role, part))).collect();
    let said = |role: Role, text: &Value| {
        let text = text.as_str().unwrap();
        assert!(
            parts.iter().any(|(r, part)| *r == role && matches!(part, Part::Text(t) if t == text)),
            "{name}: text lost"
        );
    };
    match &body["system"] {
        Value::Null => {}
        Value::String(_) => said(Role::System, &body["system"]),
        _ => list(body, "system").iter().for_each(|block| said(Role::System, &block["text"])),
    }
    for message in list(body, "messages") {
        let role = match message["role"].as_str().unwrap() {
            "assistant" => Role::Assistant,
            "system" => Role::System,
            _ => Role::User,
        };
        if message["content"].is_string() {
            said(role, &message["content"]);
        }
        for block in list(message, "content") {
            match block["type"].as_str().unwrap() {
                "text" => said(role, &block["text"]),
                "tool_use" => assert!(parts.iter().any(|(_, part)| matches!(part, Part::ToolCall(call)
                    if call.id == string(block, "id") && json_text(&call.arguments) == block["input"]))),
                "tool_result" => {
                    let text = match &block["content"] {
                        Value::String(text) => text.clone(),
                        content => content[0]["text"].as_str().unwrap_or_default().to_owned(),
                    };
                    let found = parts.iter().any(|(r, part)| {
                        *r == Role::Tool
                            && matches!(part, Part::ToolResult { call_id, text: t, name }
                                if *call_id == string(block, "tool_use_id") && t.starts_with(&text) && !name.is_empty())
                    });
                    assert!(found, "{name}: tool result lost");
                }
                "document" if block["source"]["type"] == "text" => {
                    let text = string(&block["source"], "data");
                    assert!(
                        parts.iter().any(|(_, part)| matches!(part, Part::Document(d) if d.text == text))
                    );
                }
                _ => {}
            }
        }
    }
}
