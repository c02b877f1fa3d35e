//! The request: instructions, input items of many kinds, tools, and what it continues on the provider's side.

use serde_json::Value;

use super::RESPONSES;
use crate::codec::ParseError;
use crate::loose::{self, count_of, items, str_of, text_of};
use crate::{Document, Endpoint, Part, Request, Role, Sampling, Tool, ToolCall};

pub(super) fn read(endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError> {
    let body = loose::object(RESPONSES, body)?;
    let known = ["input", "instructions", "previous_response_id", "conversation", "prompt"];
    if known.iter().all(|key| body[*key].is_null()) {
        return Err(ParseError::shape(RESPONSES, "it has neither input nor instructions"));
    }
    let mut request = Request::new(RESPONSES);
    let named = str_of(&body, "model");
    request.model =
        if named.is_empty() { endpoint.model.clone().unwrap_or_default() } else { named.to_owned() };
    request.stream = endpoint.stream.or(body["stream"].as_bool()).unwrap_or_default();
    request.sampling = Sampling {
        temperature: body["temperature"].as_f64(),
        top_p: body["top_p"].as_f64(),
        max_tokens: count_of(&body, "max_output_tokens"),
        logprobs: count_of(&body, "top_logprobs").is_some_and(|n| n > 0)
            || items(&body, "include").iter().any(|what| what == "message.output_text.logprobs"),
    };
    request.wants_json = matches!(str_of(&body["text"]["format"], "type"), "json_object" | "json_schema");
    request.tools = tools(items(&body, "tools"));
    request.continues = continues(&body);
    input(Role::System, &body["instructions"], &mut request);
    input(Role::User, &body["input"], &mut request);
    request.name_tool_results();
    Ok(request)
}

/// The earlier response, the conversation or the stored prompt that holds what we cannot see.
fn continues(body: &Value) -> Option<String> {
    let id = |value: &Value| value.as_str().or(value["id"].as_str()).map(str::to_owned);
    ["previous_response_id", "conversation", "prompt"].iter().find_map(|key| id(&body[*key]))
}

/// A string, or a list of items.
fn input(role: Role, given: &Value, request: &mut Request) {
    match given {
        Value::String(text) => request.push_turn(role, vec![Part::Text(text.clone())]),
        Value::Array(items) => items.iter().for_each(|given| item(role, given, request)),
        _ => {}
    }
}

/// One input item; `role` for those that say none.
pub(crate) fn item(role: Role, given: &Value, request: &mut Request) {
    let call_id = || str_of(given, "call_id").to_owned();
    match str_of(given, "type") {
        "message" | "" => {
            let role = match str_of(given, "role") {
                "system" => Role::System,
                "developer" => Role::Developer,
                "assistant" => Role::Assistant,
                "user" => Role::User,
                _ => role,
            };
            request.push_turn(role, content(&given["content"]));
        }
        "function_call" | "custom_tool_call" => {
            let arguments = if given["input"].is_string() { &given["input"] } else { &given["arguments"] };
            let (id, name) = (call_id(), str_of(given, "name").to_owned());
            request.push_turn(
                Role::Assistant,
                vec![Part::ToolCall(ToolCall { id, name, arguments: text_of(arguments) })],
            );
        }
        "reasoning" => {
            let said = items(given, "summary").iter().chain(items(given, "content"));
            let text: String = said.map(|part| str_of(part, "text")).collect();
            request.push_turn(
                Role::Assistant,
                if text.is_empty() { Vec::new() } else { vec![Part::Reasoning(text)] },
            );
        }
        "item_reference" | "compaction" => {
            request.continues.get_or_insert_with(|| str_of(given, "id").to_owned());
        }
        "file_search_call" => {
            request.push_turn(
                Role::Tool,
                items(given, "results").iter().map(found).map(Part::Document).collect(),
            );
        }
        "additional_tools" | "tool_search_output" => request.tools.extend(tools(items(given, "tools"))),
        _ => {
            let results = [&given["output"], &given["outputs"], &given["result"], &given["results"]];
            if let Some(result) = results.into_iter().find(|result| !result.is_null()) {
                let (call_id, name) = (call_id(), str_of(given, "name").to_owned());
                request.push_turn(
                    Role::Tool,
                    vec![Part::ToolResult { call_id, name, text: result_text(result) }],
                );
            }
        }
    }
}

/// A message's content: a string, or parts.
fn content(given: &Value) -> Vec<Part> {
    match given {
        Value::String(text) => vec![Part::Text(text.clone())],
        Value::Array(parts) => parts.iter().filter_map(part).collect(),
        _ => Vec::new(),
    }
}

fn part(given: &Value) -> Option<Part> {
    let kind = str_of(given, "type");
    Some(match (kind, given["text"].as_str()) {
        ("refusal", _) => Part::Refusal(str_of(given, "refusal").to_owned()),
        (_, Some(text)) => Part::Text(text.to_owned()),
        ("", None) => return None,
        // What was spoken in a Realtime session, where it was written down.
        (_, None) if !str_of(given, "transcript").is_empty() => {
            Part::Text(str_of(given, "transcript").to_owned())
        }
        (kind, None) => Part::Media { kind: kind.to_owned() },
    })
}

/// What a tool returned: text, text parts, what a program printed, or any other JSON as its text.
fn result_text(result: &Value) -> String {
    let Value::Array(parts) = result else {
        return text_of(result);
    };
    let printed = |part: &Value| {
        let said = ["text", "logs", "stdout", "stderr"].map(|key| str_of(part, key));
        said.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    };
    let texts: Vec<String> = parts.iter().map(printed).filter(|text| !text.is_empty()).collect();
    if texts.is_empty() { text_of(result) } else { texts.join("\n") }
}

fn found(result: &Value) -> Document {
    Document {
        id: str_of(result, "file_id").to_owned(),
        title: str_of(result, "filename").to_owned(),
        text: str_of(result, "text").to_owned(),
    }
}

/// The tools of a list.
pub(crate) fn tools(given: &[Value]) -> Vec<Tool> {
    given.iter().flat_map(tool).collect()
}

/// A tool; a namespace is the tools in it.
fn tool(given: &Value) -> Vec<Tool> {
    let kind = str_of(given, "type");
    match kind {
        "namespace" => tools(items(given, "tools")),
        "function" | "custom" => vec![Tool {
            name: str_of(given, "name").to_owned(),
            description: str_of(given, "description").to_owned(),
            parameters: given.get("parameters").filter(|schema| schema.is_object()).cloned(),
            hosted: false,
        }],
        _ => vec![Tool {
            name: kind.to_owned(),
            description: String::new(),
            parameters: None,
            hosted: !(kind.starts_with("computer")
                || matches!(kind, "local_shell" | "shell" | "apply_patch")),
        }],
    }
}
