//! `agentguard demo`: conversations that were written for it, through the real proxy, and what the judge says of them.

pub mod agreement;
pub mod conversation;
pub mod request;
#[cfg(test)]
mod tests;
