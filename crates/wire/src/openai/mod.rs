//! OpenAI's formats and those of the many providers that copy them, with the parts that they share.

pub(crate) mod chat;
pub(crate) mod completions;
pub(crate) mod responses;
mod shape;

pub(crate) use shape::choice_index;

use serde_json::{Value, json};

use crate::codec::Refusal;
use crate::loose::str_of;
use crate::{Finish, Notice};

/// OpenAI's error object under 403: the SDKs raise `PermissionDeniedError`.
fn refuse(notice: &Notice) -> Refusal {
    let error = json!({"error": {
        "message": notice.message,
        "type": "content_policy_violation",
        "param": null,
        "code": "agentguard_blocked",
    }});
    Refusal {
        status: 403,
        content_type: "application/json",
        id_header: Some("x-request-id"),
        headers: &[],
        body: error.to_string().into(),
    }
}

/// `finish_reason`, with the words that other vendors use for the same.
fn finish(reason: &str) -> Option<Finish> {
    Some(match reason {
        "" => return None,
        "stop" | "end_turn" | "stop_sequence" | "eos" => Finish::Stop,
        "length" | "max_tokens" | "model_length" => Finish::Length,
        "tool_calls" | "function_call" | "tool_use" => Finish::ToolCalls,
        "content_filter" => Finish::ContentFilter,
        other => Finish::Other(other.to_owned()),
    })
}

/// The message of an `error`: an object with a `message`, or a string.
fn error_message(error: &Value) -> Option<String> {
    match error {
        Value::String(message) => Some(message.clone()),
        Value::Object(_) if str_of(error, "message").is_empty() => {
            Some("the provider gave no message".to_owned())
        }
        Value::Object(_) => Some(str_of(error, "message").to_owned()),
        _ => None,
    }
}
