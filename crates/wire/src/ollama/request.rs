//! Request bodies.

use serde_json::Value;

use super::Ollama;
use crate::codec::ParseError;
use crate::loose::{count_of, items, str_of, text_of};
use crate::{Endpoint, Part, Request, Role, Sampling, Tool, ToolCall};

pub(super) fn read(ollama: Ollama, endpoint: &Endpoint, body: &Value) -> Result<Request, ParseError> {
    let mut request = Request::new(ollama.dialect());
    match ollama {
        Ollama::Chat if body.get("messages").is_some_and(Value::is_array) => {
            items(body, "messages").iter().for_each(|message| turn(message, &mut request));
        }
        Ollama::Chat => return Err(ParseError::shape(ollama.dialect(), "it has no list of messages")),
        Ollama::Generate => prompt(body, &mut request),
    }
    request.name_tool_results();
    request.model = match str_of(body, "model") {
        "" => endpoint.model.clone().unwrap_or_default(),
        model => model.to_owned(),
    };
    // Streaming is what Ollama does unless it is told not to.
    request.stream = body.get("stream").and_then(Value::as_bool).unwrap_or(true);
    request.tools = items(body, "tools").iter().map(tool).collect();
    let options = body.get("options").unwrap_or(&Value::Null);
    request.sampling = Sampling {
        temperature: options.get("temperature").and_then(Value::as_f64),
        top_p: options.get("top_p").and_then(Value::as_f64),
        // Negative means without limit.
        max_tokens: count_of(options, "num_predict"),
        logprobs: body.get("logprobs").and_then(Value::as_bool).unwrap_or(false),
    };
    request.wants_json = match body.get("format") {
        Some(Value::String(format)) => format == "json",
        Some(format) => format.is_object(),
        None => false,
    };
    Ok(request)
}

fn turn(message: &Value, request: &mut Request) {
    let text = message.get("content").map(text_of).unwrap_or_default();
    let mut parts = Vec::new();
    let thinking = str_of(message, "thinking");
    if !thinking.is_empty() {
        parts.push(Part::Reasoning(thinking.to_owned()));
    }
    let role = match str_of(message, "role") {
        "system" => Role::System,
        "developer" => Role::Developer,
        "assistant" => Role::Assistant,
        "tool" => {
            let call_id = str_of(message, "tool_call_id").to_owned();
            // `name` is what clients sent before `tool_name` existed.
            let name = [str_of(message, "tool_name"), str_of(message, "name")];
            let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned();
            return request.push_turn(Role::Tool, vec![Part::ToolResult { call_id, name, text }]);
        }
        _ => Role::User,
    };
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    parts.extend(images(message));
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

fn prompt(body: &Value, request: &mut Request) {
    let said = |name: &str| match str_of(body, name) {
        "" => None,
        text => Some(Part::Text(text.to_owned())),
    };
    request.push_turn(Role::System, said("system").into_iter().collect());
    let parts = said("prompt").into_iter().chain(images(body)).chain(said("suffix"));
    request.push_turn(Role::User, parts.collect());
    // Earlier turns as token ids, which cannot be read.
    request.continues = (!items(body, "context").is_empty()).then(|| "context".to_owned());
}

fn images(holder: &Value) -> impl Iterator<Item = Part> {
    items(holder, "images").iter().map(|_| Part::Media { kind: "images".to_owned() })
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
