//! Formats that are little more than text in a field: Titan text, Llama, Mistral, Cohere Command and Command R, DeepSeek-R1,
//! older Claude. A stream's payload looks like a body with less in it, so both are read by the same fields.
//!
//! From the models' pages in the Bedrock user guide, "Inference request parameters and response fields for foundation
//! models" (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>).

mod decoder;
mod encoder;
mod shape;

use serde_json::{Value, json};

pub(super) use decoder::{Decoder, read};
pub(super) use encoder::{Encoder, redact};

use super::{DIALECT, told};
use crate::Notice;
use crate::codec::ParseError;
use shape::Shape;

/// Puts the notice in place of every text; nothing that the model wrote stays.
pub(super) fn replace(body: &mut Value, notice: &Notice) -> Result<(), ParseError> {
    let shape = Shape::of(body).ok_or_else(no_text)?;
    match shape.list() {
        Some(list) => {
            let items = body.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
            for item in items {
                *item = shape.item(&notice.message);
            }
        }
        None => {
            let Value::Object(ended) = shape.ended(&notice.message) else { return Err(no_text()) };
            for (name, value) in ended {
                body[name] = value;
            }
        }
    }
    body["agentguard"] = told(notice);
    if let Value::Object(fields) = body {
        fields.retain(|name, _| {
            !matches!(
                name.as_str(),
                "citations" | "tool_calls" | "chat_history" | "search_results" | "documents"
            )
        });
    }
    Ok(())
}

fn no_text() -> ParseError {
    ParseError::shape(DIALECT, "it is in no known model's format")
}

/// What ends a stream of that shape.
fn end(shape: Shape, notice: &Notice) -> Value {
    let mut end = match shape.list() {
        Some(list) => json!({list: [shape.item("")]}),
        None => shape.ended(""),
    };
    end["agentguard"] = told(notice);
    end
}
