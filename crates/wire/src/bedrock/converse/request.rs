//! Request bodies: instructions, turns with their blocks, documents, tools. Amazon Nova's own format is this one, too.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::codec::ParseError;
use crate::loose::{count_of, items, str_of, text_of};
use crate::{Dialect, Document, Endpoint, Part, Request, Role, Sampling, Tool, ToolCall};

/// Formats of documents that are text in themselves.
const TEXTS: [&str; 4] = ["txt", "md", "csv", "html"];

pub(in crate::bedrock) fn read(
    dialect: Dialect,
    endpoint: &Endpoint,
    body: &Value,
) -> Result<Request, ParseError> {
    let mut request = Request::new(dialect);
    request.model = endpoint.model.clone().unwrap_or_default();
    request.stream = endpoint.stream.unwrap_or_default();
    let variables = body.get("promptVariables").and_then(Value::as_object);
    let stored = variables.is_some() || request.model.contains(":prompt/");
    if !stored && !body.get("messages").is_some_and(Value::is_array) {
        return Err(ParseError::shape(dialect, "it has no list of messages"));
    }
    if stored {
        // The prompt itself lies in Bedrock; only what fills it is here.
        request.continues = Some(request.model.clone());
        let filled = variables.into_iter().flat_map(|variables| variables.values());
        request.push_turn(
            Role::User,
            filled.map(|value| Part::Text(str_of(value, "text").to_owned())).collect(),
        );
    }
    let mut system = Vec::new();
    items(body, "system").iter().for_each(|block| read_block(block, &mut system));
    request.push_turn(Role::System, system);
    items(body, "messages").iter().for_each(|message| turn(message, &mut request));
    request.name_tool_results();
    let tools = body.get("toolConfig").map_or(&[][..], |config| items(config, "tools"));
    request.tools = tools.iter().filter_map(tool).collect();
    let config = body.get("inferenceConfig").unwrap_or(&Value::Null);
    request.sampling = Sampling {
        temperature: config.get("temperature").and_then(Value::as_f64),
        top_p: ["topP", "top_p"].iter().find_map(|name| config.get(name)?.as_f64()),
        max_tokens: ["maxTokens", "max_new_tokens"].iter().find_map(|name| count_of(config, name)),
        logprobs: false,
    };
    let format = body.pointer("/outputConfig/textFormat");
    request.wants_json = format.is_some_and(|format| str_of(format, "type") == "json_schema");
    Ok(request)
}

/// One turn. What tools returned comes inside user turns here; it is a turn of its own in a [`Request`].
fn turn(message: &Value, request: &mut Request) {
    let role = match str_of(message, "role") {
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => Role::User,
    };
    let mut said = Vec::new();
    for block in items(message, "content") {
        let returned = role == Role::User && block.get("toolResult").is_some();
        let mut parts = Vec::new();
        read_block(block, &mut parts);
        said.extend(parts.into_iter().map(|part| (if returned { Role::Tool } else { role }, part)));
    }
    request.push_parts(said);
}

/// A block is an object of one field, named after what it is.
fn read_block(block: &Value, parts: &mut Vec<Part>) {
    let Some((kind, held)) = block.as_object().and_then(|fields| fields.iter().next()) else { return };
    match kind.as_str() {
        "text" => parts.push(Part::Text(text_of(held))),
        "guardContent" => match held.pointer("/text/text").and_then(Value::as_str) {
            Some(text) => parts.push(Part::Text(text.to_owned())),
            None => parts.push(Part::Media { kind: kind.clone() }),
        },
        "document" => document(held, parts),
        "searchResult" => parts.push(Part::Document(Document {
            id: str_of(held, "source").to_owned(),
            title: str_of(held, "title").to_owned(),
            text: texts(held),
        })),
        "citationsContent" => parts.push(Part::Text(said(held).concat())),
        "reasoningContent" => {
            let text = held.pointer("/reasoningText/text").and_then(Value::as_str);
            parts.extend(text.map(|text| Part::Reasoning(text.to_owned())));
        }
        "toolUse" => parts.push(Part::ToolCall(ToolCall {
            id: str_of(held, "toolUseId").to_owned(),
            name: str_of(held, "name").to_owned(),
            arguments: held.get("input").map(text_of).unwrap_or_default(),
        })),
        "toolResult" => tool_result(held, parts),
        // About tools and caching rather than content.
        "cachePoint" | "toolAddition" | "toolRemoval" => {}
        _ => parts.push(Part::Media { kind: kind.clone() }),
    }
}

/// A document whose text is here; what lies in S3, or is not text, is media.
fn document(given: &Value, parts: &mut Vec<Part>) {
    let title = || str_of(given, "name").to_owned();
    let mut add = |text| parts.push(Part::Document(Document { id: String::new(), title: title(), text }));
    if let Some(context) = given.get("context").and_then(Value::as_str) {
        add(context.to_owned());
    }
    let source = given.get("source").unwrap_or(&Value::Null);
    let text = match (source.get("text"), source.get("content"), source.get("bytes")) {
        (Some(Value::String(text)), _, _) => Some(text.clone()),
        (_, Some(Value::Array(_)), _) => Some(texts(source)),
        (_, _, Some(Value::String(bytes))) if TEXTS.contains(&str_of(given, "format")) => {
            STANDARD.decode(bytes).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        }
        _ => None,
    };
    match text {
        Some(text) => add(text),
        None => parts.push(Part::Media { kind: "document".to_owned() }),
    }
}

/// What a tool returned: text and JSON in the result itself, documents and media beside it.
fn tool_result(result: &Value, parts: &mut Vec<Part>) {
    let (mut text, mut beside) = (Vec::new(), Vec::new());
    for block in items(result, "content") {
        match (block.get("text"), block.get("json")) {
            (Some(said), _) => text.push(text_of(said)),
            (None, Some(json)) => text.push(json.to_string()),
            (None, None) => read_block(block, &mut beside),
        }
    }
    parts.push(Part::ToolResult {
        call_id: str_of(result, "toolUseId").to_owned(),
        name: String::new(),
        text: text.join("\n"),
    });
    parts.append(&mut beside);
}

/// The texts of the blocks in `content`.
fn said(holder: &Value) -> Vec<&str> {
    items(holder, "content").iter().filter_map(|block| block.get("text")?.as_str()).collect()
}

fn texts(holder: &Value) -> String {
    said(holder).join("\n")
}

fn tool(given: &Value) -> Option<Tool> {
    let hosted = given.get("systemTool");
    let tool = given.get("toolSpec").or(hosted)?;
    Some(Tool {
        name: str_of(tool, "name").to_owned(),
        description: str_of(tool, "description").to_owned(),
        parameters: tool.pointer("/inputSchema/json").filter(|schema| schema.is_object()).cloned(),
        hosted: hosted.is_some(),
    })
}
