//! Certificate authorities: the platform's, and those that the operator adds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pingora::tls::{RootCertStore, load_native_certs};
use pingora::utils::tls::{WrappedX509, parse_x509};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Why the authorities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// The platform's store is broken. Checked here since pingora panics on it.
    #[error("the platform's certificate store cannot be read: {0}; set SSL_CERT_FILE to a valid PEM bundle")]
    Platform(String),
    /// The added file cannot be read, or holds something else.
    #[error("the CA file {path} cannot be used: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The authorities in the form that a peer takes; `None`: the platform's, shared by all connections.
pub(crate) type Roots = Option<Arc<[WrappedX509]>>;

/// Reads the platform's authorities, and adds the file's when there is one.
///
/// With added authorities every TLS handshake builds its own client configuration (pingora has no other way), so sessions
/// are not resumed; connections are pooled all the same.
pub(crate) fn load(added: Option<&Path>) -> Result<Roots, RootsError> {
    let mut store = RootCertStore::empty();
    let native = load_native_certs().map_err(|e| RootsError::Platform(e.to_string()))?;
    for certificate in &native {
        store.add(certificate.clone()).map_err(|e| RootsError::Platform(e.to_string()))?;
    }
    let Some(path) = added else {
        if native.is_empty() {
            tracing::warn!("the platform has no certificate authorities: no https upstream can be reached");
        }
        return Ok(None);
    };
    let refused = |reason: String| RootsError::File { path: path.to_owned(), reason };
    let mut all = native;
    let file = CertificateDer::pem_file_iter(path).map_err(|e| refused(e.to_string()))?;
    let before = all.len();
    for certificate in file {
        let certificate = certificate.map_err(|e| refused(e.to_string()))?;
        store.add(certificate.clone()).map_err(|e| refused(e.to_string()))?;
        all.push(certificate);
    }
    if all.len() == before {
        return Err(refused("it holds no certificate in PEM form".to_owned()));
    }
    let wrapped: Vec<_> = all.iter().map(|der| WrappedX509::new(der.as_ref().to_vec(), parse_x509)).collect();
    Ok(Some(wrapped.into()))
}
