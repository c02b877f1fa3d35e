//! The keys that sign bundles: Ed25519 (RFC 8032), as PKCS #8 in PEM, which `openssl genpkey -algorithm ed25519` writes.
//!
//! Two at once while one takes the other's place: both sign, and sidecars learn the new one from a bundle that the old one signed.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use agentguard_api::bundle::{Envelope, PublicKey, PublicKeys, Signature, signed_bytes};
use agentguard_telemetry::Secret;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};

/// In the data directory, when no key was given.
const FILE: &str = "signing-key.pem";
const LABEL: &str = "PRIVATE KEY";
/// The one and its successor.
const MOST: usize = 2;

/// Why bundles cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not in PEM form.
    #[error("the signing key is not in PEM form; `openssl genpkey -algorithm ed25519` makes one")]
    Form,
    /// PEM, but another kind of key.
    #[error(
        "the signing key is not an Ed25519 key in PKCS #8 form; `openssl genpkey -algorithm ed25519` makes one"
    )]
    Kind,
    /// Too many.
    #[error("{0} signing keys are given; allowed are one, or two while one takes the other's place")]
    Count(usize),
    /// The file that the control plane keeps its own key in.
    #[error("the signing key {} cannot be used: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No randomness.
    #[error("no signing key can be made: the system gives no randomness")]
    Random,
}

/// At least one key.
pub(crate) struct Keys(Vec<Ed25519KeyPair>);

impl Keys {
    /// Those given, else the data directory's own, which is made at the first start.
    pub(crate) fn load(given: Option<&Secret>, dir: &Path) -> Result<Self, KeyError> {
        match given {
            Some(pem) => Self::read(pem.expose()),
            None => Self::own(&dir.join(FILE)),
        }
    }

    fn read(text: &str) -> Result<Self, KeyError> {
        let blocks = pem::parse_many(text).map_err(|_| KeyError::Form)?;
        if blocks.is_empty() {
            return Err(KeyError::Form);
        }
        if blocks.len() > MOST {
            return Err(KeyError::Count(blocks.len()));
        }
        let key = |block: &pem::Pem| {
            // OpenSSL leaves the public half out.
            let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(block.contents());
            key.ok().filter(|_| block.tag() == LABEL).ok_or(KeyError::Kind)
        };
        blocks.iter().map(key).collect::<Result<_, _>>().map(Self)
    }

    fn own(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        match fs::read_to_string(path) {
            Ok(text) => {
                let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
                if mode & 0o077 != 0 {
                    tracing::warn!(path = %path.display(), "others can read the signing key; `chmod 600` it");
                }
                Self::read(&text)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key =
                    Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::Random)?;
                let text = pem::encode(&pem::Pem::new(LABEL, key.as_ref()));
                write(path, &text).map_err(failed)?;
                tracing::info!(path = %path.display(), "made a key that signs policy bundles");
                Self::read(&text)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Signs a payload with each.
    pub(super) fn sign(&self, payload: String) -> Envelope {
        let bytes = signed_bytes(&payload);
        let sign = |key: &Ed25519KeyPair| Signature {
            key: public(key),
            signature: BASE64_STANDARD.encode(key.sign(&bytes)),
        };
        Envelope { signatures: self.0.iter().map(sign).collect(), payload }
    }

    /// The public halves, base64.
    pub(super) fn public(&self) -> Vec<String> {
        self.0.iter().map(public).collect()
    }

    /// The public halves, as they are shown.
    pub(crate) fn shown(&self) -> PublicKeys {
        let key = |key| PublicKey { algorithm: "Ed25519".to_owned(), key };
        PublicKeys { keys: self.public().into_iter().map(key).collect() }
    }
}

fn public(key: &Ed25519KeyPair) -> String {
    BASE64_STANDARD.encode(key.public_key())
}

/// Whole or not at all, and its owner's only.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let half = path.with_extension("tmp");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&half)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&half, path)
}

#[cfg(test)]
mod tests;
