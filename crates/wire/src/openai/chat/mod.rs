//! Chat Completions, as OpenAI, Azure, Mistral, Groq, DeepSeek, xAI, OpenRouter, vLLM and many more speak it.
//!
//! Audio answers (`message.audio`) are not read.

mod calls;
mod decode;
mod encode;
mod request;
mod shape;
#[cfg(test)]
mod tests;

use crate::codec::{Codec, EventDecoder, EventEncoder, ParseError, Refusal};
use crate::event::Events;
use crate::{Answer, Dialect, Edits, Endpoint, Notice, Request, loose};

const CHAT: Dialect = Dialect::OpenaiChat;

pub(crate) struct Chat;

impl Codec for Chat {
    fn request(&self, endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError> {
        request::read(endpoint, body)
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, ParseError> {
        let (mut decoder, mut events) = (decode::Decoder::default(), Events::new());
        loose::decode_body(&mut decoder, CHAT, body, &mut events)?;
        if !decoder.recognised {
            return Err(ParseError::shape(CHAT, "it has no list of choices"));
        }
        Ok(Answer::from_iter(&events))
    }

    fn redact(&self, body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError> {
        encode::redact(body, edits)
    }

    fn replace(&self, body: &[u8], notice: &Notice) -> Result<Vec<u8>, ParseError> {
        encode::replace(body, notice)
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
