//! The Responses API. All text of all messages of a response is one text, choice 0, with a break where a part begins.
//!
//! Calls are those of functions and custom tools, which the client declares and runs. Built-in actions (shell, patch, computer)
//! and what the provider runs itself are opaque.

mod answer;
mod close;
mod decode;
mod delivered;
mod encode;
mod parts;
mod realtime;
mod request;
mod shape;
#[cfg(test)]
mod tests;

pub(crate) use realtime::Spoken;
pub(crate) use request::{item as input_item, tools as input_tools};

use crate::codec::{Codec, EventDecoder, EventEncoder, ParseError, Refusal};
use crate::{Answer, Dialect, Edits, Endpoint, Notice, Request};

const RESPONSES: Dialect = Dialect::OpenaiResponses;

pub(crate) struct Responses;

impl Codec for Responses {
    fn request(&self, endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError> {
        request::read(endpoint, body)
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, ParseError> {
        answer::read(body)
    }

    fn redact(&self, body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError> {
        answer::redact(body, edits)
    }

    fn replace(&self, body: &[u8], notice: &Notice) -> Result<Vec<u8>, ParseError> {
        answer::replace(body, notice)
    }

    fn refuse(&self, notice: &Notice) -> Refusal {
        super::refuse(notice)
    }

    fn decoder(&self) -> Box<dyn EventDecoder> {
        Box::new(decode::Decoder::default())
    }

    fn encoder(&self) -> Box<dyn EventEncoder> {
        Box::new(encode::Encoder::default())
    }
}
