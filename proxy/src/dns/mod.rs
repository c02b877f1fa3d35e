//! Names to addresses: by DNS with its times to live, in a bounded cache.
//!
//! Two views: one honours the hosts file as every program does; the other asks DNS alone, since in `hosts` mode that file says
//! that every LLM provider is this proxy.

pub(crate) mod race;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;

use crate::front::forbidden::{Forbidden, forbidden};

/// Names that are remembered, each with its addresses.
const CACHED: u64 = 1024;
/// No answer is trusted for longer, and none is asked for again sooner.
const LONGEST: Duration = Duration::from_secs(300);
const SHORTEST: Duration = Duration::from_secs(5);
/// That a name does not exist is believed for no longer.
const LONGEST_NEGATIVE: Duration = Duration::from_secs(15);

/// Why a name has no address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DnsError {
    /// The resolver's word.
    #[error("{host} does not resolve: {reason}")]
    Failed {
        /// The name.
        host: String,
        /// What the name servers said.
        reason: String,
    },
    /// There is such a name, without an address.
    #[error("{0} resolves to no address")]
    Empty(String),
}

/// Where a name is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// In the order in which they are tried: the families by turns (RFC 8305, section 4).
    pub(crate) addresses: Vec<SocketAddr>,
    /// How long it holds.
    pub(crate) until: Instant,
    /// Whether the operator fixed it.
    pub(crate) fixed: bool,
}

impl Answer {
    /// The addresses that a client may be connected to; what the operator fixed may lead anywhere.
    ///
    /// # Errors
    /// When there is none: what the first one is.
    pub(crate) fn for_clients(self) -> Result<Vec<SocketAddr>, Forbidden> {
        let Self { mut addresses, fixed, .. } = self;
        if fixed {
            return Ok(addresses);
        }
        let first = addresses.first().and_then(|address| forbidden(address.ip()));
        addresses.retain(|address| forbidden(address.ip()).is_none());
        match first {
            Some(why) if addresses.is_empty() => Err(why),
            _ => Ok(addresses),
        }
    }
}

/// Which names count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// As other programs see them: the hosts file, then DNS with the search list.
    System,
    /// DNS alone, and the name as it stands.
    DnsOnly,
}

/// The resolver of a proxy.
#[derive(Clone)]
pub(crate) struct Dns(Arc<Inner>);

struct Inner {
    system: TokioResolver,
    dns_only: TokioResolver,
    fixed: BTreeMap<String, SocketAddr>,
}

impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dns").field("fixed", &self.0.fixed).finish_non_exhaustive()
    }
}

impl Dns {
    /// By the system's name servers. `fixed` addresses stand for their names whatever those say, port included.
    pub(crate) fn new(fixed: BTreeMap<String, SocketAddr>) -> Self {
        let system = build(ResolveHosts::Always);
        let dns_only = build(ResolveHosts::Never);
        Self(Arc::new(Inner { system, dns_only, fixed }))
    }

    /// The addresses of a name.
    pub(crate) async fn lookup(&self, host: &str, port: u16, view: View) -> Result<Answer, DnsError> {
        if let Some(address) = self.0.fixed.get(host) {
            return Ok(Answer { addresses: vec![*address], until: Instant::now() + LONGEST, fixed: true });
        }
        let failed = |error: &dyn std::fmt::Display| DnsError::Failed {
            host: host.to_owned(),
            reason: error.to_string(),
        };
        let found = match view {
            View::System => self.0.system.lookup_ip(host).await,
            // With the root's dot the search list of a pod is not gone through, four questions for nothing.
            View::DnsOnly => self.0.dns_only.lookup_ip(format!("{host}.")).await,
        };
        let found = found.map_err(|error| failed(&error))?;
        let addresses = by_turns(found.iter(), port);
        if addresses.is_empty() {
            return Err(DnsError::Empty(host.to_owned()));
        }
        let now = Instant::now();
        Ok(Answer {
            addresses,
            until: found.valid_until().clamp(now + SHORTEST, now + LONGEST),
            fixed: false,
        })
    }
}

fn build(hosts: ResolveHosts) -> TokioResolver {
    let builder = TokioResolver::builder_tokio().unwrap_or_else(|error| {
        tracing::warn!(%error, "the system names no name server: only addresses and names of the hosts file can be reached");
        TokioResolver::builder_with_config(ResolverConfig::default(), TokioRuntimeProvider::default())
    });
    let mut builder = builder;
    let options = builder.options_mut();
    options.use_hosts_file = hosts;
    options.cache_size = CACHED;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.positive_min_ttl = Some(SHORTEST);
    options.positive_max_ttl = Some(LONGEST);
    options.negative_max_ttl = Some(LONGEST_NEGATIVE);
    builder.build().expect("a resolver without TLS needs nothing that could be missing")
}

/// The families by turns, IPv6 first, each in the order in which the name server gave them.
fn by_turns(found: impl Iterator<Item = IpAddr>, port: u16) -> Vec<SocketAddr> {
    let (mut six, mut four): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
    for address in found {
        if address.is_ipv6() { six.push(address) } else { four.push(address) }
    }
    let count = six.len().max(four.len());
    let (mut six, mut four) = (six.into_iter(), four.into_iter());
    (0..count).flat_map(|_| [six.next(), four.next()]).flatten().map(|ip| SocketAddr::new(ip, port)).collect()
}

#[cfg(test)]
mod tests;
