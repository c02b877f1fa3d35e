//! Upstreams: where they are, how they are dialled, and which authorities they are trusted by.

pub(crate) mod resolve;
pub(crate) mod roots;
pub(crate) mod target;

pub(crate) use target::Target;
