//! The models' own formats behind `InvokeModel`: the body is the model's, a stream's events hold it in base64.
//!
//! | family | models | read as |
//! | --- | --- | --- |
//! | [`Family::Anthropic`] | Claude | Anthropic Messages |
//! | [`Family::Nova`] | Amazon Nova | Converse, the event's name as a field around it |
//! | [`Family::Chat`] | Mistral chat models, gpt-oss, Jamba, Qwen | OpenAI Chat Completions |
//! | [`Family::Plain`] | Titan text, Llama, Mistral, Cohere Command and Command R, DeepSeek-R1, older Claude | [`plain`] |
//!
//! The id in the path does not always tell the model (profiles, imported and provisioned models), so the family is told from
//! what is said. Requests that are none of these (pictures, vectors, ranks, AI21 Jurassic) are a [`ParseError`].

mod decoder;
mod encoder;
mod family;
mod nova;
mod plain;
mod request;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use super::converse;
use crate::codec::{self, Codec, EventDecoder, EventEncoder, ParseError, Refusal};
use crate::{Answer, Dialect, Edits, Endpoint, Finish, Notice, Request, loose};
use family::Family;

const DIALECT: Dialect = Dialect::BedrockInvoke;

pub(crate) struct Invoke;

impl Codec for Invoke {
    fn request(&self, endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError> {
        request::read(endpoint, body)
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, ParseError> {
        let value = loose::object(DIALECT, body)?;
        match Family::of(&value) {
            Family::Anthropic => codec::of(Dialect::AnthropicMessages).answer(body),
            Family::Nova => converse::read_answer(DIALECT, body),
            Family::Chat => {
                let mut answer = codec::of(Dialect::OpenaiChat).answer(body)?;
                for (choice, reason) in family::stop_reasons(&value) {
                    answer.choice(choice).finish.get_or_insert(reason);
                }
                Ok(answer)
            }
            Family::Plain => plain::read(&value),
        }
    }

    fn redact(&self, body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError> {
        let mut value = loose::object(DIALECT, body)?;
        match Family::of(&value) {
            Family::Anthropic => return codec::of(Dialect::AnthropicMessages).redact(body, edits),
            Family::Chat => return codec::of(Dialect::OpenaiChat).redact(body, edits),
            Family::Nova => converse::redact_answer(&mut value, edits),
            Family::Plain => plain::redact(&mut value, edits),
        }
        Ok(loose::bytes(&value))
    }

    fn replace(&self, body: &[u8], notice: &Notice) -> Result<Vec<u8>, ParseError> {
        let mut value = loose::object(DIALECT, body)?;
        match Family::of(&value) {
            Family::Anthropic => return codec::of(Dialect::AnthropicMessages).replace(body, notice),
            Family::Chat => return codec::of(Dialect::OpenaiChat).replace(body, notice),
            Family::Nova => converse::replace_answer(&mut value, notice),
            Family::Plain => plain::replace(&mut value, notice)?,
        }
        Ok(loose::bytes(&value))
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

/// A reason to end, in the words of any of the models.
fn finish(word: &str) -> Option<Finish> {
    Some(match word {
        "" => return None,
        "stop" | "end_turn" | "stop_sequence" | "COMPLETE" | "FINISH" | "FINISHED" | "STOP_CRITERIA_MET"
        | "STOP_SEQUENCE" => Finish::Stop,
        "length" | "max_tokens" | "LENGTH" | "MAX_TOKENS" => Finish::Length,
        "tool_calls" | "tool_use" => Finish::ToolCalls,
        "content_filter" | "content_filtered" | "refusal" | "CONTENT_FILTERED" | "ERROR_TOXIC" => {
            Finish::ContentFilter
        }
        other => Finish::Other(other.to_owned()),
    })
}

/// What says why an answer was stopped, where the format has no place of its own for it.
fn told(notice: &Notice) -> Value {
    json!({"id": notice.id, "message": notice.message})
}
