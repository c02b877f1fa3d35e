//! Tells the wire format from the bodies alone: a recorded answer no longer has a path.

use agentguard_wire::Dialect;
use serde_json::Value;

use super::recorded;

/// The wire format of a request and its response, or `None` when they leave it open.
pub(super) fn dialect(request: &Value, response: &[u8]) -> Option<Dialect> {
    let has = |field: &str| request.get(field).is_some();
    recorded::first(response).as_ref().and_then(of_response).or_else(|| {
        if has("contents") {
            Some(Dialect::Gemini)
        } else if has("input") {
            Some(Dialect::OpenaiResponses)
        } else if has("messages") && has("documents") {
            Some(Dialect::CohereChat)
        } else if has("messages") && has("max_tokens") && has("system") {
            Some(Dialect::AnthropicMessages)
        } else {
            None
        }
    })
}

/// By the first object of the response, which every format marks in its own way.
fn of_response(first: &Value) -> Option<Dialect> {
    let has = |field: &str| first.get(field).is_some();
    let text = |field: &str| first.get(field).and_then(Value::as_str).unwrap_or_default();
    match (text("object"), text("type")) {
        ("chat.completion" | "chat.completion.chunk", _) => return Some(Dialect::OpenaiChat),
        ("text_completion", _) => return Some(Dialect::OpenaiCompletions),
        ("response", _) => return Some(Dialect::OpenaiResponses),
        (_, kind) if kind.starts_with("response.") => return Some(Dialect::OpenaiResponses),
        (_, "message" | "message_start") => return Some(Dialect::AnthropicMessages),
        (_, "message-start") => return Some(Dialect::CohereChat),
        _ => {}
    }
    if (has("output") && has("stopReason")) || has("messageStart") {
        return Some(Dialect::BedrockConverse);
    }
    if has("chunk") {
        return Some(Dialect::BedrockInvoke);
    }
    if has("candidates") || has("usageMetadata") {
        Some(Dialect::Gemini)
    } else if has("done") && has("message") {
        Some(Dialect::OllamaChat)
    } else if has("done") && has("response") {
        Some(Dialect::OllamaGenerate)
    } else if has("message") && has("finish_reason") {
        Some(Dialect::CohereChat)
    } else if has("choices") {
        Some(Dialect::OpenaiChat)
    } else {
        None
    }
}
