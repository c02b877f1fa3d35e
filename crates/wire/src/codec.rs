//! What each dialect implements, and the choice of one at run time.

use bytes::Bytes;

use crate::event::Events;
use crate::{Answer, Dialect, Edits, Endpoint, Notice, Request};

/// Why bytes could not be read as their dialect. Holds no content: only where and what was expected.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Not JSON at all, or not the expected shape.
    #[error("not a {dialect} body: {reason}")]
    Shape {
        /// The dialect it was read as.
        dialect: Dialect,
        /// What was wrong, without content.
        reason: String,
    },
}

impl ParseError {
    /// JSON, but not the dialect's shape. `reason` holds no content.
    pub(crate) fn shape(dialect: Dialect, reason: &str) -> Self {
        Self::Shape { dialect, reason: reason.to_owned() }
    }

    /// From serde's error, keeping position and category but none of the content that serde quotes.
    pub(crate) fn json(dialect: Dialect, error: &serde_json::Error) -> Self {
        let reason =
            format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column());
        Self::Shape { dialect, reason }
    }
}

/// A complete HTTP answer that refuses, valid in the client's dialect: its SDK raises its own error type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status, 4xx.
    pub status: u16,
    /// `content-type` of the body.
    pub content_type: &'static str,
    /// The response header in which the dialect's SDKs look for the request's id.
    pub id_header: Option<&'static str>,
    /// Further headers by which the dialect's SDKs tell what kind of error it is.
    pub headers: &'static [(&'static str, &'static str)],
    /// The dialect's error object.
    pub body: Bytes,
}

/// One dialect's reading and writing. Stateless; the state of a stream lives in its decoder and encoder.
pub(crate) trait Codec: Sync {
    /// Reads a request body.
    fn request(&self, endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError>;
    /// Reads an unstreamed 2xx body.
    fn answer(&self, body: &[u8]) -> Result<Answer, ParseError>;
    /// Makes the edits in an unstreamed body; everything else survives.
    fn redact(&self, body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError>;
    /// An unstreamed 200 body with the notice in place of every answer, ended as filtered.
    fn replace(&self, body: &[u8], notice: &Notice) -> Result<Vec<u8>, ParseError>;
    /// The dialect's error for a policy block.
    fn refuse(&self, notice: &Notice) -> Refusal;
    /// A decoder of one stream's events.
    fn decoder(&self) -> Box<dyn EventDecoder>;
    /// An encoder beside it.
    fn encoder(&self) -> Box<dyn EventEncoder>;
}

/// Reads the payloads of one stream, framing already removed.
pub(crate) trait EventDecoder: Send {
    /// One event: its SSE name or event type, if any, and its data (an SSE data field, a NDJSON line, an array element, a
    /// message's payload).
    /// Data that is not JSON is [`crate::Event::Unreadable`]; what is read and not known adds no event and passes as opaque.
    fn decode(&mut self, name: Option<&str>, data: &[u8], out: &mut Events);
    /// The stream is over: close what is still open (calls without an end).
    fn finish(&mut self, out: &mut Events);
}

/// One payload to write: SSE name, if any, and data.
pub(crate) type Payload = (Option<&'static str>, Vec<u8>);

/// Writes into one stream. Knows what the client has been given, since only delivered payloads are shown to it.
pub(crate) trait EventEncoder: Send {
    /// This payload went out: `data` as the client gets it (edited or not), `events` as they were decoded.
    fn delivered(&mut self, name: Option<&str>, data: &[u8], events: &Events);
    /// The payload with the edits made, or `None` when they do not touch it. Other fields survive. Log-probabilities,
    /// token ids and annotations that would give the removed text away go with it.
    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>>;
    /// What ends the stream properly after what was delivered: open blocks closed, a finish reason that says filtered,
    /// the dialect's terminal event. Works before anything was delivered, too.
    fn cut(&mut self, notice: &Notice) -> Vec<Payload>;
}

/// The codec of a dialect.
pub(crate) fn of(dialect: Dialect) -> &'static dyn Codec {
    match dialect {
        Dialect::OpenaiChat => &crate::openai::chat::Chat,
        Dialect::OpenaiResponses => &crate::openai::responses::Responses,
        Dialect::OpenaiCompletions => &crate::openai::completions::Completions,
        Dialect::AnthropicMessages => &crate::anthropic::Messages,
        Dialect::Gemini => &crate::gemini::Gemini,
        Dialect::OllamaChat => &crate::ollama::Ollama::Chat,
        Dialect::OllamaGenerate => &crate::ollama::Ollama::Generate,
        Dialect::CohereChat => &crate::cohere::Chat,
        Dialect::BedrockConverse => &crate::bedrock::Converse,
        Dialect::BedrockInvoke => &crate::bedrock::Invoke,
    }
}
