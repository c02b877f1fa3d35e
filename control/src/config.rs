//! What the control plane is started with. Read from flags, file and environment by `cli`; nothing here reads them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use agentguard_api::query::PolicyView;
use agentguard_telemetry::Secret;
use arc_swap::ArcSwap;

use crate::content::ContentKeys;

/// Everything the control plane needs to start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the database lies; made when missing, readable only by its owner.
    pub data_dir: PathBuf,
    /// A PostgreSQL that several control planes share, `postgres://user:password@host:port/database`; verdicts then lie there and not in
    /// `data_dir`.
    pub database: Option<Secret>,
    /// Its password, when the address holds none.
    pub database_password: Option<Secret>,
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
    /// Accounts, keys and whom to believe.
    pub access: Access,
    /// What captured content is encrypted under.
    pub content: ContentKeys,
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
            database: None,
            database_password: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            metrics_listen: Some(SocketAddr::from(([127, 0, 0, 1], 9090))),
            token: None,
            hosts: Vec::new(),
            retention: Some(Duration::from_secs(30 * 86_400)),
            policy: Arc::default(),
            access: Access::default(),
            content: ContentKeys::default(),
            signing_key: None,
            limits: Limits::default(),
        }
    }
}

/// Accounts, keys and whom to believe. By default: nobody has an account and no key is set.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Whether people sign in with accounts of their own.
    pub accounts: bool,
    /// The one-time secret for the first account; without one, one is made up and shown ([`crate::Control::first_secret`]).
    pub bootstrap: Option<Secret>,
    /// Signs tokens for programs, HS256; at least 32 bytes. Without one, none are signed or taken.
    pub jwt_key: Option<Secret>,
    /// The secret that the audit log's key is derived from. Without one the chain shows accidents, not forgers.
    pub audit_key: Option<Secret>,
    /// What sidecars without a cluster's token present: they may only report.
    pub sidecar_token: Option<Secret>,
    /// The cluster whose ServiceAccount tokens sidecars may present.
    pub cluster: Option<Cluster>,
    /// Proxies between the clients and this control plane whose `X-Forwarded-For` is believed.
    pub trusted_proxies: usize,
    /// How many requests of each kind one caller may send.
    pub rates: Rates,
}

/// A Kubernetes cluster's issuer of ServiceAccount tokens.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// `iss` of its tokens, e.g. `https://kubernetes.default.svc.cluster.local`.
    pub issuer: String,
    /// `aud` that they must be made for: one of their own, or any service that they are shown to could come here with them.
    pub audience: String,
    /// Its public keys.
    pub keys: KeySource,
    /// PEM file of the only authorities to believe when the keys are asked for.
    pub ca_file: Option<PathBuf>,
    /// File with the token to ask with.
    pub token_file: Option<PathBuf>,
}

impl Cluster {
    /// The audience that sidecars' tokens have unless said otherwise.
    pub const AUDIENCE: &str = "agentguard-control";
}

/// Where a JWK set is.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A file.
    File(PathBuf),
    /// An address, `https://…/openid/v1/jwks`.
    Url(String),
}

/// Requests a minute of one caller (key, account or, for sign-ins, address), by kind; a minute's worth may come at once. 0: no limit.
#[derive(Clone, Debug)]
pub struct Rates {
    /// Questions and changes.
    pub query: u32,
    /// Long answers.
    pub export: u32,
    /// Passwords and tokens.
    pub login: u32,
    /// Batches and heartbeats of one sidecar credential and address.
    pub ingest: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self { query: 1200, export: 30, login: 60, ingest: 0 }
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
    /// Connections to PostgreSQL for questions; three more are for commits and a lock.
    pub database_connections: u32,
    /// Time for one statement on PostgreSQL.
    pub statement_time: Duration,
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
            database_connections: 12,
            statement_time: Duration::from_secs(30),
        }
    }
}
