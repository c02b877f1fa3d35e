//! Certificate authorities: the platform's, and those that the operator adds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pingora::tls::{RootCertStore, load_native_certs};
use pingora::utils::tls::{WrappedX509, parse_x509};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

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
    let bare = native.is_empty();
    let mut all = native;
    if bare {
        // An image without anything else: the public authorities are in the binary.
        tracing::info!(
            "the platform has no certificate authorities: those of the Mozilla programme that are built in are trusted"
        );
        all.extend_from_slice(TLS_SERVER_ROOT_CERTS);
    }
    let Some(path) = added else {
        return Ok(bare.then(|| wrapped(&all)));
    };
    let refused = |reason: String| RootsError::File { path: path.to_owned(), reason };
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
    Ok(Some(wrapped(&all)))
}

fn wrapped(all: &[CertificateDer<'_>]) -> Arc<[WrappedX509]> {
    all.iter().map(|der| WrappedX509::new(der.as_ref().to_vec(), parse_x509)).collect()
}
