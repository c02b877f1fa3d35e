//! The command line. Every flag is an environment variable too.

use std::net::SocketAddr;
use std::path::PathBuf;

use agentguard_proxy::intercept::{Mode, Pinned, Unknown};
use clap::{Args, Parser, ValueEnum};

/// Judges the LLM traffic of one pod.
#[derive(Parser)]
#[command(name = "agentguard-proxy", version, about = "AgentGuard's sidecar", long_about = None)]
pub(crate) enum Command {
    /// Catch the pod's LLM traffic, judge it, and report.
    ///
    /// How traffic comes here is the mode. `transparent`: agentguard-netinit has redirected the pod's connections. `hosts`: the
    /// providers' names resolve to loopback (hostAliases). `connect`: HTTPS_PROXY points here. `base-url`: the SDKs' base URLs do.
    /// What is not meant for a listed host passes byte for byte.
    Sidecar(Box<Flags>),
}

/// The settings of `sidecar`. Values stay text where what is wrong with them is reported together with all the rest.
#[derive(Args)]
pub(crate) struct Flags {
    /// How traffic comes here
    #[arg(long, value_enum, env = "AGENTGUARD_MODE")]
    pub(crate) mode: How,
    /// Hosts to judge: names and patterns such as *.openai.azure.com [default: the well-known providers]
    #[arg(long, value_name = "HOST,…", value_delimiter = ',', env = "AGENTGUARD_HOSTS")]
    pub(crate) hosts: Vec<String>,
    /// Where caught connections arrive [default: by mode, loopback of both families, port 19001, 443 or 19002]
    #[arg(long, value_name = "ADDR,…", value_delimiter = ',', env = "AGENTGUARD_CATCH_LISTEN")]
    pub(crate) catch_listen: Vec<SocketAddr>,
    /// Where SDKs point their base URL, in mode base-url
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:19003", env = "AGENTGUARD_BASE_URL_LISTEN")]
    pub(crate) base_url_listen: SocketAddr,
    /// A provider under /NAME/ of the base URL; may be repeated
    #[arg(long, value_name = "NAME=URL", env = "AGENTGUARD_UPSTREAM", value_delimiter = ',')]
    pub(crate) upstream: Vec<String>,
    /// Listen at ADDR in front of the agent at URL; may be repeated
    #[arg(long, value_name = "ADDR=URL", env = "AGENTGUARD_INBOUND", value_delimiter = ',')]
    pub(crate) inbound: Vec<String>,
    /// Probes and metrics; the kubelet asks on the pod's address
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:19020", env = "AGENTGUARD_ADMIN_LISTEN")]
    pub(crate) admin_listen: SocketAddr,
    /// What is done with connections that do not say, or hide, where they are going
    #[arg(long, value_enum, default_value = "pass", env = "AGENTGUARD_UNKNOWN_SNI")]
    pub(crate) unknown_sni: PassOrRefuse,
    /// What is done when a host's clients trust only their own certificates: their calls fail, or pass unjudged and counted
    #[arg(long, value_enum, default_value = "fail", env = "AGENTGUARD_PINNED")]
    pub(crate) pinned: FailOrPass,
    /// Ports to which tunnels may be asked for, in mode connect
    #[arg(
        long,
        value_name = "PORT,…",
        value_delimiter = ',',
        default_value = "443",
        env = "AGENTGUARD_CONNECT_PORTS"
    )]
    pub(crate) connect_ports: Vec<u16>,
    /// Ports to which plain HTTP may be asked for, besides those, in mode connect
    #[arg(
        long,
        value_name = "PORT,…",
        value_delimiter = ',',
        default_value = "80",
        env = "AGENTGUARD_HTTP_PORTS"
    )]
    pub(crate) http_ports: Vec<u16>,
    /// An address that stands for a name whatever DNS says; may be repeated
    #[arg(long, value_name = "HOST=ADDR", env = "AGENTGUARD_RESOLVE", value_delimiter = ',')]
    pub(crate) resolve: Vec<String>,
    /// The authority's directory; mounted here alone
    #[arg(long, value_name = "DIR", default_value = "/var/run/agentguard/key", env = "AGENTGUARD_KEY_DIR")]
    pub(crate) key_dir: PathBuf,
    /// Where the applications' certificates are written; they mount it read-only
    #[arg(long, value_name = "DIR", default_value = "/var/run/agentguard/ca", env = "AGENTGUARD_CA_DIR")]
    pub(crate) ca_dir: PathBuf,
    /// PEM file of authorities to trust besides the public ones, upstream and in the applications' bundle
    #[arg(long, value_name = "FILE", env = "AGENTGUARD_EXTRA_CA")]
    pub(crate) extra_ca: Option<PathBuf>,
    /// YAML policy, which wins over the control plane's; re-read on SIGHUP [default: the control plane's; until there is one, every
    /// answer is judged and annotated]
    #[arg(long, value_name = "FILE", env = "AGENTGUARD_POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// Public key whose policy bundles are believed; may be repeated [default: those of the first bundle that comes]
    #[arg(long, value_name = "BASE64", env = "AGENTGUARD_POLICY_KEY", value_delimiter = ',')]
    pub(crate) policy_key: Vec<String>,
    /// File that holds such keys, one a line
    #[arg(long, value_name = "FILE", env = "AGENTGUARD_POLICY_KEY_FILE")]
    pub(crate) policy_key_file: Option<PathBuf>,
    /// The control plane to report to; without it verdicts wait in the spool
    #[arg(long, value_name = "URL", env = "AGENTGUARD_CONTROL_URL")]
    pub(crate) control_url: Option<String>,
    /// File that holds the bearer token for it; read again every 30 s, and when the token is refused
    #[arg(long, value_name = "FILE", env = "AGENTGUARD_CONTROL_TOKEN_FILE")]
    pub(crate) control_token_file: Option<PathBuf>,
    /// File with the key under which `capture: hash` hashes, 32 characters or more [default: a random key of this process]
    #[arg(long, value_name = "FILE", env = "AGENTGUARD_HASH_KEY_FILE")]
    pub(crate) hash_key_file: Option<PathBuf>,
    /// Where verdicts wait for it
    #[arg(long, value_name = "DIR", default_value = "/var/lib/agentguard", env = "AGENTGUARD_DATA_DIR")]
    pub(crate) data_dir: PathBuf,
    /// The trained encoder that reads answers to questions, tens of milliseconds a sentence: builtin, off, or the path of another one
    #[arg(long, value_name = "WHICH", default_value = "builtin", env = "AGENTGUARD_MODEL")]
    pub(crate) model: String,
    /// SHA-256 that the file at --model must have [default: that of the built-in one]
    #[arg(long, value_name = "HEX", env = "AGENTGUARD_MODEL_SHA256")]
    pub(crate) model_sha256: Option<String>,
    /// Threads that run the encoder, a core each
    #[arg(long, value_name = "N", default_value = "1", env = "AGENTGUARD_MODEL_THREADS")]
    pub(crate) model_threads: usize,
    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N", env = "AGENTGUARD_THREADS")]
    pub(crate) threads: Option<usize>,
    /// error, warn, info, debug, trace, or target=level pairs
    #[arg(long, value_name = "FILTER", default_value = "info", env = "AGENTGUARD_LOG")]
    pub(crate) log: String,
}

/// How traffic comes here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum How {
    Transparent,
    Hosts,
    Connect,
    BaseUrl,
}

impl How {
    /// How connections are caught; `None`: none are.
    pub(crate) fn catches(self) -> Option<Mode> {
        match self {
            Self::Transparent => Some(Mode::Transparent),
            Self::Hosts => Some(Mode::Hosts),
            Self::Connect => Some(Mode::Connect),
            Self::BaseUrl => None,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PassOrRefuse {
    Pass,
    Refuse,
}

impl From<PassOrRefuse> for Unknown {
    fn from(value: PassOrRefuse) -> Self {
        match value {
            PassOrRefuse::Pass => Self::Pass,
            PassOrRefuse::Refuse => Self::Refuse,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FailOrPass {
    Fail,
    Pass,
}

impl From<FailOrPass> for Pinned {
    fn from(value: FailOrPass) -> Self {
        match value {
            FailOrPass::Fail => Self::Fail,
            FailOrPass::Pass => Self::Pass,
        }
    }
}
