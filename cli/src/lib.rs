//! AgentGuard on one machine: `up`, `demo`, `score`, `check`.

pub mod provider;
