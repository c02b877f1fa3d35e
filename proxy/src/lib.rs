//! The sidecar: a pingora-based proxy that judges LLM responses while they stream.
//!
//! [`Proxy::bind`] opens every listener, [`Proxy::run`] serves until it is told to drain. What happens to one request is
//! told, top to bottom, in `life.rs`. The verdicts go to a [`Recorder`]; [`spool`] and [`report`] bring them to the control
//! plane.

pub mod config;
pub mod origin;
pub mod providers;
pub mod recorder;
pub mod report;
pub mod spool;

pub use config::{Config, Inbound, Limits, Timeouts, Upstream};
pub use origin::{Origin, OriginError};
pub use recorder::Recorder;
