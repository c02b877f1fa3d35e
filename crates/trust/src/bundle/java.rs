//! The trust store for Java.

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry};

use rustls::pki_types::CertificateDer;

use super::hashed::Named;
use super::{BundleError, TRUSTSTORE_PASSWORD};

/// Rounds of key derivation. The password is public, so they protect nothing and would only delay the start of both sides.
const ITERATIONS: u32 = 1;

/// A PKCS #12 file whose entries are trusted certificates: each carries Oracle's attribute `trustedKeyUsage`
/// (2.16.840.1.113894.746875.1.1), without which Java ignores it. Our root is `agentguard-root`, the others have their names of `hashed` for an alias.
pub(super) fn truststore(named: &[Named<'_>], root: &CertificateDer<'_>) -> Result<Vec<u8>, BundleError> {
    let failed = |error: p12_keystore::error::Error| BundleError::Truststore(error.to_string());
    let mut store = KeyStore::new();
    for Named { name, certificate } in named {
        let entry = Certificate::from_der(certificate).map_err(failed)?;
        let alias = if *certificate == root { "agentguard-root" } else { name };
        store.add_entry(alias, KeyStoreEntry::Certificate(entry));
    }
    store
        .writer(TRUSTSTORE_PASSWORD)
        .encryption_iterations(ITERATIONS)
        .mac_iterations(ITERATIONS)
        .write()
        .map_err(failed)
}
