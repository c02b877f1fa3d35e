//! Traffic recorded from the providers: recognised, decoded without loss, passed byte for byte, and still
//! valid after a cut or a redaction anywhere.
//!
//! What the decoders say is held against an oracle that reads the same JSON naively: streams are first put together into
//! the unstreamed body that they stand for, as the providers' SDKs do it.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

mod anthropic;
mod check;
mod cohere;
mod expected;
mod fixtures;
mod gemini;
mod opaque;
mod openai_chat;
mod openai_responses;
