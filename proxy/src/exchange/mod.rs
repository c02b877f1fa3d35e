//! The steps of an exchange that `life.rs` puts in order.

pub(crate) mod request;
