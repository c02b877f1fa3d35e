//! What the reporter is told, and why it may not start.

use std::path::PathBuf;
use std::time::Duration;

use agentguard_telemetry::metrics::MetricError;

use super::credential::Token;

/// What the reporter is told.
#[derive(Clone, Debug)]
pub struct ReportConfig {
    /// The control plane: `http://host:port` or `https://…`, without a path of its own or with one that is a prefix.
    pub control: String,
    /// Sent as a bearer token.
    pub token: Option<Token>,
    /// A token file that was read that long ago is read again; besides whenever the control plane refuses the token.
    pub token_refresh: Duration,
    /// PEM file of authorities to be trusted besides the platform's.
    pub ca_file: Option<PathBuf>,
    /// Between heartbeats.
    pub heartbeat: Duration,
    /// For a whole request, commit included.
    pub timeout: Duration,
    /// Verdicts in a batch.
    pub batch_events: usize,
    /// Bytes of a batch, unless a single verdict has more.
    pub batch_bytes: usize,
    /// The longest first wait after a failure; it doubles with every further one, up to `max_backoff`.
    pub min_backoff: Duration,
    /// The longest wait after a failure.
    pub max_backoff: Duration,
    /// How long a question for the next policy waits, seconds of which the control plane allows 50.
    pub policy_wait: Duration,
    /// For flushing and sending what is left once told to stop.
    pub drain: Duration,
}

impl ReportConfig {
    /// The usual, to this control plane.
    #[must_use]
    pub fn to(control: impl Into<String>) -> Self {
        Self {
            control: control.into(),
            token: None,
            token_refresh: Duration::from_secs(30),
            ca_file: None,
            heartbeat: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            batch_events: 1000,
            batch_bytes: 1 << 20,
            min_backoff: Duration::from_millis(250),
            max_backoff: Duration::from_secs(30),
            policy_wait: Duration::from_secs(30),
            drain: Duration::from_secs(5),
        }
    }
}

/// Why there is no reporter.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Not an address of a control plane.
    #[error("the control plane's address {given:?} {why}; use http://host:port or https://host:port")]
    Address {
        /// As given.
        given: String,
        /// What is wrong with it.
        why: String,
    },
    /// The token file cannot be used.
    #[error("the file {} with the token for the control plane cannot be used: {why}", path.display())]
    Token {
        /// The file.
        path: PathBuf,
        /// What is wrong with it; nothing of what is in it.
        why: String,
    },
    /// The CA file cannot be used.
    #[error("the CA file {} for the control plane cannot be used: {why}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// No HTTP client can be made.
    #[error("no connection to the control plane can be set up: {0}")]
    Client(String),
    /// A metric's name is taken: two reporters on one registry.
    #[error(transparent)]
    Metrics(#[from] MetricError),
}
