//! Cohere v2 chat.

use agentguard_wire::framing::Framing;
use agentguard_wire::{Dialect, Endpoint, Event, Finish, Part, parse_answer, parse_request};
use bytes::Bytes;
use serde_json::{Value, json};

use super::check::{answer_of, any_split, cut_anywhere, notice, redact_body, redact_stream};
use super::expected::{Expected, list, string, summary};
use super::fixtures::{exchanges, streams};

const DIALECT: Dialect = Dialect::CohereChat;

fn sse(payloads: &[String]) -> Bytes {
    let frame = |payload: &String| {
        let kind = string(&serde_json::from_str(payload).unwrap(), "type");
        format!("event: {kind}\ndata: {payload}\n\n")
    };
    payloads.iter().map(frame).collect::<String>().into()
}

/// The body that a stream stands for.
fn unstreamed(payloads: &[String]) -> Value {
    let mut body = json!({"message": {"role": "assistant"}});
    let (mut content, mut calls, mut citations) = (Vec::new(), Vec::new(), Vec::new());
    let mut plan = String::new();
    for payload in payloads {
        let event: Value = serde_json::from_str(payload).unwrap();
        let index = event["index"].as_u64().unwrap_or(0) as usize;
        let message = &event["delta"]["message"];
        match event["type"].as_str().unwrap() {
            "message-start" => body["id"] = event["id"].clone(),
            "content-start" => content.push(message["content"].clone()),
            "content-delta" => {
                for (field, more) in message["content"].as_object().unwrap() {
                    let text: &mut Value = &mut content[index][field];
                    *text = (text.as_str().unwrap().to_owned() + more.as_str().unwrap()).into();
                }
            }
            "tool-plan-delta" => plan += &string(message, "tool_plan"),
            "tool-call-start" => calls.push(message["tool_calls"].clone()),
            "tool-call-delta" => {
                let arguments = &mut calls[index]["function"]["arguments"];
                let more = string(&message["tool_calls"]["function"], "arguments");
                *arguments = (arguments.as_str().unwrap_or_default().to_owned() + &more).into();
            }
            "citation-start" => citations.push(message["citations"].clone()),
            "message-end" => {
                for (key, value) in event["delta"].as_object().unwrap() {
                    body[key] = value.clone();
                }
            }
            _ => {}
        }
    }
    body["message"]["content"] = content.into();
    body["message"]["tool_calls"] = calls.into();
    body["message"]["citations"] = citations.into();
    body["message"]["tool_plan"] = plan.into();
    body
}

fn expected(body: &Value) -> (Vec<Expected>, Option<(u64, u64)>) {
    let message = &body["message"];
    let mut expected = Expected { reasoning: string(message, "tool_plan"), ..Expected::default() };
    for block in list(message, "content") {
        expected.text += &string(block, "text");
        expected.reasoning += &string(block, "thinking");
    }
    for call in list(message, "tool_calls") {
        let arguments = serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
        expected.calls.push((string(call, "id"), string(&call["function"], "name"), arguments));
    }
    for source in list(message, "citations").iter().flat_map(|citation| list(citation, "sources")) {
        expected.citations.push((string(source, "id"), string(&source["document"], "text")));
    }
    expected.finish = Some(match body["finish_reason"].as_str().unwrap() {
        "COMPLETE" => Finish::Stop,
        "MAX_TOKENS" => Finish::Length,
        "TOOL_CALL" => Finish::ToolCalls,
        other => Finish::Other(other.to_owned()),
    });
    let tokens = |key: &str| body["usage"]["tokens"][key].as_u64().unwrap();
    (vec![expected], Some((tokens("input_tokens"), tokens("output_tokens"))))
}

#[test]
fn recorded_streams() {
    for (name, payloads) in streams("cohere") {
        let body = unstreamed(&payloads);
        let frames = any_split(&name, DIALECT, Framing::Sse, &sse(&payloads));
        let streamed = answer_of(&frames);
        assert_eq!(summary(&streamed), expected(&body), "{name}");
        let whole = parse_answer(DIALECT, body.to_string().as_bytes()).unwrap();
        assert_eq!(whole, streamed, "{name}: unstreamed");
        cut_anywhere(&name, (DIALECT, Framing::Sse), &frames, |out, answer| {
            assert_eq!(answer.choices[0].finish, Some(Finish::Other("ERROR".to_owned())), "{name}");
            assert_eq!(answer.error, Some(notice().message), "{name}");
            assert_eq!(out.last().unwrap().events.last(), Some(&Event::End), "{name}");
            blocks_balance(&name, out);
        });
        redact_stream(&name, DIALECT, Framing::Sse, &frames);
        redact_body(&name, DIALECT, body.to_string().as_bytes());
    }
}

/// Everything that was started is ended, once.
fn blocks_balance(name: &str, out: &[agentguard_wire::Frame]) {
    let mut open = Vec::new();
    for frame in out {
        let text = std::str::from_utf8(&frame.raw).unwrap();
        let Some(data) = text.lines().find_map(|line| line.strip_prefix("data: ")) else { continue };
        let event: Value = serde_json::from_str(data).unwrap();
        let kind = string(&event, "type");
        assert!(text.starts_with(&format!("event: {kind}\n")), "{name}: event name");
        if kind == "message-start" || kind == "message-end" {
            assert!(open.is_empty(), "{name}: left open");
        } else if let Some(what) = kind.strip_suffix("-start") {
            open.push((what.to_owned(), event["index"].clone()));
        } else if let Some(what) = kind.strip_suffix("-end") {
            let at = open.iter().position(|o| *o == (what.to_owned(), event["index"].clone()));
            open.remove(at.unwrap_or_else(|| panic!("{name}: ended twice")));
        }
    }
}

#[test]
fn recorded_exchanges() {
    for exchange in exchanges(&["cohere"]) {
        let Some(endpoint) = Endpoint::detect("POST", &exchange.path) else {
            assert!(!exchange.path.contains("chat"), "{} is not recognised", exchange.path);
            continue;
        };
        let request = parse_request(&endpoint, exchange.request.to_string().as_bytes()).unwrap();
        assert_eq!(request.model, string(&exchange.request, "model"));
        assert_eq!(request.messages.len(), list(&exchange.request, "messages").len());
        for (message, read) in list(&exchange.request, "messages").iter().zip(&request.messages) {
            let text = message["content"].as_str().map(str::to_owned);
            let blocks = list(message, "content").iter().map(|block| string(block, "text")).collect();
            let said: Vec<_> = read
                .parts
                .iter()
                .filter_map(|part| match part {
                    Part::Text(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            assert_eq!(said.concat(), text.unwrap_or(blocks), "{}", exchange.id);
        }
        let body = exchange.response.to_string();
        let answer = parse_answer(DIALECT, body.as_bytes()).unwrap();
        assert_eq!(summary(&answer), expected(&exchange.response), "{}", exchange.id);
        redact_body(&exchange.id, DIALECT, body.as_bytes());
    }
}
