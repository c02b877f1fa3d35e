//! OpenAI's Realtime API over WebSocket, read along: `GET …/realtime?model=…` upgraded, then JSON events in both directions.
//!
//! Nothing here writes. [`Messages`] takes the bytes of one direction and gives its messages (RFC 6455, RFC 7692); a
//! [`Session`] takes the messages of both and gives the model's responses, each with the conversation that the model saw.
//!
//! Shapes are those of the API reference (<https://platform.openai.com/docs/api-reference/realtime-server-events>,
//! `…/realtime-client-events`) and of the types that OpenAI's Python SDK generates from its specification, in the names of the
//! general interface and in those of the beta. Items have the shapes of the Responses API, and the requests that are made of them
//! say so. It is no [`crate::Dialect`]: those are a request and its answer, which can be refused, edited and ended.
//!
//! Accepted limits: sound is read only as far as it is written down; which `response.create` a response belongs to is told by
//! its metadata, else by order, so that one that the server begins by itself meanwhile may be taken for the client's.

mod deflate;
mod frames;
mod items;
mod path;
mod session;
#[cfg(test)]
mod tests;

pub use deflate::{Deflate, UnknownExtension};
pub use frames::{FrameError, Message, Messages, Side};
pub use path::model;
pub use session::{Finished, Happening, Session};

/// The name used in policies, metrics and verdicts, beside those of [`crate::Dialect`].
pub const NAME: &str = "openai_realtime";
