//! The policy: what happens to a response that is judged, and how long anything may wait for the judge.
//!
//! One representation for the YAML file, the pod annotation and the control plane's message ([`Policy`]); resolved once
//! per exchange into a [`Rule`] without options left open.

pub mod model;

pub use model::{
    Action, Capture, Delivery, Direction, Exchange, FailMode, Match, Policy, Route, Rule, Thresholds,
};
