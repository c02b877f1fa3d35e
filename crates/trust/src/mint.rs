//! A leaf for the server name of each handshake.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, UnitWeighter};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::authority::Authority;
use crate::host::{HostSet, normal};
use crate::leaf::{Leaf, sign};

/// How long a leaf is valid. It is replaced when two thirds of that are over.
pub const LEAF_LIFETIME: Duration = Duration::from_hours(24);
/// How many leaves a [`Mint`] keeps unless told otherwise.
pub const DEFAULT_LEAVES: NonZeroUsize = NonZeroUsize::new(256).expect("256 is not zero");

/// Why there is no leaf for a name.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// Not in the list of hosts.
    #[error("the host is not in the list of intercepted hosts")]
    NotListed,
    /// In the list, but added to it after the authority was made.
    #[error("the host was added after the certificate authority was made: restart the pod to intercept it")]
    NotPermitted,
    /// Root and intermediate have ended, or the clock stands before their beginning.
    #[error("the certificate authority is not valid at this time: restart the pod for a new one")]
    Expired,
    /// Key generation or signing failed.
    #[error("cannot sign a certificate: {0}")]
    Sign(#[from] rcgen::Error),
    /// rustls refused the key.
    #[error("cannot use a new key: {0}")]
    Key(#[from] rustls::Error),
}

/// What an observer is told.
#[derive(Debug)]
pub enum Event<'a> {
    /// A leaf was minted, not taken from the cache.
    Minted {
        /// The server name.
        host: &'a str,
        /// The time that key generation and signing took.
        took: Duration,
    },
    /// A handshake gets no certificate. Its name may be anything that a client chose to send.
    Refused {
        /// The server name.
        host: &'a str,
        /// Why.
        why: &'a MintError,
    },
}

type Observer = Box<dyn Fn(&Event<'_>) + Send + Sync>;

/// Mints and keeps leaves for listed hosts.
///
/// The cache is bounded and holds no name that is not listed, so a client can make it neither grow nor churn. Two first requests for one
/// name mint once, the second waits; for two names they mint side by side, with no lock held.
pub struct Mint {
    authority: Arc<Authority>,
    hosts: HostSet,
    leaves: Cache<String, Arc<Leaf>>,
    observer: Option<Observer>,
}

impl Mint {
    /// A mint for these hosts, keeping [`DEFAULT_LEAVES`].
    #[must_use]
    pub fn new(authority: Arc<Authority>, hosts: HostSet) -> Self {
        Self { authority, hosts, leaves: cache(DEFAULT_LEAVES), observer: None }
    }

    /// Keeps at most so many leaves, about 3 KiB each.
    #[must_use]
    pub fn with_capacity(mut self, leaves: NonZeroUsize) -> Self {
        self.leaves = cache(leaves);
        self
    }

    /// Tells a function of every mint and every refusal, on the thread of the handshake: it must be quick.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Whether a host is to be intercepted: it is listed and the authority may sign for it.
    #[must_use]
    pub fn intercepts(&self, host: &str) -> bool {
        self.hosts.contains(host) && self.authority.permits(host)
    }

    /// The chain and key for a host, from the cache or minted now.
    ///
    /// # Errors
    /// The host is not listed or not permitted, the authority has expired, or signing failed.
    pub fn key(&self, host: &str) -> Result<Arc<CertifiedKey>, MintError> {
        self.key_at(host, SystemTime::now())
    }

    /// How many leaves are kept now.
    #[must_use]
    pub fn leaves(&self) -> usize {
        self.leaves.len()
    }

    fn key_at(&self, host: &str, now: SystemTime) -> Result<Arc<CertifiedKey>, MintError> {
        let key = self.leaf(host, now).map(|leaf| leaf.key.clone());
        if let Err(why) = &key {
            self.tell(&Event::Refused { host, why });
        }
        key
    }

    fn leaf(&self, host: &str, now: SystemTime) -> Result<Arc<Leaf>, MintError> {
        let host = normal(host).map_err(|_| MintError::NotListed)?;
        if !self.hosts.contains(&host) {
            return Err(MintError::NotListed);
        }
        if !self.authority.permits(&host) {
            return Err(MintError::NotPermitted);
        }
        if let Some(leaf) = self.leaves.get(host.as_ref()) {
            if leaf.is_fresh(now) {
                return Ok(leaf);
            }
            // Another thread may have renewed it since.
            self.leaves.remove_if(host.as_ref(), |leaf| !leaf.is_fresh(now));
        }
        self.leaves.get_or_insert_with(host.as_ref(), || {
            let start = Instant::now();
            let leaf = sign(&self.authority, &host, now)?;
            self.tell(&Event::Minted { host: &host, took: start.elapsed() });
            Ok(Arc::new(leaf))
        })
    }

    fn tell(&self, event: &Event<'_>) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }
}

impl ResolvesServerCert for Mint {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.key(hello.server_name()?).ok()
    }
}

impl fmt::Debug for Mint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mint")
            .field("authority", &self.authority)
            .field("hosts", &self.hosts)
            .field("leaves", &self.leaves())
            .finish_non_exhaustive()
    }
}

/// One shard, for an exact bound; a hit takes its lock for reading only.
fn cache(leaves: NonZeroUsize) -> Cache<String, Arc<Leaf>> {
    let options = OptionsBuilder::new()
        .shards(1)
        .estimated_items_capacity(leaves.get())
        .weight_capacity(leaves.get() as u64)
        .build()
        .expect("both capacities are set");
    Cache::with_options(options, UnitWeighter, DefaultHashBuilder::default(), DefaultLifecycle::default())
}

#[cfg(test)]
mod tests;
