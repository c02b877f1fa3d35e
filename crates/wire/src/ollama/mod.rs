//! Ollama's formats.

pub(crate) mod chat;
pub(crate) mod generate;
