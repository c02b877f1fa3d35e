//! What a caller asked an agent.

use agentguard_wire::{Dialect, Endpoint, Message, Part, Request, Role};
use serde_json::Value;

/// Reads a request's body. There is always some request: what cannot be read is an empty one.
pub(crate) fn read(content_type: &str, body: &[u8]) -> Request {
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        if value.get("messages").is_some_and(Value::is_array)
            && let Ok(request) = agentguard_wire::parse_request(&chat(), body)
        {
            return request;
        }
        let mut texts = Vec::new();
        strings(&value, &mut texts);
        return said(texts);
    }
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let textual = kind.starts_with("text/") || kind == "application/x-www-form-urlencoded";
    said(if textual { vec![String::from_utf8_lossy(body).into_owned()] } else { Vec::new() })
}

fn said(texts: Vec<String>) -> Request {
    let mut request = Request::new(Dialect::OpenaiChat);
    let parts: Vec<_> = texts.into_iter().map(Part::Text).collect();
    if !parts.is_empty() {
        request.messages.push(Message { role: Role::User, parts });
    }
    request
}

fn strings(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.trim().is_empty() => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, texts)),
        Value::Object(fields) => fields.values().for_each(|value| strings(value, texts)),
        _ => {}
    }
}

/// OpenAI's chat API at no particular place.
pub(crate) fn chat() -> Endpoint {
    Endpoint { dialect: Dialect::OpenaiChat, model: None, stream: None }
}
