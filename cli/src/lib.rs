//! AgentGuard on one machine: up, demo, score, check.
