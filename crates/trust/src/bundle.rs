//! What the applications are given.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use pem::{EncodeConfig, LineEnding, Pem};
use rustls::pki_types::CertificateDer;

use crate::files::{self, Durable};

mod hashed;
mod java;
mod name_hash;
mod roots;

pub use roots::PublicRoots;

/// The password of `truststore.p12`. It protects nothing, but Java takes a PKCS #12 store without one for empty.
pub const TRUSTSTORE_PASSWORD: &str = "changeit";

/// Everything is readable by applications of any user.
const MODE: u32 = 0o644;
const DIR_MODE: u32 = 0o755;

/// Why the bundle could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file of certificates cannot be read.
    #[error("cannot read certificates from {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// From the system.
        source: io::Error,
    },
    /// A file of certificates is not PEM, or one of them is not X.509.
    #[error("{path} does not hold valid certificates: {why}", path = path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The directory cannot be made or written.
    #[error("cannot write the applications' certificates to {path}: {source}", path = path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// From the system.
        source: io::Error,
    },
    /// A certificate cannot be put into the Java trust store.
    #[error("cannot make the Java trust store: {0}")]
    Truststore(String),
}

/// The directory that applications mount, read-only. It must not be the key directory, nor inside it.
///
/// | file | for whom |
/// | --- | --- |
/// | `bundle.pem` | `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`, …: replaces the image's store, so the public roots are in it |
/// | `root.pem` | `NODE_EXTRA_CA_CERTS`, `DENO_CERT`: ours alone, added to what they have |
/// | `hashed/` | `SSL_CERT_DIR`: the certificates of `bundle.pem` under the names that `openssl rehash` gives |
/// | `truststore.p12` | Java, with [`TRUSTSTORE_PASSWORD`] |
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The directory; made if missing.
    pub dir: PathBuf,
    /// The public roots.
    pub public: PublicRoots,
    /// The operator's further authorities, PEM files with one or more certificates each.
    pub extra: Vec<PathBuf>,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Certificates in `bundle.pem`, each counted once, ours included.
    pub certificates: usize,
    /// Certificates of [`PublicRoots::File`] that are not valid X.509 and were left out.
    pub skipped: usize,
}

impl Bundle {
    /// The compiled-in public roots and nothing of the operator's.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), public: PublicRoots::default(), extra: Vec::new() }
    }

    /// Writes all files. Each appears whole, by a rename, and all are there when this returns; `hashed` too appears by one rename at the
    /// first call, later calls replace its files one by one and then remove what is no longer trusted.
    ///
    /// Nothing is synced to the disk: whatever a crash loses is written again at the next start, before an application starts.
    ///
    /// # Errors
    /// A file of certificates that cannot be read or is not valid, or a directory that cannot be written.
    pub fn write(&self, root: &CertificateDer<'_>) -> Result<Written, BundleError> {
        let mut certificates = Vec::new();
        let skipped = self.public.read(&mut certificates)?;
        for path in &self.extra {
            certificates.extend(roots::read_valid(path)?);
        }
        certificates.push(root.clone().into_owned());
        let mut seen = HashSet::new();
        certificates.retain(|certificate| seen.insert(certificate.clone()));

        files::make_dir(&self.dir, DIR_MODE)
            .map_err(|source| BundleError::Write { path: self.dir.clone(), source })?;
        let named = hashed::names(&certificates);
        hashed::write(&self.dir, &named)?;
        write(&self.dir.join("truststore.p12"), &java::truststore(&named, root)?)?;
        write(
            &self.dir.join("bundle.pem"),
            certificates.iter().map(|c| pem_of(c)).collect::<String>().as_bytes(),
        )?;
        write(&self.dir.join("root.pem"), pem_of(root).as_bytes())?;
        Ok(Written { certificates: certificates.len(), skipped })
    }
}

/// A certificate as PEM.
pub(crate) fn pem_of(certificate: &[u8]) -> String {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new("CERTIFICATE", certificate), config)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), BundleError> {
    files::write(path, bytes, MODE, Durable::No)
        .map_err(|source| BundleError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
