//! `agentguard demo`: conversations that were written for it, through the real proxy, and what the judge says of them.

pub mod agreement;
pub mod conversation;
pub mod replay;
pub mod request;
pub mod show;
#[cfg(test)]
mod tests;
pub mod watch;
