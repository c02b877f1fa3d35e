//! The request: instructions, conversation, documents, tools.

use serde_json::Value;

use super::CHAT;
use crate::codec::ParseError;
use crate::loose::{self, count_of, items, str_of, text_of};
use crate::{Document, Endpoint, Message, Part, Request, Role, Sampling, Tool, ToolCall};

pub(super) fn read(endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError> {
    let body = loose::object(CHAT, body)?;
    let messages = body["messages"].as_array();
    let messages = messages.ok_or_else(|| ParseError::shape(CHAT, "it has no list of messages"))?;
    let named = str_of(&body, "model");
    let mut request = Request {
        dialect: CHAT,
        model: if named.is_empty() { endpoint.model.clone().unwrap_or_default() } else { named.to_owned() },
        stream: endpoint.stream.or(body["stream"].as_bool()).unwrap_or_default(),
        choices: count_of(&body, "n").map_or(1, |n| u32::try_from(n).unwrap_or(u32::MAX)),
        messages: messages.iter().map(message).collect(),
        documents: documents(&body),
        tools: tools(&body),
        sampling: sampling(&body),
        wants_json: matches!(str_of(&body["response_format"], "type"), "json_object" | "json_schema"),
        continues: None,
    };
    request.name_tool_results();
    Ok(request)
}

fn sampling(body: &Value) -> Sampling {
    Sampling {
        temperature: body["temperature"].as_f64(),
        top_p: body["top_p"].as_f64(),
        max_tokens: count_of(body, "max_completion_tokens").or_else(|| count_of(body, "max_tokens")),
        logprobs: body["logprobs"].as_bool().unwrap_or_default(),
    }
}

/// One message.
fn message(given: &Value) -> Message {
    let role = match str_of(given, "role") {
        "system" => Role::System,
        "developer" => Role::Developer,
        "assistant" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        _ => Role::User,
    };
    if role == Role::Tool {
        return Message { role, parts: vec![tool_result(given)] };
    }
    let mut parts = Vec::new();
    let reasoning = ["reasoning_content", "reasoning"].map(|key| str_of(given, key));
    parts.extend(
        reasoning.into_iter().find(|text| !text.is_empty()).map(|text| Part::Reasoning(text.to_owned())),
    );
    match &given["content"] {
        Value::Array(items) => parts.extend(items.iter().filter_map(part)),
        content => parts.extend(content.as_str().map(|text| Part::Text(text.to_owned()))),
    }
    parts.extend(given["refusal"].as_str().map(|text| Part::Refusal(text.to_owned())));
    let legacy = Some(&given["function_call"]).filter(|call| call.is_object());
    let calls = items(given, "tool_calls").iter().map(|call| (str_of(call, "id"), &call[kind_of_call(call)]));
    for (id, function) in calls.chain(legacy.map(|function| ("", function))) {
        let arguments =
            if function["input"].is_string() { &function["input"] } else { &function["arguments"] };
        let (id, name) = (id.to_owned(), str_of(function, "name").to_owned());
        parts.push(Part::ToolCall(ToolCall { id, name, arguments: text_of(arguments) }));
    }
    Message { role, parts }
}

fn kind_of_call(call: &Value) -> &'static str {
    if call["custom"].is_object() { "custom" } else { "function" }
}

fn tool_result(given: &Value) -> Part {
    let call_id = str_of(given, "tool_call_id").to_owned();
    let name = str_of(given, "name").to_owned();
    let text = match &given["content"] {
        Value::Array(items) if items.iter().any(|item| item["text"].is_string()) => {
            items.iter().map(|item| str_of(item, "text")).collect::<Vec<_>>().join("\n")
        }
        content => text_of(content),
    };
    Part::ToolResult { call_id, name, text }
}

/// A content part; `None` for one that holds nothing.
fn part(given: &Value) -> Option<Part> {
    if let Some(text) = given.as_str() {
        return Some(Part::Text(text.to_owned()));
    }
    let kind = str_of(given, "type");
    Some(match kind {
        "refusal" => Part::Refusal(str_of(given, "refusal").to_owned()),
        "thinking" => Part::Reasoning(thinking(&given["thinking"])),
        "document" => Part::Document(document(&given["document"])),
        _ => match given["text"].as_str() {
            Some(text) => Part::Text(text.to_owned()),
            None if kind.is_empty() => return None,
            None => Part::Media { kind: kind.to_owned() },
        },
    })
}

/// Mistral's reasoning: a string, or text parts.
fn thinking(given: &Value) -> String {
    match given {
        Value::Array(parts) => parts.iter().map(|part| str_of(part, "text")).collect(),
        other => text_of(other),
    }
}

/// `documents` as vLLM, Granite and Cohere's compatible endpoint take them.
fn documents(body: &Value) -> Vec<Document> {
    let given = items(body, "documents").iter().chain(items(&body["chat_template_kwargs"], "documents"));
    given.map(document).collect()
}

fn document(given: &Value) -> Document {
    let data = Some(&given["data"]).filter(|data| data.is_object()).unwrap_or(given);
    let first = |keys: &[&str]| keys.iter().find_map(|key| data[*key].as_str().or(given[*key].as_str()));
    Document {
        id: first(&["id", "doc_id"]).unwrap_or_default().to_owned(),
        title: first(&["title"]).unwrap_or_default().to_owned(),
        text: first(&["text", "content", "snippet"]).map_or_else(|| text_of(data), str::to_owned),
    }
}

fn tools(body: &Value) -> Vec<Tool> {
    let named = items(body, "tools").iter().map(|tool| match str_of(tool, "type") {
        kind @ ("function" | "custom" | "") => {
            function(if tool[kind].is_object() { &tool[kind] } else { tool })
        }
        kind => hosted(kind),
    });
    let legacy = items(body, "functions").iter().map(function);
    let search = body["web_search_options"].is_object().then(|| hosted("web_search"));
    // Azure "on your data".
    let sources = items(body, "data_sources").iter().map(|source| hosted(str_of(source, "type")));
    named.chain(legacy).chain(search).chain(sources).collect()
}

fn function(given: &Value) -> Tool {
    Tool {
        name: str_of(given, "name").to_owned(),
        description: str_of(given, "description").to_owned(),
        parameters: given.get("parameters").filter(|schema| schema.is_object()).cloned(),
        hosted: false,
    }
}

fn hosted(name: &str) -> Tool {
    Tool { name: name.to_owned(), description: String::new(), parameters: None, hosted: true }
}
