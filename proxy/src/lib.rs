//! The sidecar: a pingora-based proxy that judges LLM responses while they stream.

pub mod report;
pub mod spool;
