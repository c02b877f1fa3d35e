//! The wire formats of LLM providers, without I/O.
//!
//! A request or response is read into one provider-neutral representation ([`Request`], [`Answer`]); a
//! stream is cut into [`Frame`]s that keep their exact bytes beside the [`Event`]s they carry, so that a
//! relay can pass, hold, edit or drop frames without ever re-encoding what it lets through.
//!
//! What this crate promises: unknown fields survive every edit; any split of the bytes decodes to the same
//! events; a stream and the unstreamed response of the same answer build the same [`Answer`].

mod anthropic;
pub mod body;
mod codec;
mod cohere;
pub mod dialect;
pub mod edit;
pub mod encoding;
pub mod event;
pub mod framing;
mod gemini;
mod loose;
mod offsets;
mod ollama;
mod openai;
pub mod request;
pub mod response;
pub mod stream;
#[cfg(test)]
mod testing;

pub use body::{parse_answer, parse_request, redact_answer, refuse, replace_answer};
pub use codec::{ParseError, Refusal};
pub use dialect::{Dialect, Endpoint};
pub use edit::{Edit, Edits, Notice};
pub use event::{Event, Frame};
pub use framing::Framing;
pub use request::{Document, Message, Part, Request, Role, Sampling, Tool};
pub use response::{Answer, Choice, Citation, Finish, TokenLogprob, ToolCall, Usage};
pub use stream::{StreamDecoder, StreamEncoder};
