//! The table in real network namespaces, with real connections. Needs root, `ip` and `nft`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

#[path = "netns/capability.rs"]
mod capability;
#[path = "netns/failures.rs"]
mod failures;
#[path = "netns/listing.rs"]
mod listing;
#[path = "netns/support.rs"]
mod support;
#[path = "netns/traffic.rs"]
mod traffic;
