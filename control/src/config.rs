//! What the control plane is started with. Read from flags, file and environment by `cli`; nothing here reads them.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use agentguard_api::query::PolicyView;

/// Shortest token accepted, bytes: 16 random bytes in hexadecimal are 32, a guessable word is not.
const MIN_TOKEN: usize = 16;

/// Everything the control plane needs to start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the database lies; made when missing, readable only by its owner.
    pub data_dir: PathBuf,
    /// API and page.
    pub listen: SocketAddr,
    /// `/metrics`, without authentication: names of models and numbers, never content.
    pub metrics_listen: SocketAddr,
    /// Bearer token; without one only loopback may be bound.
    pub token: Option<Token>,
    /// Names that the `Host` header may hold besides those of the loopback. Only looked at without a token.
    pub hosts: Vec<String>,
    /// Verdicts older than this are deleted.
    pub retention: Duration,
    /// What `/api/v1/policy` shows.
    pub policy: PolicyView,
    /// Bounds on everything that others can make grow.
    pub limits: Limits,
}

impl Config {
    /// The defaults: ports 8000 and 9090 of the loopback, no token, 30 days.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            metrics_listen: SocketAddr::from(([127, 0, 0, 1], 9090)),
            token: None,
            hosts: Vec::new(),
            retention: Duration::from_secs(30 * 86_400),
            policy: PolicyView::default(),
            limits: Limits::default(),
        }
    }
}

/// Bounds on everything that others can make grow.
#[derive(Clone, Debug)]
pub struct Limits {
    /// A request's body as sent, bytes.
    pub body: usize,
    /// An ingest body after decompression, bytes.
    pub decoded_body: usize,
    /// Events of one batch.
    pub batch_events: usize,
    /// One event with its content, bytes.
    pub event: usize,
    /// Batches being decoded at once; each may take `decoded_body` of memory.
    pub decoding: usize,
    /// Events that wait for their commit.
    pub queued_events: usize,
    /// Bytes that wait for their commit.
    pub queued_bytes: usize,
    /// Open connections.
    pub connections: usize,
    /// Readers of the live tail.
    pub tails: usize,
    /// Requests answered at once, tails aside.
    pub requests: usize,
    /// Time for one request, tails aside.
    pub request_time: Duration,
    /// How long a search may look for matches before it answers with what it has.
    pub scan_time: Duration,
    /// Dead letters kept.
    pub dead_letters: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 8 << 20,
            decoded_body: 32 << 20,
            batch_events: 5_000,
            event: 8 << 20,
            decoding: 4,
            queued_events: 20_000,
            queued_bytes: 64 << 20,
            connections: 1024,
            tails: 64,
            requests: 256,
            request_time: Duration::from_secs(30),
            scan_time: Duration::from_millis(1500),
            dead_letters: 10_000,
        }
    }
}

/// A secret that does not show in logs.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes a token of at least 16 visible ASCII characters.
    pub fn new(token: impl Into<String>) -> Result<Self, TokenError> {
        let token = token.into();
        if token.len() < MIN_TOKEN {
            return Err(TokenError::Short { min: MIN_TOKEN });
        }
        if !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(TokenError::Characters);
        }
        Ok(Self(token))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Too short to be a secret.
    #[error("the token must have at least {min} characters; `openssl rand -hex 16` makes a good one")]
    Short {
        /// The least.
        min: usize,
    },
    /// Would not survive a header.
    #[error("the token may hold only visible ASCII characters, no spaces")]
    Characters,
}
