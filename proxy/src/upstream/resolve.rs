//! A name's addresses, as pingora dials them.
//!
//! One address is kept as long as it works, since pooled connections are found by address. When an answer has grown old the name is
//! asked for again; when that fails, the old one is used on.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, timeout};

use crate::dns::{Dns, DnsError, View, race};
use crate::front::forbidden::{Forbidden, forbidden};

/// How long an old answer is used on when the name servers fail.
const GRACE: Duration = Duration::from_secs(30);
/// Which of several addresses answers first is found out once for each answer, within this time.
const RACE: Duration = Duration::from_secs(3);

/// Why a name has no address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    /// The resolver's word.
    #[error(transparent)]
    Dns(#[from] DnsError),
    /// It did not answer in time.
    #[error("{0} was not resolved within the connect timeout")]
    Timeout(String),
    /// A client may not reach it through us.
    #[error("{host} is {}; it cannot be reached through this proxy", why.as_str())]
    Forbidden {
        /// Name or address.
        host: String,
        /// What it is.
        why: Forbidden,
    },
}

/// How names become addresses.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) dns: Dns,
    pub(crate) view: View,
    /// The name is the client's word: addresses that only the operator may mean are refused.
    pub(crate) guarded: bool,
}

/// One name and what is known of it.
pub(crate) struct Resolver {
    host: String,
    port: u16,
    names: Names,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    addresses: Vec<SocketAddr>,
    /// Which of them is dialled.
    current: usize,
    /// `None`: for ever.
    until: Option<Instant>,
}

impl Resolver {
    pub(crate) fn new(host: &str, port: u16, names: Names) -> Self {
        let mut known = Known::default();
        if let Ok(ip) = host.parse::<IpAddr>() {
            known.addresses.push(SocketAddr::new(ip, port));
        }
        Self { host: host.to_owned(), port, names, known: Mutex::new(known) }
    }

    /// The address to dial.
    pub(crate) async fn address(&self, limit: Duration) -> Result<SocketAddr, ResolveError> {
        if let Some(address) = self.fresh() {
            // What was learnt has been checked; a literal was not.
            let literal = self.known.lock().until.is_none();
            return if literal { self.allowed(address).map(|()| address) } else { Ok(address) };
        }
        let asked = timeout(limit, self.names.dns.lookup(&self.host, self.port, self.names.view)).await;
        let answer = match asked {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return self.stale().ok_or(ResolveError::Dns(error)),
            Err(_) => return self.stale().ok_or_else(|| ResolveError::Timeout(self.host.clone())),
        };
        let until = Instant::from_std(answer.until);
        let mut addresses = if self.names.guarded {
            answer.for_clients().map_err(|why| ResolveError::Forbidden { host: self.host.clone(), why })?
        } else {
            answer.addresses
        };
        self.fastest_first(&mut addresses).await;
        Ok(self.learn(addresses, until))
    }

    /// That address could not be reached: the next one is tried from now on.
    pub(crate) fn failed(&self, address: SocketAddr) {
        let mut known = self.known.lock();
        if known.addresses.get(known.current) == Some(&address) {
            known.current = (known.current + 1) % known.addresses.len();
        }
    }

    /// How many addresses are known, and so how many are worth a try.
    pub(crate) fn choices(&self) -> usize {
        self.known.lock().addresses.len()
    }

    fn allowed(&self, address: SocketAddr) -> Result<(), ResolveError> {
        match forbidden(address.ip()).filter(|_| self.names.guarded) {
            Some(why) => Err(ResolveError::Forbidden { host: self.host.clone(), why }),
            None => Ok(()),
        }
    }

    /// With addresses of both families one of them may lead nowhere and say so late: they race, once for each answer that does not
    /// hold the address in use. What is on this machine says so at once, and needs no race.
    async fn fastest_first(&self, addresses: &mut [SocketAddr]) {
        let both = addresses.iter().any(SocketAddr::is_ipv4) && addresses.iter().any(SocketAddr::is_ipv6);
        let current = {
            let known = self.known.lock();
            known.addresses.get(known.current).copied()
        };
        let here = addresses.iter().any(|address| address.ip().is_loopback());
        if !both || here || current.is_some_and(|current| addresses.contains(&current)) {
            return;
        }
        if let Ok(Ok(winner)) = timeout(RACE, race::connect(addresses)).await
            && let Ok(winner) = winner.peer_addr()
            && let Some(at) = addresses.iter().position(|address| *address == winner)
        {
            addresses.swap(0, at);
        }
    }

    fn fresh(&self) -> Option<SocketAddr> {
        let known = self.known.lock();
        let fresh = known.until.is_none_or(|until| Instant::now() < until);
        known.addresses.get(known.current).copied().filter(|_| fresh)
    }

    fn stale(&self) -> Option<SocketAddr> {
        let mut known = self.known.lock();
        known.until = known.until.map(|_| Instant::now() + GRACE);
        known.addresses.get(known.current).copied()
    }

    fn learn(&self, addresses: Vec<SocketAddr>, until: Instant) -> SocketAddr {
        let mut known = self.known.lock();
        let kept = known.addresses.get(known.current).and_then(|old| addresses.iter().position(|a| a == old));
        known.current = kept.unwrap_or(0);
        known.addresses = addresses;
        known.until = Some(until);
        known.addresses[known.current]
    }
}

#[cfg(test)]
mod tests;
