//! Accounts, keys and the audit log, as the API shows them.

pub(crate) mod audit;
pub(crate) mod auth;
pub(crate) mod examples;
pub(crate) mod keys;
pub(crate) mod users;
