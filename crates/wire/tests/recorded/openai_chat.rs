//! Chat Completions of OpenAI, Azure, DeepSeek, Groq, Mistral, OpenRouter and xAI.

use agentguard_wire::framing::Framing;
use agentguard_wire::{Dialect, Endpoint, Event, Finish, Part, parse_answer, parse_request};
use bytes::Bytes;
use serde_json::{Value, json};

use super::check::{answer_of, any_split, cut_anywhere, nothing_leaks, redact_body, redact_stream};
use super::expected::{Expected, list, string, summary};
use super::fixtures::{exchanges, payloads_of_sse, streams};

const DIALECT: Dialect = Dialect::OpenaiChat;
const FOLDERS: [&str; 4] = ["openai-chat", "deepseek-chat", "mistral-main", "xai-main"];
const PROVIDERS: [&str; 5] = ["openai", "deepseek", "groq", "mistral", "openrouter"];

fn sse(payloads: &[String]) -> Bytes {
    let end = "data: [DONE]\n\n".to_owned();
    payloads.iter().map(|payload| format!("data: {payload}\n\n")).chain([end]).collect::<String>().into()
}

/// The body that a stream stands for, put together as the SDKs do it.
fn unstreamed(payloads: &[String]) -> Value {
    let mut body = json!({"id": "", "model": "", "choices": []});
    for payload in payloads {
        let chunk: Value = serde_json::from_str(payload).unwrap();
        for key in ["id", "model"] {
            if body[key] == "" {
                body[key] = chunk[key].clone();
            }
        }
        if chunk["usage"].is_object() {
            body["usage"] = chunk["usage"].clone();
        }
        for given in list(&chunk, "choices") {
            let index = given["index"].as_u64().unwrap() as usize;
            let choices = body["choices"].as_array_mut().unwrap();
            while choices.len() <= index {
                let message = json!({"role": "assistant", "content": "", "tool_calls": []});
                choices.push(json!({"index": choices.len(), "message": message, "finish_reason": null}));
            }
            let choice = &mut choices[index];
            if given["finish_reason"].is_string() {
                choice["finish_reason"] = given["finish_reason"].clone();
            }
            add(&given["delta"], &mut choice["message"]);
        }
    }
    body
}

fn add(delta: &Value, message: &mut Value) {
    for key in ["content", "reasoning_content"] {
        if let Some(text) = delta[key].as_str() {
            message[key] = (string(message, key) + text).into();
        }
    }
    for part in list(delta, "content") {
        let thought: String = list(part, "thinking").iter().map(|thought| string(thought, "text")).collect();
        message["reasoning_content"] = (string(message, "reasoning_content") + &thought).into();
        message["content"] = (string(message, "content") + &string(part, "text")).into();
    }
    for given in list(delta, "tool_calls") {
        let calls = message["tool_calls"].as_array_mut().unwrap();
        let index = given["index"].as_u64().unwrap() as usize;
        while calls.len() <= index {
            calls.push(json!({"id": "", "type": "function", "function": {"name": "", "arguments": ""}}));
        }
        let call = &mut calls[index];
        call["id"] = (string(call, "id") + &string(given, "id")).into();
        for key in ["name", "arguments"] {
            let text = string(&call["function"], key) + &string(&given["function"], key);
            call["function"][key] = text.into();
        }
    }
}

fn expected(body: &Value) -> (Vec<Expected>, Option<(u64, u64)>) {
    let choice = |choice: &Value| {
        let message = &choice["message"];
        let call = |call: &Value| {
            let arguments = string(&call["function"], "arguments");
            let arguments = serde_json::from_str(&arguments).unwrap_or(Value::String(arguments));
            (string(call, "id"), string(&call["function"], "name"), arguments)
        };
        Expected {
            text: string(message, "content"),
            reasoning: string(message, "reasoning_content") + &string(message, "reasoning"),
            refusal: string(message, "refusal"),
            calls: list(message, "tool_calls").iter().map(call).collect(),
            citations: Vec::new(),
            finish: choice["finish_reason"].as_str().map(|reason| match reason {
                "stop" => Finish::Stop,
                "length" => Finish::Length,
                "tool_calls" => Finish::ToolCalls,
                other => panic!("a finish reason that the test does not know: {other}"),
            }),
        }
    };
    let usage = &body["usage"];
    let usage = usage
        .is_object()
        .then(|| (usage["prompt_tokens"].as_u64().unwrap(), usage["completion_tokens"].as_u64().unwrap()));
    (list(body, "choices").iter().map(choice).collect(), usage)
}

