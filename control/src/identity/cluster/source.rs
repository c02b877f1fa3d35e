//! Where the issuer's keys are read from: a file, or the issuer itself.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::{Certificate, Client, redirect};

use crate::config::{Cluster, KeySource};

/// Bytes of a JWK set.
const LIMIT: usize = 256 << 10;
/// For the whole of a reading.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the issuer's keys cannot be asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("the cluster's CA file {path} cannot be used: {why}", path = .path.display())]
    CaFile { path: PathBuf, why: String },
    #[error("the address of the cluster's keys must begin with https:// (http:// only on the loopback)")]
    Insecure,
    #[error("no HTTP client can be made: {0}")]
    Client(String),
}

/// A file, or an address.
pub(super) enum Source {
    File(PathBuf),
    Url { url: String, client: Client, token_file: Option<PathBuf> },
}

impl Source {
    pub(super) fn new(cluster: &Cluster) -> Result<Self, SourceError> {
        let url = match &cluster.keys {
            KeySource::File(path) => return Ok(Self::File(path.clone())),
            KeySource::Url(url) => url.clone(),
        };
        let loopback = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"];
        if !url.starts_with("https://") && !loopback.iter().any(|start| url.starts_with(start)) {
            return Err(SourceError::Insecure);
        }
        // Whoever embeds us may have chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder().timeout(PATIENCE).no_proxy().redirect(redirect::Policy::none());
        if let Some(path) = &cluster.ca_file {
            let refused = |why: String| SourceError::CaFile { path: path.clone(), why };
            let pem = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
            let authorities =
                Certificate::from_pem_bundle(&pem).map_err(|error| refused(error.to_string()))?;
            builder = builder.tls_certs_only(authorities);
        }
        let client = builder.build().map_err(|error| SourceError::Client(error.to_string()))?;
        Ok(Self::Url { url, client, token_file: cluster.token_file.clone() })
    }

    /// The JWK set as it is now.
    pub(super) async fn read(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::File(path) => {
                let text =
                    tokio::fs::read(path).await.map_err(|error| format!("{}: {error}", path.display()))?;
                if text.len() > LIMIT { Err(too_large()) } else { Ok(text) }
            }
            Self::Url { url, client, token_file } => {
                let mut request = client.get(url);
                if let Some(path) = token_file {
                    // The kubelet renews it: it is read each time.
                    let token = tokio::fs::read_to_string(path).await;
                    let token = token.map_err(|error| format!("{}: {error}", path.display()))?;
                    request = request.bearer_auth(token.trim());
                }
                let failed = |error: reqwest::Error| error.without_url().to_string();
                let response =
                    request.send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
                let mut chunks = response.bytes_stream();
                let mut text = Vec::new();
                while let Some(chunk) = chunks.next().await {
                    text.extend_from_slice(&chunk.map_err(failed)?);
                    if text.len() > LIMIT {
                        return Err(too_large());
                    }
                }
                Ok(text)
            }
        }
    }
}

fn too_large() -> String {
    format!("the JWK set is larger than {LIMIT} bytes")
}
