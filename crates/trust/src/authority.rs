//! The root whose key is gone and the intermediate that the sidecar signs with.

use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rcgen::{Issuer, KeyPair};
use rustls::pki_types::CertificateDer;

use crate::host::{HostSet, covers, normal};

mod error;
mod issue;
mod stored;

pub use error::{AuthorityError, Unfit};

/// The file of the key directory: the intermediate's key, its certificate and the root's, as PEM.
const FILE: &str = "authority.pem";
/// Bounds of [`Terms::lifetime`]. The upper one is that of public leaves, which clients are known to accept.
const LIFETIMES: (Duration, Duration) = (Duration::from_hours(1), Duration::from_hours(397 * 24));

/// How long an authority lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// From now to the end of root and intermediate: the pod's longest expected life, 1 hour to 397 days. There is no rotation in a
    /// living pod, since applications read their bundle once.
    pub lifetime: Duration,
    /// How far before now validity begins, for clocks that disagree.
    pub backdate: Duration,
}

impl Default for Terms {
    /// 30 days, backdated by an hour.
    fn default() -> Self {
        Self { lifetime: Duration::from_hours(30 * 24), backdate: Duration::from_hours(1) }
    }
}

/// Whether an application may already have read the root of a stored authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apps {
    /// It may: another root would break all of its calls until it restarts. The case of a container restart in a pod.
    MayRun,
    /// None has: whoever opens the authority writes the [`Bundle`](crate::Bundle) before it starts one.
    NotStarted,
}

/// Where an opened authority came from.
#[derive(Debug, PartialEq, Eq)]
pub enum Origin {
    /// There was none: the first start.
    Made,
    /// The stored one.
    Kept,
    /// The stored one was unfit. The bundle must be written again, and applications that run must be restarted.
    Replaced(Unfit),
}

/// The outcome of [`Authority::open`].
#[derive(Debug)]
pub struct Opened {
    /// The authority.
    pub authority: Authority,
    /// Where it came from.
    pub origin: Origin,
    /// Listed hosts, as permitted names, that a kept authority does not cover: they came into the list after it was made. They cannot be
    /// minted until the pod restarts; the operator should hear of it.
    pub uncovered: Vec<String>,
}

/// A certificate authority for the listed hosts; see the crate's description.
pub struct Authority {
    root: CertificateDer<'static>,
    intermediate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    permitted: Vec<String>,
    validity: Validity,
}

/// From when to when, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) from: SystemTime,
    pub(crate) to: SystemTime,
}

impl Authority {
    /// Opens the authority of a key directory, or makes one there.
    ///
    /// | stored file | [`Apps::MayRun`] | [`Apps::NotStarted`] |
    /// | --- | --- | --- |
    /// | none | made | made |
    /// | fit, and covers all hosts | kept | kept |
    /// | fit, but hosts were added | kept; they are in [`Opened::uncovered`] | replaced |
    /// | expired | replaced: no client accepts it any more | replaced |
    /// | not yet valid, corrupt, incomplete, not constrained, or readable by others | refused | replaced |
    ///
    /// Hosts that were taken off the list leave the authority as it is: the mint serves the list, and a new root would break applications
    /// for nothing. A new intermediate for added hosts cannot be had, the root's key is gone by design. A refusal is an error and not a
    /// new root, because the one and only sign of a silently changed root is that every call of a running application fails.
    ///
    /// The directory is made with mode 0700 if it is missing and must be mounted in the sidecar alone; the file has mode 0600. On a volume
    /// that outlives the container but not the pod, a container restart keeps the authority.
    ///
    /// # Errors
    /// No hosts, a lifetime out of bounds, a directory that cannot be read or written, or an unfit file that may not be replaced.
    pub fn open(dir: &Path, hosts: &HostSet, terms: Terms, apps: Apps) -> Result<Opened, AuthorityError> {
        Self::open_at(dir, hosts, terms, apps, SystemTime::now())
    }

    fn open_at(
        dir: &Path,
        hosts: &HostSet,
        terms: Terms,
        apps: Apps,
        now: SystemTime,
    ) -> Result<Opened, AuthorityError> {
        let permitted = hosts.permitted();
        if permitted.is_empty() {
            return Err(AuthorityError::NoHosts);
        }
        if terms.lifetime < LIFETIMES.0 || terms.lifetime > LIFETIMES.1 {
            return Err(AuthorityError::Lifetime(terms.lifetime));
        }
        let path = dir.join(FILE);
        let unfit = match stored::read(&path, now)? {
            None => None,
            Some(Ok(authority)) => {
                let uncovered: Vec<String> =
                    permitted.iter().filter(|name| !authority.permits(name)).cloned().collect();
                if uncovered.is_empty() || apps == Apps::MayRun {
                    return Ok(Opened { authority, origin: Origin::Kept, uncovered });
                }
                Some(Unfit::Uncovered(uncovered.join(", ")))
            }
            Some(Err(unfit)) if apps == Apps::MayRun && unfit != Unfit::Expired => {
                return Err(AuthorityError::Unfit { path, why: unfit });
            }
            Some(Err(unfit)) => Some(unfit),
        };
        let validity = validity(terms, now).ok_or(AuthorityError::Lifetime(terms.lifetime))?;
        let authority = issue::issue(permitted, validity)?;
        stored::write(dir, &path, &authority)?;
        let origin = unfit.map_or(Origin::Made, Origin::Replaced);
        Ok(Opened { authority, origin, uncovered: Vec::new() })
    }

    /// The root's certificate, which applications trust.
    #[must_use]
    pub fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// The intermediate's certificate, which is sent after each leaf.
    #[must_use]
    pub fn intermediate(&self) -> &CertificateDer<'static> {
        &self.intermediate
    }

    /// The permitted dNSName subtrees.
    #[must_use]
    pub fn permitted(&self) -> &[String] {
        &self.permitted
    }

    /// Whether the name constraints permit a host.
    #[must_use]
    pub fn permits(&self, host: &str) -> bool {
        normal(host).is_ok_and(|host| self.permitted.iter().any(|subtree| covers(subtree, &host)))
    }

    /// When root and intermediate end. Applications must have been restarted by then.
    #[must_use]
    pub fn expires(&self) -> SystemTime {
        self.validity.to
    }

    pub(crate) fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }

    pub(crate) fn validity(&self) -> Validity {
        self.validity
    }

    #[cfg(test)]
    pub(crate) fn made_for(hosts: &HostSet, now: SystemTime) -> Self {
        issue::issue(hosts.permitted(), validity(Terms::default(), now).unwrap()).unwrap()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("permitted", &self.permitted)
            .field("validity", &self.validity)
            .finish_non_exhaustive()
    }
}

fn validity(terms: Terms, now: SystemTime) -> Option<Validity> {
    Some(Validity { from: now.checked_sub(terms.backdate)?, to: now.checked_add(terms.lifetime)? })
}

#[cfg(test)]
mod tests;
