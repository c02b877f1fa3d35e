//! Request bodies.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::Value;

use super::{DIALECT, schema};
use crate::codec::ParseError;
use crate::loose::{str_of, text_of};
use crate::{Document, Endpoint, Part, Request, Role, Sampling, Tool, ToolCall};

pub(super) fn read(endpoint: &Endpoint, body: &Value) -> Result<Request, ParseError> {
    let Some(contents) = field(body, "contents") else {
        return Err(ParseError::shape(DIALECT, "it has no contents"));
    };
    let mut request = Request::new(DIALECT);
    request.model = match &endpoint.model {
        Some(model) => model.clone(),
        None => str_of(body, "model").to_owned(),
    };
    request.stream = endpoint.stream.unwrap_or(false);
    // A cache on Google's side is a part of the prompt that cannot be seen here.
    request.continues = text_at(body, "cachedContent");
    if let Some(system) = field(body, "systemInstruction") {
        request.push_turn(Role::System, parts(system));
    }
    for content in one_or_many(contents) {
        turn(content, &mut request);
    }
    request.name_tool_results();
    request.tools = field(body, "tools").into_iter().flat_map(one_or_many).flat_map(tools).collect();
    if let Some(config) = field(body, "generationConfig") {
        let number = |name| field(config, name).and_then(Value::as_f64);
        let count = |name| number(name).filter(|n| *n >= 0.0).map(|n| n as u64);
        request.sampling = Sampling {
            temperature: number("temperature"),
            top_p: number("topP"),
            max_tokens: count("maxOutputTokens"),
            logprobs: field(config, "responseLogprobs").and_then(Value::as_bool).unwrap_or(false),
        };
        request.choices = count("candidateCount").map_or(1, |n| u32::try_from(n).unwrap_or(u32::MAX).max(1));
        request.wants_json = text_at(config, "responseMimeType")
            .is_some_and(|mime| mime == "application/json")
            || field(config, "responseSchema").is_some()
            || field(config, "responseJsonSchema").is_some();
    }
    Ok(request)
}

/// A field by its camelCase name or the same in snake_case, unless null.
fn field<'v>(value: &'v Value, camel: &str) -> Option<&'v Value> {
    let found = value.get(camel).or_else(|| {
        let mut snake = String::with_capacity(camel.len() + 4);
        for ch in camel.chars() {
            if ch.is_ascii_uppercase() {
                snake.push('_');
            }
            snake.push(ch.to_ascii_lowercase());
        }
        value.get(&snake)
    });
    found.filter(|value| !value.is_null())
}

fn text_at(value: &Value, camel: &str) -> Option<String> {
    field(value, camel)?.as_str().map(str::to_owned)
}

fn one_or_many(value: &Value) -> &[Value] {
    match value {
        Value::Array(many) => many,
        one => std::slice::from_ref(one),
    }
}

/// What functions returned comes inside user turns; it is a turn of its own in a [`Request`].
fn turn(content: &Value, request: &mut Request) {
    let role = match str_of(content, "role") {
        "model" => Role::Assistant,
        "function" | "tool" => Role::Tool,
        "system" => Role::System,
        _ => Role::User,
    };
    let said = parts(content).into_iter().map(|part| match (role, &part) {
        (Role::User, Part::ToolResult { .. }) => (Role::Tool, part),
        _ => (role, part),
    });
    request.push_parts(said.collect());
}

/// The parts of a content, which may also be just text.
fn parts(content: &Value) -> Vec<Part> {
    let mut out = Vec::new();
    match content {
        Value::String(text) => out.push(Part::Text(text.clone())),
        _ => match field(content, "parts") {
            Some(parts) => one_or_many(parts).iter().for_each(|part| read_part(part, &mut out)),
            None => one_or_many(content).iter().for_each(|part| read_part(part, &mut out)),
        },
    }
    out
}

fn read_part(part: &Value, out: &mut Vec<Part>) {
    if let Value::String(text) = part {
        out.push(Part::Text(text.clone()));
        return;
    }
    if let Some(text) = text_at(part, "text") {
        let thought = field(part, "thought").and_then(Value::as_bool).unwrap_or(false);
        out.push(if thought { Part::Reasoning(text) } else { Part::Text(text) });
    }
    if let Some(data) = field(part, "inlineData") {
        out.push(inline(data));
    }
    if field(part, "fileData").is_some() {
        out.push(Part::Media { kind: "fileData".to_owned() });
    }
    for (name, arguments) in [("functionCall", "args"), ("toolCall", "args"), ("executableCode", "code")] {
        if let Some(call) = field(part, name) {
            let given = [str_of(call, "name"), &text_at(call, "toolType").unwrap_or_default()].concat();
            out.push(Part::ToolCall(ToolCall {
                id: str_of(call, "id").to_owned(),
                name: if given.is_empty() { "code_execution".to_owned() } else { given },
                arguments: field(call, arguments).map_or_else(|| "{}".to_owned(), text_of),
            }));
        }
    }
    for (name, result) in
        [("functionResponse", "response"), ("toolResponse", "response"), ("codeExecutionResult", "output")]
    {
        if let Some(response) = field(part, name) {
            let given =
                [str_of(response, "name"), &text_at(response, "toolType").unwrap_or_default()].concat();
            out.push(Part::ToolResult {
                call_id: str_of(response, "id").to_owned(),
                name: if given.is_empty() { "code_execution".to_owned() } else { given },
                text: field(response, result).map(returned).unwrap_or_default(),
            });
            for media in field(response, "parts").into_iter().flat_map(one_or_many) {
                read_part(media, out);
            }
        }
    }
}

/// A function's result. The API wants an object, so that plain text comes as the only field of one.
fn returned(response: &Value) -> String {
    match response {
        Value::Object(fields) if fields.len() == 1 => match fields.values().next() {
            Some(Value::String(text)) => text.clone(),
            _ => text_of(response),
        },
        _ => text_of(response),
    }
}

/// Inline data is a document where it is text, and media otherwise.
fn inline(data: &Value) -> Part {
    let mime = text_at(data, "mimeType").unwrap_or_default();
    let readable = mime.starts_with("text/") || mime.contains("json") || mime.contains("xml");
    let encoded = str_of(data, "data");
    let bytes =
        readable.then(|| STANDARD.decode(encoded).or_else(|_| URL_SAFE.decode(encoded)).ok()).flatten();
    match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => {
            let title = text_at(data, "displayName").unwrap_or_default();
            Part::Document(Document { id: String::new(), title, text })
        }
        None => Part::Media { kind: "inlineData".to_owned() },
    }
}

/// An entry of `tools`: functions of the client, or one field for each tool that Google runs.
fn tools(entry: &Value) -> Vec<Tool> {
    let Value::Object(fields) = entry else { return Vec::new() };
    let mut out = Vec::new();
    for (name, value) in fields {
        if !matches!(name.as_str(), "functionDeclarations" | "function_declarations") {
            out.push(Tool { name: name.clone(), description: String::new(), parameters: None, hosted: true });
            continue;
        }
        out.extend(one_or_many(value).iter().map(|function| {
            Tool {
                name: str_of(function, "name").to_owned(),
                description: str_of(function, "description").to_owned(),
                parameters: field(function, "parametersJsonSchema")
                    .cloned()
                    .or_else(|| field(function, "parameters").map(schema::normalised)),
                hosted: false,
            }
        }));
    }
    out
}
