//! Unstreamed bodies: read, redacted, replaced.

use serde::Deserialize;
use serde_json::{Value, json};

use super::decoder::{Decoder, Message};
use super::{DIALECT, stop_details};
use crate::codec::ParseError;
use crate::event::Events;
use crate::offsets::Rewrite;
use crate::{Answer, Edits, Notice};

pub(super) fn read(body: &Value) -> Result<Answer, ParseError> {
    if body.get("content").is_none() && body.get("error").is_none() {
        return Err(ParseError::Shape { dialect: DIALECT, reason: "neither content nor error".to_owned() });
    }
    let message = Message::deserialize(body).map_err(|error| ParseError::json(DIALECT, &error))?;
    let mut events = Events::new();
    Decoder::default().message(message, &mut events);
    let mut answer = Answer::default();
    events.iter().for_each(|event| answer.apply(event));
    Ok(answer)
}

/// Citations of a block whose text changed go with it: they vouch for words that are no longer there.
pub(super) fn redact(body: &mut Value, edits: &Edits) {
    let mut rewrite = Rewrite::body(edits);
    let Some(blocks) = body.get_mut("content").and_then(Value::as_array_mut) else { return };
    for block in blocks.iter_mut().filter(|block| is_text(block)) {
        if let Some(text) = block.get_mut("text")
            && rewrite.text(0, text)
            && let Some(citations) = block.get_mut("citations")
        {
            *citations = Value::Null;
        }
    }
}

pub(super) fn replace(body: &mut Value, notice: &Notice) {
    body["content"] = json!([{"type": "text", "text": notice.message}]);
    body["stop_reason"] = "refusal".into();
    body["stop_sequence"] = Value::Null;
    body["stop_details"] = stop_details(notice);
}

fn is_text(block: &Value) -> bool {
    block.get("type").and_then(Value::as_str) == Some("text")
}
