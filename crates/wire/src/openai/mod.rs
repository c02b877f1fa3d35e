//! OpenAI's formats and those of the many providers that copy them.

pub(crate) mod chat;
pub(crate) mod completions;
pub(crate) mod responses;
