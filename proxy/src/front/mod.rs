//! Client connections: accepted, counted, told apart and handed to pingora.
//!
//! Those that were meant for us speak HTTP/1.1 or h2 with prior knowledge ([`listener`]); those that were caught on their way to
//! a provider live in [`caught`].

pub(crate) mod app;
pub(crate) mod asked;
pub(crate) mod bound;
pub(crate) mod caught;
pub(crate) mod client;
pub(crate) mod connect;
pub(crate) mod coverage;
pub(crate) mod decide;
pub(crate) mod destination;
pub(crate) mod forbidden;
pub(crate) mod hello;
pub(crate) mod hosts;
pub(crate) mod listener;
pub(crate) mod onward;
pub(crate) mod opening;
pub(crate) mod pins;
pub(crate) mod places;
pub(crate) mod secure;
pub(crate) mod sniff;
pub(crate) mod tunnel;
pub(crate) mod unjudged;
