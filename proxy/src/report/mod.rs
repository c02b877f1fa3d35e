//! Verdicts and heartbeats to the control plane.
