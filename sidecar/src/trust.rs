//! The authority of this sidecar, and what its applications are given to trust it.

use std::path::PathBuf;
use std::sync::Arc;

use agentguard_trust::{Apps, Authority, AuthorityError, Bundle, BundleError, Origin, Terms};

use crate::config::Config;

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrustError {
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

/// The root's certificate in the applications' directory. Where it is, applications may have read it.
const ROOT: &str = "root.pem";

/// Opens the authority, or makes it, and writes the applications' directory. They are started after that: a client whose bundle is
/// missing fails for good.
pub(crate) fn prepare(config: &Config) -> Result<Arc<Authority>, TrustError> {
    let flags = &config.flags;
    let root: PathBuf = flags.ca_dir.join(ROOT);
    let apps = if root.exists() { Apps::MayRun } else { Apps::NotStarted };
    let opened = Authority::open(&flags.key_dir, &config.hosts, Terms::default(), apps)?;
    if let Origin::Replaced(why) = &opened.origin {
        tracing::warn!(%why, "a new certificate authority was made: applications that run trust the old one until they restart");
    }
    for host in &opened.uncovered {
        tracing::warn!(
            host,
            "the certificate authority was made before this host was listed: it is not judged until the pod restarts"
        );
    }
    let bundle = Bundle { extra: config.extra_ca().into_iter().collect(), ..Bundle::new(&flags.ca_dir) };
    let written = bundle.write(opened.authority.root())?;
    tracing::info!(certificates = written.certificates, folder = %flags.ca_dir.display(), "the applications' certificates are written");
    Ok(Arc::new(opened.authority))
}
