//! Logging set-up, redaction and Prometheus helpers. Decides how things are shown, never what is measured.

pub mod headers;
pub mod logs;
pub mod metrics;
mod scrub;
pub mod secret;

pub use secret::Secret;
