//! Anthropic Messages (`POST /v1/messages`): content blocks, which a stream opens, fills and closes by index.
//!
//! All text blocks make up the text of choice 0. Blocks of server tools (web search, code execution, MCP) are not calls
//! for the client and carry no text of the answer; they only part the text around them.

mod answer;
mod decoder;
mod encoder;
mod request;
#[cfg(test)]
mod tests;

use serde_json::json;

use crate::codec::{Codec, EventDecoder, EventEncoder, ParseError, Refusal};
use crate::{Answer, Dialect, Edits, Endpoint, Notice, Request, loose};

const DIALECT: Dialect = Dialect::AnthropicMessages;

pub(crate) struct Messages;

impl Codec for Messages {
    fn request(&self, endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError> {
        request::read(endpoint, &loose::object(DIALECT, body)?)
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, ParseError> {
        answer::read(body)
    }

    fn redact(&self, body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError> {
        let mut body = loose::object(DIALECT, body)?;
        answer::redact(&mut body, edits);
        Ok(loose::bytes(&body))
    }

    fn replace(&self, body: &[u8], notice: &Notice) -> Result<Vec<u8>, ParseError> {
        let mut body = loose::object(DIALECT, body)?;
        answer::replace(&mut body, notice);
        Ok(loose::bytes(&body))
    }

    fn refuse(&self, notice: &Notice) -> Refusal {
        let body = json!({
            "type": "error",
            "error": {"type": "permission_error", "message": notice.message},
            "request_id": notice.id,
        });
        Refusal {
            status: 403,
            content_type: "application/json",
            id_header: Some("request-id"),
            headers: &[],
            body: loose::bytes(&body).into(),
        }
    }

    fn decoder(&self) -> Box<dyn EventDecoder> {
        Box::<decoder::Decoder>::default()
    }

    fn encoder(&self) -> Box<dyn EventEncoder> {
        Box::<encoder::Encoder>::default()
    }
}

/// What says why an answer was stopped, in the format's own place for it.
fn stop_details(notice: &Notice) -> serde_json::Value {
    json!({"type": "refusal", "category": null, "explanation": notice.message})
}
