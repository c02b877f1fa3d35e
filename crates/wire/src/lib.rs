//! The wire formats of LLM providers, without I/O.
//!
//! A request or response is read into one provider-neutral representation ([`Request`], [`Answer`]); a
//! stream is cut into [`Frame`]s that keep their exact bytes beside the [`Event`]s they carry, so that a
//! relay can pass, hold, edit or drop frames without ever re-encoding what it lets through.
//!
//! What this crate promises: unknown fields survive every edit; any split of the bytes decodes to the same
//! events; a stream and the unstreamed response of the same answer build the same [`Answer`]; what cannot be
//! read passes byte for byte and says so ([`Event::Unreadable`]); memory is bounded by [`framing::MAX_FRAME`]
//! and by what a caller keeps.
//!
//! ```
//! use agentguard_wire::{Answer, Edit, Edits, Endpoint, Framing, Notice, StreamDecoder, StreamEncoder, parse_request};
//!
//! let endpoint = Endpoint::detect("POST", "/v1/chat/completions").expect("an LLM endpoint");
//! let request = parse_request(&endpoint, br#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#)?;
//! let framing = Framing::of(endpoint.dialect, "text/event-stream", request.stream).expect("a stream");
//!
//! // Bytes arrive in any pieces; frames come out as soon as they are complete.
//! let mut decoder = StreamDecoder::new(endpoint.dialect, framing);
//! let mut frames = Vec::new();
//! decoder.feed(&b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello wor\"}}]}\n"[..].into(), &mut frames);
//! assert!(frames.is_empty());
//! decoder.feed(&b"\n"[..].into(), &mut frames);
//! let answer: Answer = frames.iter().flat_map(|frame| &frame.events).collect();
//! assert_eq!(answer.choices[0].text, "Hello wor");
//!
//! // Every frame goes out as it is or edited; then the stream is ended in its own dialect.
//! let mut encoder = StreamEncoder::new(endpoint.dialect, framing);
//! let mut edits = Edits::default();
//! edits.add(0, Edit { start: 6, end: usize::MAX, replacement: "…".to_owned() });
//! let out = encoder.redact(&frames[0], &edits);
//! assert_eq!(out, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello …\"}}]}\n\n");
//! let end = encoder.cut(&Notice { id: "x".to_owned(), message: "Stopped by policy.".to_owned() });
//! assert!(end.ends_with(b"data: [DONE]\n\n"));
//! # Ok::<(), agentguard_wire::ParseError>(())
//! ```

mod anthropic;
mod bedrock;
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
pub mod realtime;
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
