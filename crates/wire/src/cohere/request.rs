//! Request bodies.

use serde_json::Value;

use super::DIALECT;
use crate::codec::ParseError;
use crate::loose::{count_of, items, str_of, text_of};
use crate::{Document, Endpoint, Part, Request, Role, Sampling, Tool, ToolCall};

pub(super) fn read(endpoint: &Endpoint, body: &Value) -> Result<Request, ParseError> {
    if !body.get("messages").is_some_and(Value::is_array) {
        return Err(ParseError::shape(DIALECT, "it has no list of messages"));
    }
    let mut request = Request::new(DIALECT);
    request.model = match str_of(body, "model") {
        "" => endpoint.model.clone().unwrap_or_default(),
        model => model.to_owned(),
    };
    request.stream = body.get("stream").and_then(Value::as_bool).unwrap_or(false);
    items(body, "messages").iter().for_each(|message| turn(message, &mut request));
    request.name_tool_results();
    request.documents = items(body, "documents").iter().map(document).collect();
    request.tools = items(body, "tools").iter().map(tool).collect();
    request.sampling = Sampling {
        temperature: body.get("temperature").and_then(Value::as_f64),
        top_p: body.get("p").and_then(Value::as_f64),
        max_tokens: count_of(body, "max_tokens"),
        logprobs: body.get("logprobs").and_then(Value::as_bool).unwrap_or(false),
    };
    let format = body.get("response_format").map(|format| str_of(format, "type"));
    request.wants_json = format.is_some_and(|kind| kind.starts_with("json"));
    Ok(request)
}

fn turn(message: &Value, request: &mut Request) {
    let role = match str_of(message, "role") {
        "system" => Role::System,
        "developer" => Role::Developer,
        "assistant" => Role::Assistant,
        "tool" => {
            let result = Part::ToolResult {
                call_id: str_of(message, "tool_call_id").to_owned(),
                name: String::new(),
                text: message.get("content").map(result_text).unwrap_or_default(),
            };
            return request.push_turn(Role::Tool, vec![result]);
        }
        _ => Role::User,
    };
    let mut parts = Vec::new();
    let plan = str_of(message, "tool_plan");
    if !plan.is_empty() {
        parts.push(Part::Reasoning(plan.to_owned()));
    }
    match message.get("content") {
        Some(Value::String(text)) => parts.push(Part::Text(text.clone())),
        Some(Value::Array(blocks)) => parts.extend(blocks.iter().map(block)),
        _ => {}
    }
    parts.extend(items(message, "tool_calls").iter().filter_map(|call| {
        let function = call.get("function")?;
        Some(Part::ToolCall(ToolCall {
            id: str_of(call, "id").to_owned(),
            name: str_of(function, "name").to_owned(),
            arguments: function.get("arguments").map(text_of).unwrap_or_default(),
        }))
    }));
    request.push_turn(role, parts);
}

fn block(block: &Value) -> Part {
    match str_of(block, "type") {
        "text" => Part::Text(str_of(block, "text").to_owned()),
        "thinking" => Part::Reasoning(str_of(block, "thinking").to_owned()),
        "document" => Part::Document(document(block.get("document").unwrap_or(&Value::Null))),
        kind => match block.get("text").and_then(Value::as_str) {
            Some(text) => Part::Text(text.to_owned()),
            None => Part::Media { kind: kind.to_owned() },
        },
    }
}

/// A tool's result: text, or blocks of text and documents.
fn result_text(content: &Value) -> String {
    let Value::Array(blocks) = content else { return text_of(content) };
    let texts = blocks.iter().map(|block| match block.get("document") {
        Some(given) => document(given).text,
        None => match block.get("text") {
            Some(text) => text_of(text),
            None => text_of(block),
        },
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// A string, or fields in `data`, of which all but the title count as its text.
fn document(given: &Value) -> Document {
    if let Value::String(text) = given {
        return Document { id: String::new(), title: String::new(), text: text.clone() };
    }
    let data = given.get("data").unwrap_or(given);
    let title = str_of(data, "title").to_owned();
    let text = match data {
        Value::Object(fields) => {
            let mut rest = fields.iter().filter(|(name, _)| !matches!(name.as_str(), "title" | "id"));
            match (rest.next(), rest.next()) {
                (Some((_, Value::String(text))), None) => text.clone(),
                _ => text_of(data),
            }
        }
        other => text_of(other),
    };
    Document { id: str_of(given, "id").to_owned(), title, text }
}

fn tool(tool: &Value) -> Tool {
    let function = tool.get("function").unwrap_or(tool);
    Tool {
        name: str_of(function, "name").to_owned(),
        description: str_of(function, "description").to_owned(),
        parameters: function.get("parameters").filter(|schema| schema.is_object()).cloned(),
        hosted: false,
    }
}
