//! Logging set-up, redaction and Prometheus helpers.