fn check_stream(name: &str, payloads: &[String], stream: &Bytes) {
    let frames = any_split(name, DIALECT, Framing::Sse, stream);
    let body = unstreamed(payloads);
    let streamed = answer_of(&frames);
    assert_eq!(summary(&streamed), expected(&body), "{name}");
    let whole = parse_answer(DIALECT, body.to_string().as_bytes()).unwrap();
    assert_eq!(summary(&whole), summary(&streamed), "{name}: unstreamed");
    assert_eq!((&streamed.id, &streamed.model), (&string(&body, "id"), &string(&body, "model")), "{name}");
    let finished: Vec<Option<Finish>> = streamed.choices.iter().map(|choice| choice.finish.clone()).collect();
    cut_anywhere(name, (DIALECT, Framing::Sse), &frames, |out, answer| {
        assert_eq!(out.last().unwrap().events.as_slice(), [Event::End], "{name}");
        for (choice, whole) in answer.choices.iter().zip(&finished) {
            assert!([&Some(Finish::ContentFilter), whole].contains(&&choice.finish), "{name}");
        }
    });
    redact_stream(name, DIALECT, Framing::Sse, &frames);
    nothing_leaks(name, DIALECT, Framing::Sse, &frames);
    redact_body(name, DIALECT, body.to_string().as_bytes());
}

#[test]
fn recorded_streams() {
    for (name, payloads) in FOLDERS.iter().flat_map(|folder| streams(folder)) {
        check_stream(&name, &payloads, &sse(&payloads));
    }
}

#[test]
fn recorded_exchanges() {
    for exchange in exchanges(&PROVIDERS) {
        let endpoint = Endpoint::detect("POST", &exchange.path).unwrap();
        if endpoint.dialect != DIALECT {
            continue;
        }
        let name = &exchange.id;
        check_request(name, &endpoint, &exchange.request);
        if exchange.content_type.starts_with("text/event-stream") {
            let text = exchange.response.as_str().unwrap();
            check_stream(name, &payloads_of_sse(text), &Bytes::copy_from_slice(text.as_bytes()));
            continue;
        }
        let body = exchange.response.to_string();
        let answer = parse_answer(DIALECT, body.as_bytes()).unwrap();
        if exchange.status == 200 {
            assert_eq!(summary(&answer), expected(&exchange.response), "{name}");
            redact_body(name, DIALECT, body.as_bytes());
        } else {
            assert_eq!(answer.error, Some(string(&exchange.response["error"], "message")), "{name}");
        }
    }
}

/// Every text, call and tool result of the request was read, and nothing else.
fn check_request(name: &str, endpoint: &Endpoint, body: &Value) {
    let request = parse_request(endpoint, body.to_string().as_bytes()).unwrap();
    assert_eq!(request.model, string(body, "model"), "{name}");
    assert_eq!(request.stream, body["stream"].as_bool().unwrap_or_default(), "{name}");
    assert_eq!(request.choices, body["n"].as_u64().map_or(1, |n| n as u32), "{name}");
    let tools: Vec<_> =
        request.tools.iter().map(|tool| (tool.name.clone(), tool.parameters.clone())).collect();
    let given =
        |tool: &Value| (string(&tool["function"], "name"), tool["function"].get("parameters").cloned());
    assert_eq!(tools, list(body, "tools").iter().map(given).collect::<Vec<_>>(), "{name}");
    assert_eq!(request.messages.len(), list(body, "messages").len(), "{name}");
    for (message, read) in list(body, "messages").iter().zip(&request.messages) {
        let mut wanted = Vec::new();
        let text = string(message, "content");
        if message["role"] == "tool" {
            let asked = list(body, "messages").iter().flat_map(|message| list(message, "tool_calls"));
            let call = asked.clone().find(|call| call["id"] == message["tool_call_id"]).unwrap();
            let (call_id, name) = (string(message, "tool_call_id"), string(&call["function"], "name"));
            wanted.push(Part::ToolResult { call_id, name, text });
        } else if message["content"].is_string() {
            wanted.push(Part::Text(text));
        }
        for call in list(message, "tool_calls") {
            wanted.push(Part::ToolCall(agentguard_wire::ToolCall {
                id: string(call, "id"),
                name: string(&call["function"], "name"),
                arguments: string(&call["function"], "arguments"),
            }));
        }
        assert_eq!(read.parts, wanted, "{name}");
    }
}
