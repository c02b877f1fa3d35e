//! The configuration of `agentguard up`: read once at start, every problem reported together, plain data inward.
//!
//! Flags win over `AGENTGUARD_*` variables, which win over the TOML file of `--config`, which wins over the defaults. The
//! names are in `settings.rs`, the meaning of each value in `value.rs`. The policy file is not read here.

mod file;
pub mod problem;
mod reader;
mod sources;
#[cfg(test)]
mod tests;
mod value;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use agentguard_proxy::Origin as Upstream;
use agentguard_proxy::TrustedKey;
pub use agentguard_proxy::model::ModelSource;
use agentguard_telemetry::Secret;
use clap::ArgMatches;

pub use problem::{Origin, Problem, Problems};
use reader::Reader;
pub use sources::Environment;
use sources::Sources;

/// Everything that `agentguard up` is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where verdicts are stored and spooled.
    pub data_dir: PathBuf,
    /// The proxy's part.
    pub proxy: agentguard_proxy::Config,
    /// Worker threads of the proxy; `None`: one a core.
    pub threads: Option<usize>,
    /// The trained encoder.
    pub model: ModelSource,
    /// Threads that run it.
    pub model_threads: usize,
    /// The policy file.
    pub policy: Option<PathBuf>,
    /// The keys whose policy bundles are believed; empty: those of the first that comes.
    pub policy_keys: Vec<TrustedKey>,
    /// The control plane in this process, or the one elsewhere.
    pub control: Control,
    /// The most that waits on disk for the control plane, bytes.
    pub spool_max: u64,
    /// What is logged.
    pub log: Log,
}

/// Which control plane the proxy reports to.
#[derive(Clone, Debug)]
pub enum Control {
    /// The one in this process.
    Here {
        /// API and dashboard.
        listen: SocketAddr,
        /// `/metrics`.
        metrics: Option<SocketAddr>,
        /// What it asks clients for.
        token: Option<Secret>,
        /// How long verdicts are kept; `None`: forever.
        retention: Option<Duration>,
        /// What signs policy bundles, PEM; `None`: a key in the data directory.
        signing_key: Option<Secret>,
    },
    /// Another one.
    Elsewhere {
        /// Its address.
        url: Upstream,
        /// What it asks for.
        token: Option<Secret>,
    },
}

/// What is logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// A level, or target=level pairs.
    pub filter: String,
    /// How lines look; `None`: by whether stderr is a terminal.
    pub json: Option<bool>,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn read(flags: &ArgMatches, environment: &Environment) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let sources = Sources::read(flags, environment, &mut problems);
        let mut reader = Reader { sources: &sources, problems };
        let config = reader.config(environment);
        let mut problems = reader.problems;
        // Command line first, then the environment, then the file from top to bottom.
        problems.sort_by_key(|problem| problem.origin.rank());
        if problems.is_empty() { Ok(config) } else { Err(Problems(problems)) }
    }

    /// Whether there is traffic to judge. Without, `up` is a control plane for proxies elsewhere.
    #[must_use]
    pub fn proxies(&self) -> bool {
        self.proxy.base_url_listen.is_some() || !self.proxy.inbound.is_empty()
    }

    /// Every listener with the setting that opens it.
    #[must_use]
    pub fn listeners(&self) -> Vec<(String, SocketAddr)> {
        let mut out = Vec::new();
        let mut add = |name: &str, listen: Option<SocketAddr>| {
            out.extend(listen.map(|listen| (name.to_owned(), listen)));
        };
        if let Control::Here { listen, metrics, .. } = &self.control {
            add("control-listen", Some(*listen));
            add("metrics-listen", *metrics);
        }
        add("base-url-listen", self.proxy.base_url_listen);
        add("admin-listen", self.proxy.admin_listen.filter(|_| self.proxies()));
        for inbound in &self.proxy.inbound {
            add("inbound", Some(inbound.listen));
        }
        out
    }
}

/// `AGENTGUARD_*` variables that are no settings: a misspelt one would silently do nothing.
#[must_use]
pub fn unknown_variables(environment: &Environment) -> Vec<&str> {
    // The tests' data and the binary that they start; what commands that ask a control plane read.
    const OTHERS: &[&str] =
        &["AGENTGUARD_FIXTURES", "AGENTGUARD_DATA", "AGENTGUARD_BINARY", "AGENTGUARD_CONTROL_TOKEN_FILE"];
    let known = |name: &str| {
        OTHERS.contains(&name) || crate::settings::SETTINGS.iter().any(|setting| setting.variable() == name)
    };
    let names = environment.keys().filter_map(|name| name.to_str());
    names.filter(|name| name.starts_with("AGENTGUARD_") && !known(name)).collect()
}
