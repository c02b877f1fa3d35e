//! Names to addresses, by the system's resolver, remembered for a while.
//!
//! One address is kept as long as it works, since pooled connections are found by address. The system's resolver tells
//! no time to live, so an answer is asked for again after [`FRESH`]; when that fails, the old one is used on.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How long an answer is used before it is asked for again.
const FRESH: Duration = Duration::from_secs(30);

/// Why a name has no address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    /// The resolver's word.
    #[error("{host} does not resolve: {source}")]
    Failed {
        /// The name.
        host: String,
        /// The resolver's error.
        source: std::io::Error,
    },
    /// It answered, with nothing.
    #[error("{0} resolves to no address")]
    Empty(String),
    /// It did not answer in time.
    #[error("{0} was not resolved within the connect timeout")]
    Timeout(String),
}

/// One name and what is known of it.
pub(crate) struct Resolver {
    host: String,
    port: u16,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    addresses: Vec<SocketAddr>,
    /// Which of them is dialled.
    current: usize,
    asked: Option<Instant>,
}

impl Resolver {
    pub(crate) fn new(host: &str, port: u16) -> Self {
        let mut known = Known::default();
        if let Ok(ip) = host.parse::<IpAddr>() {
            known.addresses.push(SocketAddr::new(ip, port));
        }
        Self { host: host.to_owned(), port, known: Mutex::new(known) }
    }

    /// The address to dial.
    pub(crate) async fn address(&self, limit: Duration) -> Result<SocketAddr, ResolveError> {
        if let Some(address) = self.fresh() {
            return Ok(address);
        }
        let looked_up = tokio::time::timeout(limit, tokio::net::lookup_host((self.host.as_str(), self.port)));
        let found = match looked_up.await {
            Ok(Ok(found)) => Ok(found.collect::<Vec<_>>()),
            Ok(Err(source)) => Err(ResolveError::Failed { host: self.host.clone(), source }),
            Err(_) => Err(ResolveError::Timeout(self.host.clone())),
        };
        match found {
            Ok(addresses) if !addresses.is_empty() => Ok(self.learn(addresses)),
            Ok(_) => self.stale().ok_or_else(|| ResolveError::Empty(self.host.clone())),
            Err(error) => self.stale().ok_or(error),
        }
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

    fn fresh(&self) -> Option<SocketAddr> {
        let known = self.known.lock();
        let literal = known.asked.is_none();
        let fresh = literal || known.asked.is_some_and(|asked| asked.elapsed() < FRESH);
        known.addresses.get(known.current).copied().filter(|_| fresh)
    }

    fn stale(&self) -> Option<SocketAddr> {
        let mut known = self.known.lock();
        known.asked = known.asked.map(|_| Instant::now());
        known.addresses.get(known.current).copied()
    }

    fn learn(&self, addresses: Vec<SocketAddr>) -> SocketAddr {
        let mut known = self.known.lock();
        let kept = known.addresses.get(known.current).and_then(|old| addresses.iter().position(|a| a == old));
        known.current = kept.unwrap_or(0);
        known.addresses = addresses;
        known.asked = Some(Instant::now());
        known.addresses[known.current]
    }
}

#[cfg(test)]
mod tests;
