//! The public certificates of this run: a root, an intermediate, and a leaf for every name that is asked for. Chains are as long as
//! AgentGuard's own, so that clients verify as much whoever answers them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// The host that is judged.
pub(super) const LISTED: &str = "llm.bench.invalid";
/// A host that is not.
pub(super) const UNLISTED: &str = "bank.bench.invalid";
/// Any number of hosts that are judged.
pub(super) const MANY: &str = "*.many.bench.invalid";

/// The files of a certificate and its key.
pub(super) struct Pki {
    folder: PathBuf,
}

impl Pki {
    /// Makes the certificates. ECDSA with P-256, as AgentGuard's.
    pub(super) fn make(folder: &Path) -> anyhow::Result<Self> {
        let (root, root_pem) = authority("bench root", None)?;
        let (intermediate, intermediate_pem) = authority("bench intermediate", Some(&root))?;
        let key = KeyPair::generate()?;
        let names = [LISTED, UNLISTED, MANY].map(str::to_owned);
        let leaf = CertificateParams::new(names)?.signed_by(&key, &intermediate)?;
        let pki = Self { folder: folder.to_owned() };
        std::fs::write(pki.root(), root_pem)?;
        std::fs::write(pki.chain(), leaf.pem() + &intermediate_pem)?;
        std::fs::write(pki.key(), key.serialize_pem())?;
        Ok(pki)
    }

    /// Those that another process of this run made.
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    pub(super) fn root(&self) -> PathBuf {
        self.folder.join("root.pem")
    }

    pub(super) fn chain(&self) -> PathBuf {
        self.folder.join("chain.pem")
    }

    pub(super) fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    /// A server of HTTP/1.1 with these certificates.
    pub(super) fn server(&self) -> anyhow::Result<ServerConfig> {
        let chain = CertificateDer::pem_file_iter(self.chain())?.collect::<Result<Vec<_>, _>>()?;
        let key = rustls::pki_types::PrivateKeyDer::from_pem_file(self.key())?;
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// A client of HTTP/1.1 that trusts these authorities; `resumes`: it takes up its sessions again.
pub(super) fn client(roots: &[PathBuf], resumes: bool) -> anyhow::Result<Arc<ClientConfig>> {
    let mut trusted = RootCertStore::empty();
    for file in roots {
        for certificate in CertificateDer::pem_file_iter(file)? {
            trusted.add(certificate?)?;
        }
    }
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = if resumes { Resumption::in_memory_sessions(256) } else { Resumption::disabled() };
    Ok(Arc::new(config))
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn authority(
    name: &str,
    by: Option<&Issuer<'_, KeyPair>>,
) -> anyhow::Result<(Issuer<'static, KeyPair>, String)> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = match by {
        Some(issuer) => params.signed_by(&key, issuer)?,
        None => params.self_signed(&key)?,
    };
    Ok((Issuer::new(params, key), certificate.pem()))
}
