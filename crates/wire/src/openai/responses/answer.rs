//! Unstreamed responses: read, edited, replaced.

use serde_json::{Value, json};

use super::RESPONSES;
use super::decode::Decoder;
use super::shape::Response;
use crate::codec::{EventDecoder, ParseError};
use crate::event::Events;
use crate::loose::{self, Reads, bytes, items, str_of};
use crate::offsets::Rewrite;
use crate::{Answer, Edits, Notice};

/// A decoder whose one payload is the response itself.
#[derive(Default)]
struct Whole {
    decoder: Decoder,
    recognised: bool,
}

impl Reads for Whole {
    type Payload<'a> = Response<'a>;

    fn read(&mut self, response: Response<'_>, out: &mut Events) {
        self.recognised = response.output.is_some() || !response.error.is_null();
        self.decoder.response(&response, out);
    }
}

pub(super) fn read(body: &[u8]) -> Result<Answer, ParseError> {
    let (mut whole, mut events) = (Whole::default(), Events::new());
    loose::decode_body(&mut whole, RESPONSES, body, &mut events)?;
    if !whole.recognised {
        return Err(no_output());
    }
    whole.decoder.finish(&mut events);
    Ok(Answer::from_iter(&events))
}

fn no_output() -> ParseError {
    ParseError::shape(RESPONSES, "it has no list of output items")
}

pub(super) fn redact(body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError> {
    let mut response = loose::object(RESPONSES, body)?;
    if !response["output"].is_array() {
        return Err(no_output());
    }
    let mut rewrite = Rewrite::body(edits);
    for part in texts(&mut response) {
        let changed = part.get_mut("text").is_some_and(|text| rewrite.text(0, text));
        if changed {
            forget(part);
        }
    }
    if rewrite.changed() {
        join(&mut response);
    }
    Ok(bytes(&response))
}

/// The text parts of a response's messages, in order.
pub(super) fn texts(response: &mut Value) -> impl Iterator<Item = &mut Value> {
    let items = response.get_mut("output").and_then(Value::as_array_mut).into_iter().flatten();
    items.filter(|item| str_of(item, "type") == "message").flat_map(parts)
}

/// The text parts of a message.
pub(super) fn parts(item: &mut Value) -> impl Iterator<Item = &mut Value> {
    let parts = item.get_mut("content").and_then(Value::as_array_mut).into_iter().flatten();
    parts.filter(|part| part["text"].is_string() && str_of(part, "type") != "refusal")
}

/// Takes from a part whose text changed what would give the old text away or points into it.
pub(super) fn forget(part: &mut Value) {
    for key in ["annotations", "logprobs"] {
        if let Some(value) = part.get_mut(key) {
            *value = json!([]);
        }
    }
}

/// Puts the texts of the parts in the response's `output_text`, which some servers add.
pub(super) fn join(response: &mut Value) {
    if response.get("output_text").is_some_and(Value::is_string) {
        let whole: String = texts(response).map(|part| str_of(part, "text").to_owned()).collect();
        response["output_text"] = whole.into();
    }
}

/// Puts one message with the notice in place of the output.
pub(super) fn replace(body: &[u8], notice: &Notice) -> Result<Vec<u8>, ParseError> {
    let mut response = loose::object(RESPONSES, body)?;
    if !response["output"].is_array() {
        return Err(no_output());
    }
    let message = items(&response, "output").iter().find(|item| str_of(item, "type") == "message");
    let id = message.map_or_else(|| format!("msg_{}", notice.id), |message| str_of(message, "id").to_owned());
    response["output"] = json!([{
        "id": id, "type": "message", "status": "incomplete", "role": "assistant",
        "content": [{"type": "output_text", "text": notice.message, "annotations": [], "logprobs": []}],
    }]);
    response["status"] = "incomplete".into();
    response["incomplete_details"] = json!({"reason": "content_filter"});
    join(&mut response);
    Ok(bytes(&response))
}
