//! What the control plane is started with. Read from flags, file and environment by `cli`; nothing here reads them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use agentguard_api::query::PolicyView;
use agentguard_telemetry::Secret;
use arc_swap::ArcSwap;

/// Everything the control plane needs to start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the database lies; made when missing, readable only by its owner.
    pub data_dir: PathBuf,
    /// API and page.
    pub listen: SocketAddr,
    /// `/metrics`, without authentication: counts and names of judges, never content. `None`: no metrics port.
    pub metrics_listen: Option<SocketAddr>,
    /// Bearer token; without one only loopback may be bound.
    pub token: Option<Secret>,
    /// Names that the `Host` header may hold besides those of the loopback. Only looked at without a token.
    pub hosts: Vec<String>,
    /// Verdicts older than this are deleted. `None`: kept for ever.
    pub retention: Option<Duration>,
    /// What `/api/v1/policy` shows; exchanged when the policy is read again.
    pub policy: Arc<ArcSwap<PolicyView>>,
    /// The keys that sign policy bundles, one or two Ed25519 keys as PKCS #8 in PEM; `None`: one is made in the data directory. Several
    /// replicas must be given the same.
    pub signing_key: Option<Secret>,
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
            metrics_listen: Some(SocketAddr::from(([127, 0, 0, 1], 9090))),
            token: None,
            hosts: Vec::new(),
            retention: Some(Duration::from_secs(30 * 86_400)),
            policy: Arc::default(),
            signing_key: None,
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
    /// Bytes of all bodies that are being received.
    pub receiving: usize,
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
    /// Sidecars that wait for the next policy bundle.
    pub bundle_waits: usize,
    /// Requests answered at once, tails aside.
    pub requests: usize,
    /// Time for one request, tails aside.
    pub request_time: Duration,
    /// How long a search may look for matches before it answers with what it has.
    pub scan_time: Duration,
    /// How long stored verdicts are looked at for a policy that is tried on them.
    pub simulate_time: Duration,
    /// Dead letters kept.
    pub dead_letters: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 8 << 20,
            decoded_body: 32 << 20,
            receiving: 64 << 20,
            batch_events: 5_000,
            event: 8 << 20,
            decoding: 4,
            queued_events: 20_000,
            queued_bytes: 64 << 20,
            connections: 1024,
            tails: 64,
            bundle_waits: 10_000,
            requests: 256,
            request_time: Duration::from_secs(30),
            scan_time: Duration::from_millis(1500),
            simulate_time: Duration::from_secs(10),
            dead_letters: 10_000,
        }
    }
}
