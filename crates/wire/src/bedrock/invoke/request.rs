//! Request bodies, told apart by the fields that each family requires.

use serde_json::Value;

use super::DIALECT;
use crate::bedrock::converse;
use crate::codec::{self, ParseError};
use crate::loose::{self, count_of, items, str_of, text_of};
use crate::{Dialect, Document, Endpoint, Part, Request, Role, Sampling, Tool, ToolCall};

pub(super) fn read(endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError> {
    let value = loose::object(DIALECT, body)?;
    let mut request = if value.get("anthropic_version").is_some() && value.get("messages").is_some() {
        codec::of(Dialect::AnthropicMessages).request(endpoint, body)?
    } else if is_nova(&value) {
        converse::request::read(DIALECT, endpoint, &value)?
    } else if value.get("messages").is_some() {
        codec::of(Dialect::OpenaiChat).request(endpoint, body)?
    } else if value.get("message").is_some_and(Value::is_string) {
        command_r(&value)
    } else if let Some(prompt) = ["prompt", "inputText"].iter().find_map(|name| value.get(name)?.as_str()) {
        plain(&value, prompt)
    } else {
        return Err(ParseError::shape(DIALECT, "it is in no known model's format"));
    };
    request.dialect = DIALECT;
    // The path names the model and says whether it streams, whatever the body adds.
    request.model = endpoint.model.clone().unwrap_or_default();
    request.stream = endpoint.stream.unwrap_or_default();
    Ok(request)
}

/// Whether turns are made of Converse's blocks, which have no type.
fn is_nova(body: &Value) -> bool {
    let untyped = |message: &Value| items(message, "content").iter().any(|block| block.get("type").is_none());
    body.get("messages").is_some_and(Value::is_array)
        && (body.get("inferenceConfig").is_some() || items(body, "messages").iter().any(untyped))
}

/// One prompt, instructions and turns inside it in the model's own template.
fn plain(body: &Value, prompt: &str) -> Request {
    let mut request = Request::new(DIALECT);
    request.push_turn(Role::User, vec![Part::Text(prompt.to_owned())]);
    request.choices = count_of(body, "num_generations").map_or(1, |n| u32::try_from(n).unwrap_or(u32::MAX));
    let config = body.get("textGenerationConfig").unwrap_or(body);
    request.sampling = sampling(config);
    request
}

fn sampling(config: &Value) -> Sampling {
    let limits = ["max_tokens", "max_gen_len", "maxTokenCount", "max_tokens_to_sample"];
    Sampling {
        temperature: config.get("temperature").and_then(Value::as_f64),
        top_p: ["top_p", "topP", "p"].iter().find_map(|name| config.get(name)?.as_f64()),
        max_tokens: limits.iter().find_map(|name| count_of(config, name)),
        logprobs: false,
    }
}

/// Cohere Command R: the question, the turns before it, documents, and results of tools.
fn command_r(body: &Value) -> Request {
    let mut request = Request::new(DIALECT);
    let said = |holder: &Value, name: &str| match str_of(holder, name) {
        "" => Vec::new(),
        text => vec![Part::Text(text.to_owned())],
    };
    request.push_turn(Role::System, said(body, "preamble"));
    for turn in items(body, "chat_history") {
        match str_of(turn, "role") {
            "SYSTEM" => request.push_turn(Role::System, said(turn, "message")),
            "CHATBOT" => {
                let calls = items(turn, "tool_calls").iter().map(|given| Part::ToolCall(call(given)));
                request.push_turn(Role::Assistant, said(turn, "message").into_iter().chain(calls).collect());
            }
            "TOOL" => request.push_turn(Role::Tool, items(turn, "tool_results").iter().map(result).collect()),
            _ => request.push_turn(Role::User, said(turn, "message")),
        }
    }
    request.push_turn(Role::User, said(body, "message"));
    request.push_turn(Role::Tool, items(body, "tool_results").iter().map(result).collect());
    request.documents = items(body, "documents").iter().map(document).collect();
    request.tools = items(body, "tools").iter().map(tool).collect();
    request.sampling = sampling(body);
    request
}

fn call(given: &Value) -> ToolCall {
    ToolCall {
        id: String::new(),
        name: str_of(given, "name").to_owned(),
        arguments: given.get("parameters").map(text_of).unwrap_or_default(),
    }
}

fn result(given: &Value) -> Part {
    let outputs = items(given, "outputs").iter().map(text_of).collect::<Vec<_>>();
    let name = given.pointer("/call/name").and_then(Value::as_str).unwrap_or_default().to_owned();
    Part::ToolResult { call_id: String::new(), name, text: outputs.join("\n") }
}

/// A document is a map of texts; title and id are named, the rest is what it says.
fn document(given: &Value) -> Document {
    let text = ["text", "snippet"].iter().find_map(|name| given.get(name)?.as_str());
    Document {
        id: str_of(given, "id").to_owned(),
        title: str_of(given, "title").to_owned(),
        text: text.map_or_else(|| text_of(given), str::to_owned),
    }
}

/// A tool's parameters are described name by name rather than as a JSON Schema.
fn tool(given: &Value) -> Tool {
    Tool {
        name: str_of(given, "name").to_owned(),
        description: str_of(given, "description").to_owned(),
        parameters: None,
        hosted: false,
    }
}
