//! HTTP as pingora does it: routing, headers, errors, and the relay that lets a response be held.

pub(crate) mod errors;
pub(crate) mod forward;
pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod relay;
pub(crate) mod reply;
pub(crate) mod route;
