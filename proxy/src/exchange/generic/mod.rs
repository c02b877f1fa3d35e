//! An agent's own format, which nobody told us: read as far as common sense goes.
//!
//! Requests: the strings of a JSON body, or plain text. Replies: JSON, plain text, server-sent events and NDJSON. Where a body
//! has the shape of OpenAI's chat API, it is read as that. What is not read here is not judged, and passes.
//!
//! Accepted limits: ids and single words in JSON are not taken for statements; an event whose text repeats everything so far
//! is taken for a growing snapshot; there is no ending that every client understands, so a cut breaks the connection off.

pub(crate) mod events;
pub(crate) mod pick;
pub(crate) mod reply;
pub(crate) mod request;

#[cfg(test)]
mod tests;
