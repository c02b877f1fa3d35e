//! The certificate authority of one sidecar, and what its applications must be given to trust it.
//!
//! At the first start a root key signs one intermediate, whose critical name constraints permit the listed LLM hosts and nothing
//! else, and is destroyed before anything is served. Applications trust the root; the sidecar holds the intermediate's key and
//! mints a leaf for each host. Whoever steals that key can pose as the listed hosts towards this one pod, until the pod ends.
//!
//! - [`HostSet`]: which hosts are intercepted;
//! - [`Authority`]: root and intermediate, kept over restarts in a directory that only the sidecar mounts;
//! - [`Mint`]: a leaf for each server name of a handshake ([`rustls::server::ResolvesServerCert`]);
//! - [`Bundle`]: the directory that the applications mount: public roots, the operator's and ours, in the forms that clients read.
//!
//! The constraints stand on the intermediate, since those of a trust anchor are optional (RFC 5280, section 6.2) and Java ignores
//! them there. Everything here blocks: minting takes well under a millisecond, the rest happens at start.

mod authority;
mod bundle;
mod files;
mod host;
mod leaf;
mod mint;
#[cfg(test)]
mod testing;

pub use authority::{Apps, Authority, AuthorityError, Opened, Origin, Terms, Unfit};
pub use bundle::{Bundle, BundleError, PublicRoots, TRUSTSTORE_PASSWORD, Written};
pub use host::{HostError, HostPattern, HostSet};
pub use mint::{DEFAULT_LEAVES, Event, LEAF_LIFETIME, Mint, MintError};
