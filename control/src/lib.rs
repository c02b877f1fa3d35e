//! The control plane: ingest, store, query, live tail and the dashboard.
//!
//! [`Control::bind`] takes the ports and brings the database up to date, so that what is wrong is known before anything is
//! served; [`Control::run`] serves until it is told to drain. A verdict's way: `ingest` → `store` → `tail`; a question's way:
//! `http` → `api` → `store`.

mod api;
mod audit;
mod clock;
mod config;
mod content;
mod control;
mod histogram;
mod http;
mod identity;
mod ingest;
mod ledger;
mod names;
mod policies;
mod rollup;
mod store;
mod tail;
#[cfg(test)]
mod testing;
mod varint;

pub use agentguard_api::query::PolicyView;
pub use agentguard_telemetry::Secret;
pub use config::{Access, Cluster, Config, KeySource, Limits, Rates};
pub use content::{ContentError, ContentKeys};
pub use control::{Addresses, Control, ControlError};
pub use identity::secrets::{check_key, check_placeholder, new_token};
pub use policies::KeyError;
pub use store::StoreError;
