//! Why there is no authority.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a stored authority cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Root or intermediate has ended.
    #[error("it has expired")]
    Expired,
    /// Root or intermediate begins in the future.
    #[error("it is not valid yet: was the clock set back?")]
    NotYet,
    /// The file's mode lets others read the key.
    #[error("its mode is {0:04o}, so its key may have been read by others (it must be 0600)")]
    Exposed(u32),
    /// A part is missing, or there is one too many.
    #[error("it holds {keys} private keys and {certificates} certificates, not 1 and 2")]
    Incomplete {
        /// Private keys found.
        keys: usize,
        /// Certificates found.
        certificates: usize,
    },
    /// Not PEM, not X.509, or the parts do not belong together.
    #[error("it is corrupt: {0}")]
    Corrupt(String),
    /// The intermediate could sign for any host.
    #[error("its intermediate has no critical name constraints with a permitted name")]
    Unconstrained,
    /// Hosts were added to the list; the names that are not covered.
    #[error("its name constraints do not cover: {0}")]
    Uncovered(String),
}

/// Why an authority could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The set is empty: without a permitted name the constraints would permit all.
    #[error("the certificate authority needs at least one host to intercept")]
    NoHosts,
    /// [`Terms::lifetime`](crate::Terms::lifetime) is out of bounds.
    #[error("the certificate authority's lifetime must be from 1 hour to 397 days, not {} seconds", .0.as_secs())]
    Lifetime(Duration),
    /// The file is there and cannot be read.
    #[error("cannot read the certificate authority from {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// From the system.
        source: io::Error,
    },
    /// The directory cannot be made or written: read-only, full, not ours.
    #[error("cannot write the certificate authority to {path}: {source}. The key directory needs a writable volume of the sidecar's own", path = path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// From the system.
        source: io::Error,
    },
    /// The stored file is unfit, and applications may trust it.
    #[error(
        "the certificate authority in {path} cannot be used: {why}. It is not replaced, since running applications may trust its root: \
         delete the file and restart the pod", path = path.display()
    )]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: Unfit,
    },
    /// Key generation or signing failed.
    #[error("cannot make a certificate authority: {0}")]
    Issue(#[from] rcgen::Error),
}
