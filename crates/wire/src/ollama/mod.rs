//! Ollama's `/api/chat` and `/api/generate`: JSON lines that differ only in where the text stands. An unstreamed answer
//! has the shape of a stream's only line.

mod encoder;
mod line;
mod request;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use crate::codec::{Codec, EventDecoder, EventEncoder, ParseError, Refusal};
use crate::event::Events;
use crate::offsets::Rewrite;
use crate::{Answer, Dialect, Edits, Endpoint, Notice, Request, loose};

/// Which of the two endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ollama {
    Chat,
    Generate,
}

impl Ollama {
    fn dialect(self) -> Dialect {
        match self {
            Self::Chat => Dialect::OllamaChat,
            Self::Generate => Dialect::OllamaGenerate,
        }
    }

    /// Puts the text of an answer line where this endpoint has it, and leaves nothing else that the model wrote.
    fn set_text(self, line: &mut Value, text: &str) {
        match self {
            Self::Chat => line["message"] = json!({"role": "assistant", "content": text}),
            Self::Generate => line["response"] = text.into(),
        }
    }
}

impl Codec for Ollama {
    fn request(&self, endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError> {
        request::read(*self, endpoint, &loose::object(self.dialect(), body)?)
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, ParseError> {
        let (mut decoder, mut events) = (line::Decoder::default(), Events::new());
        loose::decode_body(&mut decoder, self.dialect(), body, &mut events)?;
        if !decoder.recognised {
            return Err(ParseError::shape(self.dialect(), "it has neither an answer nor an error"));
        }
        Ok(Answer::from_iter(&events))
    }

    fn redact(&self, body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError> {
        let mut line = loose::object(self.dialect(), body)?;
        encoder::redact(&mut line, &mut Rewrite::body(edits), 0);
        Ok(loose::bytes(&line))
    }

    fn replace(&self, body: &[u8], notice: &Notice) -> Result<Vec<u8>, ParseError> {
        let mut line = loose::object(self.dialect(), body)?;
        self.set_text(&mut line, &notice.message);
        line["done_reason"] = "content_filter".into();
        if let Value::Object(fields) = &mut line {
            fields.retain(|name, _| {
                !matches!(name.as_str(), "thinking" | "logprobs" | "context" | "tool_calls")
            });
        }
        Ok(loose::bytes(&line))
    }

    fn refuse(&self, notice: &Notice) -> Refusal {
        let body = loose::bytes(&json!({"error": notice.message}));
        Refusal {
            status: 403,
            content_type: "application/json; charset=utf-8",
            id_header: None,
            headers: &[],
            body: body.into(),
        }
    }

    fn decoder(&self) -> Box<dyn EventDecoder> {
        Box::<line::Decoder>::default()
    }

    fn encoder(&self) -> Box<dyn EventEncoder> {
        Box::new(encoder::Encoder::new(*self))
    }
}
