//! Verdicts on disk until the control plane has stored them.
