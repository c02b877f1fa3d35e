//! The `agentguard` binary as people start it: over real sockets, with real signals.

#![cfg(test)]

mod demo;
mod eval;
mod policy;
mod running;
mod score;
mod up;
mod usage;
