//! Client connections: accepted, counted, told apart (HTTP/1.1 or h2 with prior knowledge) and handed to pingora.

pub(crate) mod app;
pub(crate) mod client;
pub(crate) mod listener;
pub(crate) mod sniff;
