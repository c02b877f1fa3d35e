//! What the proxy is told at start. Plain data: read and checked by whoever embeds it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use agentguard_api::Workload;
use agentguard_telemetry::Secret;

use crate::intercept::{Fixed, Intercept};
use crate::{ModelConfig, Origin};

/// Everything that the proxy is told.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Listener for `/{provider}/…`; `None`: not opened.
    pub base_url_listen: Option<SocketAddr>,
    /// Listener for `/startup`, `/ready`, `/live` and `/metrics`; `None`: not opened.
    pub admin_listen: Option<SocketAddr>,
    /// Reverse proxies in front of agents.
    pub inbound: Vec<Inbound>,
    /// Upstreams by provider name, beside the known ones ([`crate::providers`]) or instead of one of the same name.
    pub upstreams: BTreeMap<String, Upstream>,
    /// The workload that the proxy stands beside; goes with every event.
    pub workload: Workload,
    /// PEM file of certificate authorities to be trusted besides the platform's.
    pub ca_file: Option<PathBuf>,
    /// Traffic that is caught; `None`: only what is sent to the listeners above.
    pub intercept: Option<Intercept>,
    /// Addresses that stand for names, whatever a name server says.
    pub resolve: Fixed,
    /// The trained model; `None`: the rules judge alone.
    pub model: Option<ModelConfig>,
    /// The key under which `capture: hash` hashes; `None`: a random one of this process, under which only its own hashes compare.
    pub hash_key: Option<Secret>,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// How much there may be of things.
    pub limits: Limits,
}

/// A reverse proxy in front of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// Where callers connect.
    pub listen: SocketAddr,
    /// The agent.
    pub upstream: Origin,
}

/// An LLM provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Where it is.
    pub url: Origin,
}

/// How long things may take. Every wait in the proxy ends at one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the first bytes of a new connection, and for each read of a request.
    pub client_read: Duration,
    /// For each write to a client that does not read.
    pub client_write: Duration,
    /// How long a client's connection is kept between requests.
    pub client_idle: Duration,
    /// For name resolution, TCP and TLS towards an upstream.
    pub connect: Duration,
    /// From the request to the first byte of the response. Longer than the 10 minutes that SDKs wait.
    pub first_byte: Duration,
    /// Between two reads of a response.
    pub between_bytes: Duration,
    /// For each write to an upstream that does not read.
    pub upstream_write: Duration,
    /// How long an upstream's connection is kept for reuse.
    pub upstream_idle: Duration,
    /// For running exchanges once draining has begun; then they are cut.
    pub drain: Duration,
    /// How long an agent's own call stays evidence for the reply it was made for.
    pub context: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            client_read: Duration::from_secs(60),
            client_write: Duration::from_secs(120),
            client_idle: Duration::from_secs(75),
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(15 * 60),
            between_bytes: Duration::from_secs(5 * 60),
            upstream_write: Duration::from_secs(60),
            upstream_idle: Duration::from_secs(60),
            drain: Duration::from_secs(25),
            context: Duration::from_secs(10 * 60),
        }
    }
}

/// How much there may be of things. All memory that traffic can claim is bounded by these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request that are read for judging; a longer one passes unjudged, or is refused, by policy.
    pub request_bytes: usize,
    /// Bytes of an answer that are kept for judging or held; beyond it, the policy decides.
    pub response_bytes: usize,
    /// Bytes that a compressed body may decode to.
    pub decoded_bytes: usize,
    /// Connections open at once, all listeners together; beyond it new ones are closed.
    pub connections: usize,
    /// Tunnels open at once, beside the connections; they hold little. Beyond it new ones are closed.
    pub tunnels: usize,
    /// Exchanges at once; beyond it the client gets 503.
    pub exchanges: usize,
    /// Exchanges judged at once; beyond it they pass as `not_checked{overload}` or are refused, by policy.
    pub judged: usize,
    /// Bytes of evidence kept of the agent's own calls, for judging its replies.
    pub context_bytes: usize,
    /// Bytes of one Realtime session that may wait to be read along; beyond it the session passes as `not_checked{overload}`.
    pub realtime_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: 32 << 20,
            response_bytes: 32 << 20,
            decoded_bytes: 64 << 20,
            connections: 4096,
            tunnels: 16_384,
            exchanges: 2048,
            judged: 1024,
            context_bytes: 64 << 20,
            realtime_bytes: 4 << 20,
        }
    }
}
