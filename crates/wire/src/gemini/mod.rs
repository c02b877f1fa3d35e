//! Google `generateContent` and `streamGenerateContent` (Gemini API and Vertex AI). A stream's elements have the shape of
//! the whole body, so that one reader serves both; there is no event that ends a stream.
//!
//! Models before 1.5 said `STOP` in every element; each of them reads as an end that more text follows.
//!
//! Requests name fields in camelCase or snake_case, both as protobuf's JSON mapping allows.

mod calls;
mod decoder;
mod encoder;
mod request;
mod schema;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use crate::codec::{Codec, EventDecoder, EventEncoder, ParseError, Refusal};
use crate::offsets::Rewrite;
use crate::{Answer, Dialect, Edits, Endpoint, Notice, Request, loose};

const DIALECT: Dialect = Dialect::Gemini;

pub(crate) struct Gemini;

impl Codec for Gemini {
    fn request(&self, endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError> {
        request::read(endpoint, &loose::object(DIALECT, body)?)
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, ParseError> {
        decoder::answer(body)
    }

    fn redact(&self, body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError> {
        let mut body = loose::value(DIALECT, body)?;
        let mut rewrite = Rewrite::body(edits);
        for element in elements(&mut body) {
            encoder::redact(element, &mut rewrite, |_| 0);
        }
        Ok(loose::bytes(&body))
    }

    fn replace(&self, body: &[u8], notice: &Notice) -> Result<Vec<u8>, ParseError> {
        let mut body = loose::value(DIALECT, body)?;
        // Of a stream gathered into one body the last element stands for all: it has the counts.
        if let Value::Array(elements) = &mut body
            && elements.len() > 1
        {
            elements.drain(..elements.len() - 1);
        }
        for element in elements(&mut body) {
            replace(element, notice);
        }
        Ok(loose::bytes(&body))
    }

    fn refuse(&self, notice: &Notice) -> Refusal {
        let error = json!({"code": 403, "message": notice.message, "status": "PERMISSION_DENIED"});
        let body = loose::bytes(&json!({"error": error}));
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

/// The body itself, or the elements of a stream gathered into one array.
fn elements(body: &mut Value) -> Vec<&mut Value> {
    match body {
        Value::Array(elements) => elements.iter_mut().collect(),
        other => vec![other],
    }
}

fn replace(element: &mut Value, notice: &Notice) {
    let Value::Object(fields) = element else { return };
    let count = fields.get("candidates").and_then(Value::as_array).map_or(0, Vec::len);
    let candidates: Vec<Value> = (0..count.max(1))
        .map(|position| {
            let index = fields.get("candidates").and_then(|all| all.get(position)?.get("index").cloned());
            blocked(&index.unwrap_or_else(|| position.into()), &notice.message, notice)
        })
        .collect();
    fields.insert("candidates".to_owned(), candidates.into());
    fields.remove("promptFeedback");
}

/// A candidate that holds only that text and ended as filtered.
fn blocked(index: &Value, text: &str, notice: &Notice) -> Value {
    json!({
        "content": {"parts": [{"text": text}], "role": "model"},
        "finishReason": "SAFETY",
        "finishMessage": notice.message,
        "index": index,
    })
}
