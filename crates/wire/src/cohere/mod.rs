//! Cohere's `POST /v2/chat`: content blocks, a tool plan (reasoning), tool calls and citations that point into the text.
//!
//! Cohere has no finish reason for filtered answers; a cut or replaced answer ends with `ERROR`, and a cut stream says why
//! in the `error` of its last event.

pub(crate) mod citation;
mod decoder;
mod encoder;
mod request;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use crate::codec::{Codec, EventDecoder, EventEncoder, ParseError, Refusal};
use crate::event::Events;
use crate::{Answer, Dialect, Edits, Endpoint, Notice, Request, loose};

const DIALECT: Dialect = Dialect::CohereChat;

/// What a filtered answer ends with.
const FILTERED: &str = "ERROR";

pub(crate) struct Chat;

impl Codec for Chat {
    fn request(&self, endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError> {
        request::read(endpoint, &loose::object(DIALECT, body)?)
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, ParseError> {
        let (mut whole, mut events) = (decoder::Whole::default(), Events::new());
        loose::decode_body(&mut whole, DIALECT, body, &mut events)?;
        if !whole.recognised {
            return Err(ParseError::shape(DIALECT, "it has no message"));
        }
        Ok(Answer::from_iter(&events))
    }

    fn redact(&self, body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError> {
        let mut body = loose::object(DIALECT, body)?;
        encoder::redact_body(&mut body, edits);
        Ok(loose::bytes(&body))
    }

    fn replace(&self, body: &[u8], notice: &Notice) -> Result<Vec<u8>, ParseError> {
        let mut body = loose::object(DIALECT, body)?;
        body["message"] = json!({"role": "assistant", "content": [{"type": "text", "text": notice.message}]});
        body["finish_reason"] = FILTERED.into();
        if let Value::Object(fields) = &mut body {
            fields.shift_remove("logprobs");
        }
        Ok(loose::bytes(&body))
    }

    fn refuse(&self, notice: &Notice) -> Refusal {
        let body = loose::bytes(&json!({"id": notice.id, "message": notice.message}));
        Refusal {
            status: 403,
            content_type: "application/json",
            id_header: None,
            headers: &[],
            body: body.into(),
        }
    }

    fn decoder(&self) -> Box<dyn EventDecoder> {
        Box::<decoder::Decoder>::default()
    }

    fn encoder(&self) -> Box<dyn EventEncoder> {
        Box::<encoder::Encoder>::default()
    }
}
