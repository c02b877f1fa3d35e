//! What passed without being judged though the operator may care, as counts that go to the control plane.
//!
//! A connection is counted under what the operator wrote (an entry of the list of hosts) or under a known provider, never under
//! what its client says: there are as many counts as there are entries, at most some times over.

use std::collections::BTreeMap;
use std::sync::Arc;

use agentguard_api::{Unjudged, UnjudgedReason};
use agentguard_trust::HostSet;
use parking_lot::Mutex;

use super::decide::{Decision, Opening, Reason};
use super::hello::Hello;
use crate::providers;

/// Counts by reason and entry, since the proxy started. A handle: clones count together.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<BTreeMap<(UnjudgedReason, String), u64>>>);

impl Tally {
    /// What was counted, the most first.
    #[must_use]
    pub fn all(&self) -> Vec<Unjudged> {
        let counts = self.0.lock();
        let entry = |((reason, host), connections): (&(UnjudgedReason, String), &u64)| Unjudged {
            host: host.clone(),
            reason: *reason,
            connections: *connections,
        };
        let mut all: Vec<_> = counts.iter().map(entry).collect();
        drop(counts);
        all.sort_by_key(|unjudged| std::cmp::Reverse(unjudged.connections));
        all
    }

    /// Adds one.
    pub(crate) fn count(&self, reason: UnjudgedReason, entry: &str) {
        *self.0.lock().entry((reason, entry.to_owned())).or_default() += 1;
    }
}

/// Tells which connections count, and as what.
pub(crate) struct Watch {
    listed: HostSet,
    /// The hosts of all known providers, listed or not.
    known: HostSet,
    tally: Tally,
}

impl Watch {
    pub(crate) fn new(listed: HostSet) -> Self {
        let known = HostSet::parse(providers::hosts()).unwrap_or_default();
        Self { listed, known, tally: Tally::default() }
    }

    /// The counts.
    pub(crate) fn tally(&self) -> Tally {
        self.tally.clone()
    }

    /// A connection was decided on. Gives what it counts as.
    pub(crate) fn decided(&self, opening: &Opening, decision: &Decision) -> Option<UnjudgedReason> {
        let Decision::Tunnel(reason) = decision else { return None };
        let name = match opening {
            Opening::Tls(Hello { name: Some(name), .. }) => name.as_str(),
            _ => "",
        };
        let (reason, entry) = match reason {
            Reason::Pinned => (UnjudgedReason::TlsPinnedPassed, self.listed.entry(name)),
            Reason::NotListed | Reason::Encrypted if self.listed.contains(name) => {
                (UnjudgedReason::NotPermitted, self.listed.entry(name))
            }
            // Whatever else agents speak with is nobody's concern.
            Reason::NotListed => (UnjudgedReason::NotListed, Some(self.known.entry(name)?)),
            Reason::NoName => (UnjudgedReason::NoName, None),
            Reason::Encrypted => (UnjudgedReason::EncryptedName, self.known.entry(name)),
            Reason::Unreadable => (UnjudgedReason::UnreadableHello, None),
            Reason::NotTls | Reason::ServerFirst | Reason::Nowhere => return None,
        };
        self.tally.count(reason, entry.unwrap_or(Unjudged::OTHER));
        Some(reason)
    }

    /// A client refused the certificate that it was shown for a listed host.
    pub(crate) fn refused(&self, host: &str) {
        self.tally.count(UnjudgedReason::TlsPinned, self.listed.entry(host).unwrap_or(Unjudged::OTHER));
    }
}

#[cfg(test)]
mod tests;
