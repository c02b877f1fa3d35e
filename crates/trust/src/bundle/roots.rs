//! The certificates that a bundle begins with.

use std::fs;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::BundleError;

/// Where the public roots come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PublicRoots {
    /// Mozilla's list, compiled in (`webpki-root-certs`).
    #[default]
    Mozilla,
    /// A PEM file, such as the system's `/etc/ssl/certs/ca-certificates.crt`. What is not valid X.509 in it is left out and counted: one
    /// odd certificate of a system's store must not keep the sidecar from starting.
    File(PathBuf),
}

impl PublicRoots {
    /// Adds the roots to a list; how many were left out.
    pub(super) fn read(&self, into: &mut Vec<CertificateDer<'static>>) -> Result<usize, BundleError> {
        match self {
            Self::Mozilla => {
                into.extend_from_slice(webpki_root_certs::TLS_SERVER_ROOT_CERTS);
                Ok(0)
            }
            Self::File(path) => {
                let all = read_pem(path)?;
                let found = all.len();
                let valid: Vec<_> = all.into_iter().filter(is_x509).collect();
                let skipped = found - valid.len();
                into.extend(valid);
                Ok(skipped)
            }
        }
    }
}

/// The certificates of an operator's file, all of which must be valid.
pub(super) fn read_valid(path: &Path) -> Result<Vec<CertificateDer<'static>>, BundleError> {
    let certificates = read_pem(path)?;
    match certificates.iter().position(|certificate| !is_x509(certificate)) {
        None => Ok(certificates),
        Some(index) => Err(invalid(path, format!("certificate {} of the file is not X.509", index + 1))),
    }
}

fn read_pem(path: &Path) -> Result<Vec<CertificateDer<'static>>, BundleError> {
    let bytes = fs::read(path).map_err(|source| BundleError::Read { path: path.to_owned(), source })?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<_, _>>()
        .map_err(|error| invalid(path, error.to_string()))?;
    if certificates.is_empty() {
        return Err(invalid(path, "it has no \"BEGIN CERTIFICATE\"".to_owned()));
    }
    Ok(certificates)
}

fn is_x509(der: &CertificateDer<'static>) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(rest, _)| rest.is_empty())
}

fn invalid(path: &Path, why: String) -> BundleError {
    BundleError::Invalid { path: path.to_owned(), why }
}
