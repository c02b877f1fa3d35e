//! The sidecar: a pingora-based proxy that judges LLM responses while they stream.
//!
//! [`Proxy::bind`] opens every listener, [`Proxy::run`] serves until it is told to drain. What happens to one request is
//! told, top to bottom, in `life.rs`. The verdicts go to a [`Recorder`]; [`spool`] and [`report`] bring them to the control
//! plane.

mod admin;
pub mod config;
mod dns;
mod exchange;
mod front;
mod hash_key;
mod http;
pub mod intercept;
mod life;
mod metrics;
pub mod model;
pub mod origin;
pub mod policy;
pub mod providers;
mod proxy;
pub mod recorder;
pub mod report;
pub mod running;
mod shared;
pub mod signals;
pub mod spool;
mod upstream;
mod warm;

pub use config::{Config, Inbound, Limits, Timeouts, Upstream};
pub use front::unjudged::Tally;
pub use hash_key::{HashKeyError, hash_key};
pub use model::{Model, ModelConfig};
pub use origin::{Origin, OriginError};
pub use policy::{InForce, TrustedKey};
pub use proxy::{Addresses, BindError, Proxy};
pub use recorder::Recorder;
pub use running::{Running, Setup, StartError};
pub use upstream::roots::RootsError;
pub use warm::warm_up;
