//! AgentGuard on one machine: `up`, `demo`, `score`, `eval`, `check`, `policy`.
//!
//! [`command::command`] is the command line, [`config::Config`] what `up` is told; one module a command does the work.
//! [`provider`] stands alone: a scripted LLM provider for the demo, tests and benches.

pub mod check;
pub mod command;
pub mod config;
pub mod demo;
pub mod eval;
pub mod exit;
mod model;
pub mod policy;
mod policy_file;
mod progress;
pub mod provider;
mod remote;
pub mod score;
mod settings;
mod stack;
pub mod style;
pub mod up;
pub mod version;
