//! Bedrock's own conversation format: content blocks, which a stream fills and closes by index.
//!
//! All text, cited or not, makes up the text of choice 0. Blocks of tools that Bedrock runs itself (`server_tool_use`) are not
//! calls for the client; they only part the text around them. Guardrail traces are not read and pass as they are, but for the
//! model's own words in them, which go when text is edited.

mod answer;
pub(super) mod decoder;
pub(super) mod encoder;
pub(super) mod request;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use crate::codec::{Codec, EventDecoder, EventEncoder, ParseError, Refusal};
use crate::{Answer, Dialect, Edits, Endpoint, Notice, Request, loose};

pub(super) use answer::{read as read_answer, redact as redact_answer, replace as replace_answer};

/// Why an answer that was stopped ended. The other word for it, `guardrail_intervened`, says that a guardrail of the
/// customer's in Bedrock acted and that its message is the answer; nothing of the kind happened.
const FILTERED: &str = "content_filtered";

pub(crate) struct Converse;

impl Codec for Converse {
    fn request(&self, endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError> {
        let dialect = Dialect::BedrockConverse;
        request::read(dialect, endpoint, &loose::object(dialect, body)?)
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, ParseError> {
        answer::read(Dialect::BedrockConverse, body)
    }

    fn redact(&self, body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError> {
        let mut body = loose::object(Dialect::BedrockConverse, body)?;
        answer::redact(&mut body, edits);
        Ok(loose::bytes(&body))
    }

    fn replace(&self, body: &[u8], notice: &Notice) -> Result<Vec<u8>, ParseError> {
        let mut body = loose::object(Dialect::BedrockConverse, body)?;
        answer::replace(&mut body, notice);
        Ok(loose::bytes(&body))
    }

    fn refuse(&self, notice: &Notice) -> Refusal {
        super::refuse(notice)
    }

    fn decoder(&self) -> Box<dyn EventDecoder> {
        Box::<decoder::Decoder>::default()
    }

    fn encoder(&self) -> Box<dyn EventEncoder> {
        Box::<encoder::Encoder>::default()
    }
}

/// What says why an answer was stopped, in the format's place for whatever a model adds.
fn told(notice: &Notice) -> Value {
    json!({"agentguard": {"id": notice.id, "message": notice.message}})
}

/// Takes the model's words out of a guardrail's trace. Whether there were any.
fn untrace(holder: &mut Value) -> bool {
    let guardrail = holder.pointer_mut("/trace/guardrail").and_then(Value::as_object_mut);
    guardrail.is_some_and(|guardrail| guardrail.shift_remove("modelOutput").is_some())
}
