//! Request bodies: instructions, turns with their blocks, documents, tools.

use serde_json::Value;

use super::DIALECT;
use crate::codec::ParseError;
use crate::loose::{count_of, items, str_of, text_of};
use crate::{Document, Endpoint, Part, Request, Role, Sampling, Tool, ToolCall};

/// Tools that Anthropic defines and the client runs; every other typed tool runs on the provider's side.
const CLIENT_RUN: [&str; 4] = ["bash_", "text_editor_", "computer_", "memory_"];

pub(super) fn read(endpoint: &Endpoint, body: &Value) -> Result<Request, ParseError> {
    if !body.get("messages").is_some_and(Value::is_array) {
        return Err(ParseError::shape(DIALECT, "it has no list of messages"));
    }
    let mut request = Request::new(DIALECT);
    request.model = match str_of(body, "model") {
        "" => endpoint.model.clone().unwrap_or_default(),
        model => model.to_owned(),
    };
    request.stream =
        endpoint.stream == Some(true) || body.get("stream").and_then(Value::as_bool).unwrap_or(false);
    let mut system = Vec::new();
    let given = body.get("system").unwrap_or(&Value::Null);
    one_or_many(given).iter().for_each(|block| read_block(block, &mut system));
    request.push_turn(Role::System, system);
    for message in items(body, "messages") {
        turn(message, &mut request);
    }
    request.name_tool_results();
    request.tools = items(body, "tools").iter().map(tool).collect();
    request.tools.extend(items(body, "mcp_servers").iter().map(|server| Tool {
        name: str_of(server, "name").to_owned(),
        description: String::new(),
        parameters: None,
        hosted: true,
    }));
    request.sampling = Sampling {
        temperature: body.get("temperature").and_then(Value::as_f64),
        top_p: body.get("top_p").and_then(Value::as_f64),
        max_tokens: count_of(body, "max_tokens"),
        logprobs: false,
    };
    let format = [body.pointer("/output_config/format"), body.get("output_format")];
    request.wants_json = format.into_iter().flatten().any(|format| str_of(format, "type") == "json_schema");
    Ok(request)
}

/// One turn. What tools returned comes inside user turns here; it is a turn of its own in a [`Request`].
fn turn(message: &Value, request: &mut Request) {
    let role = match str_of(message, "role") {
        "assistant" => Role::Assistant,
        "system" | "developer" => Role::System,
        _ => Role::User,
    };
    let mut said = Vec::new();
    let content = message.get("content").unwrap_or(&Value::Null);
    for block in one_or_many(content) {
        let returned = role == Role::User && str_of(block, "type").ends_with("tool_result");
        let mut parts = Vec::new();
        read_block(block, &mut parts);
        said.extend(parts.into_iter().map(|part| (if returned { Role::Tool } else { role }, part)));
    }
    request.push_parts(said);
}

/// Blocks, or a string in their place.
fn one_or_many(content: &Value) -> &[Value] {
    match content {
        Value::Array(blocks) => blocks,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

fn read_block(block: &Value, parts: &mut Vec<Part>) {
    if let Value::String(text) = block {
        return parts.push(Part::Text(text.clone()));
    }
    let kind = str_of(block, "type");
    match kind {
        "text" => parts.push(Part::Text(str_of(block, "text").to_owned())),
        "thinking" => parts.push(Part::Reasoning(str_of(block, "thinking").to_owned())),
        // Encrypted, or about tools rather than content.
        "redacted_thinking" | "tool_addition" | "tool_removal" => {}
        "compaction" => parts.push(Part::Text(str_of(block, "content").to_owned())),
        "document" => document(block, parts),
        "search_result" => parts.push(Part::Document(search_result(block))),
        "tool_use" | "server_tool_use" | "mcp_tool_use" => parts.push(Part::ToolCall(ToolCall {
            id: str_of(block, "id").to_owned(),
            name: str_of(block, "name").to_owned(),
            arguments: block.get("input").map(text_of).unwrap_or_default(),
        })),
        "tool_result" => tool_result(block, "", parts),
        _ => match kind.strip_suffix("_tool_result") {
            Some(name) => tool_result(block, name, parts),
            None => match block.get("text").and_then(Value::as_str) {
                Some(text) => parts.push(Part::Text(text.to_owned())),
                None => parts.push(Part::Media { kind: kind.to_owned() }),
            },
        },
    }
}

/// A document whose text is here; files, URLs and base64 (always PDF) are media.
fn document(block: &Value, parts: &mut Vec<Part>) {
    let title = || str_of(block, "title").to_owned();
    if let Some(context) = block.get("context").and_then(Value::as_str) {
        parts.push(Part::Document(Document { id: String::new(), title: title(), text: context.to_owned() }));
    }
    let source = block.get("source").unwrap_or(&Value::Null);
    let text = match str_of(source, "type") {
        "text" => str_of(source, "data").to_owned(),
        "content" => source.get("content").map(text_in).unwrap_or_default(),
        _ => return parts.push(Part::Media { kind: "document".to_owned() }),
    };
    parts.push(Part::Document(Document { id: String::new(), title: title(), text }));
}

fn search_result(block: &Value) -> Document {
    Document {
        id: str_of(block, "source").to_owned(),
        title: str_of(block, "title").to_owned(),
        text: block.get("content").map(text_in).unwrap_or_default(),
    }
}

/// What a tool returned: text and JSON in the result itself, documents and media beside it.
fn tool_result(block: &Value, name: &str, parts: &mut Vec<Part>) {
    let mut text = Vec::new();
    let mut beside = Vec::new();
    match block.get("content") {
        Some(Value::Array(blocks)) if blocks.iter().any(|block| block.get("type").is_some()) => {
            for inner in blocks {
                match str_of(inner, "type") {
                    "text" => text.push(str_of(inner, "text").to_owned()),
                    "tool_reference" => text.push(str_of(inner, "tool_name").to_owned()),
                    "document" | "search_result" | "image" => read_block(inner, &mut beside),
                    _ => text.push(readable(inner)),
                }
            }
        }
        Some(other) => text.push(readable(other)),
        None => {}
    }
    parts.push(Part::ToolResult {
        call_id: str_of(block, "tool_use_id").to_owned(),
        name: name.to_owned(),
        text: text.join("\n"),
    });
    parts.append(&mut beside);
}

/// The text of a string or of text blocks.
fn text_in(value: &Value) -> String {
    match value {
        Value::Array(blocks) => {
            let texts: Vec<_> = blocks.iter().filter_map(|block| block.get("text")?.as_str()).collect();
            texts.join("\n")
        }
        other => text_of(other),
    }
}

/// A server tool's result as JSON text, without what nobody can read (encrypted content, base64).
fn readable(value: &Value) -> String {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let base64 = fields.get("type").is_some_and(|kind| kind == "base64");
                fields.retain(|key, _| {
                    !key.starts_with("encrypted_") && key != "signature" && !(base64 && key == "data")
                });
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = value.clone();
    strip(&mut value);
    text_of(&value)
}

fn tool(tool: &Value) -> Tool {
    let kind = str_of(tool, "type");
    let parameters = tool.get("input_schema").filter(|schema| schema.is_object()).cloned();
    let ours = matches!(kind, "" | "custom")
        || parameters.is_some()
        || CLIENT_RUN.iter().any(|prefix| kind.starts_with(prefix));
    let name = [str_of(tool, "name"), str_of(tool, "mcp_server_name"), kind];
    Tool {
        name: name.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned(),
        description: str_of(tool, "description").to_owned(),
        parameters,
        hosted: !ours,
    }
}
