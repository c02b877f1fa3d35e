//! Clients that trust only their own certificates for a host: seen by their alerts, and left alone for a while where the
//! operator prefers an unjudged call to a failed one.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Refusals in a row after which a host counts as pinned: one may be a client that was started before the bundle was there.
const REFUSALS: u32 = 3;
/// How long a pinned host's connections pass unread before one is tried again.
const LEFT_ALONE: Duration = Duration::from_secs(600);
/// Hosts that are remembered; they are of the list, of which patterns may match many.
const HOSTS: usize = 1024;

/// Which hosts' clients refuse us.
#[derive(Default)]
pub(crate) struct Pins(Mutex<HashMap<String, Seen>>);

struct Seen {
    refusals: u32,
    last: Instant,
}

impl Pins {
    /// A client of this host distrusts us.
    pub(crate) fn refused(&self, host: &str, now: Instant) {
        let mut hosts = self.0.lock();
        if hosts.len() >= HOSTS && !hosts.contains_key(host) {
            hosts.retain(|_, seen| now.duration_since(seen.last) < LEFT_ALONE);
            if hosts.len() >= HOSTS {
                return;
            }
        }
        let seen = hosts.entry(host.to_owned()).or_insert(Seen { refusals: 0, last: now });
        seen.refusals = seen.refusals.saturating_add(1);
        seen.last = now;
    }

    /// A client of this host trusts us.
    pub(crate) fn trusted(&self, host: &str) {
        let mut hosts = self.0.lock();
        if !hosts.is_empty() {
            hosts.remove(host);
        }
    }

    /// Whether this host's connections are left alone now.
    pub(crate) fn pinned(&self, host: &str, now: Instant) -> bool {
        let hosts = self.0.lock();
        hosts
            .get(host)
            .is_some_and(|seen| seen.refusals >= REFUSALS && now.duration_since(seen.last) < LEFT_ALONE)
    }
}

#[cfg(test)]
mod tests;
