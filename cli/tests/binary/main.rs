//! The `agentguard` binary as people start it: over real sockets, with real signals.

mod demo;
mod running;
mod score;
mod up;
mod usage;
