//! The policy: what happens to a response that is judged, and how long anything may wait for the judge.
//!
//! One representation for the YAML file and the control plane's message ([`Policy`]); resolved once per exchange into a
//! [`Rule`] without options left open. Does no judging and touches no traffic.

mod check;
mod choice;
mod duration;
mod fields;
pub mod model;
pub mod pattern;
pub mod problem;
mod read;
mod redaction;
mod tree;
mod write;

pub use model::{
    Action, Capture, Delivery, Direction, Exchange, FailMode, Match, Policy, Route, Rule, Thresholds,
};
pub use pattern::Pattern;
pub use problem::{PolicyError, Problem, Problems};
