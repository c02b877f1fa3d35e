//! Unstreamed bodies: read, redacted, replaced.

use serde_json::{Value, json};

use super::decoder::{Decoder, Message};
use super::{DIALECT, stop_details};
use crate::codec::ParseError;
use crate::event::Events;
use crate::loose::{self, Reads, str_of};
use crate::offsets::Rewrite;
use crate::{Answer, Edits, Notice};

pub(super) fn read(body: &[u8]) -> Result<Answer, ParseError> {
    let (mut whole, mut events) = (Whole::default(), Events::new());
    loose::decode_body(&mut whole, DIALECT, body, &mut events)?;
    if !whole.recognised {
        return Err(ParseError::shape(DIALECT, "it has neither content nor an error"));
    }
    Ok(Answer::from_iter(&events))
}

/// Reads a body as a stream of one message.
#[derive(Default)]
struct Whole {
    recognised: bool,
    blocks: Decoder,
}

impl Reads for Whole {
    type Payload<'a> = Message<'a>;

    fn read(&mut self, message: Message<'_>, out: &mut Events) {
        self.recognised = message.is_known();
        self.blocks.message(message, out);
    }
}

/// Citations of a block whose text changed go with it: they vouch for words that are no longer there.
pub(super) fn redact(body: &mut Value, edits: &Edits) {
    let mut rewrite = Rewrite::body(edits);
    let Some(blocks) = body.get_mut("content").and_then(Value::as_array_mut) else { return };
    for block in blocks.iter_mut().filter(|block| !is_other(block)) {
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

/// Whether text in the block is not read as the answer's.
fn is_other(block: &Value) -> bool {
    matches!(str_of(block, "type"), "thinking" | "tool_use")
}
