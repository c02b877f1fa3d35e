//! What the flags mean: read once, every problem reported together.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use agentguard_api::Workload;
use agentguard_proxy::intercept::{Catch, Fixed, Mode};
use agentguard_proxy::model::ModelSource;
use agentguard_proxy::{Inbound, Origin, TrustedKey, Upstream, providers};
use agentguard_trust::HostSet;

use crate::command::{Flags, How};

/// Everything that the sidecar is told.
pub(crate) struct Config {
    pub(crate) flags: Flags,
    pub(crate) hosts: HostSet,
    pub(crate) listen: Vec<Catch>,
    pub(crate) upstreams: BTreeMap<String, Upstream>,
    pub(crate) inbound: Vec<Inbound>,
    pub(crate) resolve: Fixed,
    pub(crate) workload: Workload,
    pub(crate) threads: Option<usize>,
    /// The keys whose policy bundles are believed; empty: those of the first that comes.
    pub(crate) policy_keys: Vec<TrustedKey>,
}

/// All that is wrong with the settings.
#[derive(Debug)]
pub(crate) struct Problems(Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n  ")?;
            }
            f.write_str(problem)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Config {
    /// Reads the flags.
    pub(crate) fn read(flags: Flags) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let hosts = if flags.hosts.is_empty() { providers::hosts().collect() } else { flags.hosts.clone() };
        let hosts = HostSet::parse(hosts).unwrap_or_else(|wrong| {
            problems.extend(wrong.iter().map(|error| format!("--hosts: {error}")));
            HostSet::default()
        });
        let mut upstreams = BTreeMap::new();
        for (name, url) in pairs("--upstream", "NAME=URL", &flags.upstream, &mut problems) {
            match url.parse::<Origin>() {
                Ok(url) => drop(upstreams.insert(name.to_owned(), Upstream { url })),
                Err(error) => problems.push(format!("--upstream {name}: {error}")),
            }
        }
        let mut inbound = Vec::new();
        for (listen, url) in pairs("--inbound", "ADDR=URL", &flags.inbound, &mut problems) {
            match (listen.parse(), url.parse::<Origin>()) {
                (Ok(listen), Ok(upstream)) => inbound.push(Inbound { listen, upstream }),
                (Err(_), _) => problems
                    .push(format!("--inbound: {listen:?} is not an address; write it as 0.0.0.0:8080")),
                (_, Err(error)) => problems.push(format!("--inbound: {error}")),
            }
        }
        let mut resolve = Fixed::new();
        for (host, address) in pairs("--resolve", "HOST=ADDR", &flags.resolve, &mut problems) {
            match address.parse() {
                Ok(address) => drop(resolve.insert(host.to_ascii_lowercase(), address)),
                Err(_) => problems
                    .push(format!("--resolve: {address:?} is not an address; write it as 10.0.0.1:443")),
            }
        }
        let listen = match (flags.mode.catches(), flags.catch_listen.as_slice()) {
            (None, []) => Vec::new(),
            (None, _) => {
                problems.push("--catch-listen: nothing is caught in mode base-url".to_owned());
                Vec::new()
            }
            (Some(mode), []) => loopback(mode),
            (Some(mode), given) => given.iter().map(|address| Catch { mode, address: *address }).collect(),
        };
        if flags.control_token_file.is_some() && flags.control_url.is_none() {
            problems.push("--control-token-file: there is no --control-url that it would be for".to_owned());
        }
        let policy_keys = policy_keys(&flags, &mut problems);
        if flags.threads == Some(0) || flags.model_threads == 0 {
            problems.push("--threads and --model-threads: at least one".to_owned());
        }
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        let threads = flags.threads;
        Ok(Self {
            hosts,
            listen,
            upstreams,
            inbound,
            resolve,
            workload: workload(),
            threads,
            policy_keys,
            flags,
        })
    }

    /// Where SDKs point their base URL.
    pub(crate) fn base_url_listen(&self) -> Option<SocketAddr> {
        (self.flags.mode == How::BaseUrl).then_some(self.flags.base_url_listen)
    }

    /// Where the trained encoder comes from.
    pub(crate) fn model(&self) -> ModelSource {
        match self.flags.model.as_str() {
            "builtin" => ModelSource::Builtin,
            "off" => ModelSource::Off,
            path => {
                let sha256 = self.flags.model_sha256.as_ref().map(|hash| hash.to_ascii_lowercase());
                ModelSource::File { path: path.into(), sha256 }
            }
        }
    }

    /// The operator's further authorities.
    pub(crate) fn extra_ca(&self) -> Option<PathBuf> {
        self.flags.extra_ca.clone()
    }
}

/// Loopback of both families: the kernel sends redirected connections there, and nobody outside the pod can ask for a tunnel.
fn loopback(mode: Mode) -> Vec<Catch> {
    let port = match mode {
        Mode::Transparent => 19001,
        Mode::Hosts => 443,
        Mode::Connect => 19002,
    };
    let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    both.map(|ip| Catch { mode, address: SocketAddr::new(ip, port) }).to_vec()
}

fn policy_keys(flags: &Flags, problems: &mut Vec<String>) -> Vec<TrustedKey> {
    let mut given: Vec<(&str, String)> =
        flags.policy_key.iter().map(|key| ("--policy-key", key.clone())).collect();
    if let Some(path) = &flags.policy_key_file {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let lines =
                    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
                given.extend(lines.map(|line| ("--policy-key-file", line.to_owned())));
            }
            Err(error) => {
                problems.push(format!("--policy-key-file: cannot read {}: {error}", path.display()));
            }
        }
        // An empty file must not mean that the first key that comes is trusted.
        if given.is_empty() && path.exists() {
            problems.push(format!("--policy-key-file: {} holds no key", path.display()));
        }
    }
    let mut keys = Vec::new();
    for (flag, key) in given {
        match key.parse() {
            Ok(key) => keys.push(key),
            Err(error) => problems.push(format!("{flag}: {key:?} is {error}")),
        }
    }
    keys
}

fn pairs<'f>(
    flag: &str,
    form: &str,
    given: &'f [String],
    problems: &mut Vec<String>,
) -> Vec<(&'f str, &'f str)> {
    let mut found = Vec::new();
    for text in given {
        match text.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty()) {
            Some(pair) => found.push(pair),
            None => problems.push(format!("{flag}: {text:?} is not {form}")),
        }
    }
    found
}

/// Whose traffic this is, as the injector says.
fn workload() -> Workload {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let pod = variable("POD_NAME");
    Workload { namespace: variable("POD_NAMESPACE"), name: owner(&pod).to_owned(), pod }
}

/// The workload of a pod, by its name: `web-7d4b9c6f5-x2x9q` is of `web`, `db-0` of `db`. (The API server knows better; a sidecar
/// has no right to ask it.)
fn owner(pod: &str) -> &str {
    let generated =
        |part: &str| part.len() == 5 && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let hash = |part: &str| {
        (8..=10).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let Some((rest, last)) = pod.rsplit_once('-') else { return pod };
    if generated(last) {
        return rest.rsplit_once('-').filter(|(_, part)| hash(part)).map_or(rest, |(name, _)| name);
    }
    if last.bytes().all(|b| b.is_ascii_digit()) { rest } else { pod }
}

#[cfg(test)]
mod tests;
