//! One request to the control plane and what came of it. Knows no verdicts, keeps no state.

use std::fs;
use std::time::Duration;

use agentguard_telemetry::Secret;
use bytes::Bytes;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use reqwest::{Certificate, Client, Response, StatusCode, Url, redirect};
use serde::de::DeserializeOwned;

use super::config::{ReportConfig, ReportError};
use super::credential::Credential;

/// A reply is a few numbers and at most a line for each event.
const MAX_REPLY: usize = 4 << 20;
/// No control plane makes us wait longer than this.
const MAX_WAIT: Duration = Duration::from_secs(300);
/// For an answer once it was waited for.
const ANSWER: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);

/// Why there is no reply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It may work later.
    Later {
        /// A label of a metric.
        reason: &'static str,
        /// For the log; without content and credentials.
        why: String,
        /// What the control plane asked for.
        after: Option<Duration>,
    },
    /// It never will: the body itself is refused.
    Never { status: u16 },
}

/// What came of waiting.
#[derive(Debug)]
pub(crate) struct Asked {
    /// `None`: nothing new.
    pub(crate) body: Option<Vec<u8>>,
    /// To ask for another one next time.
    pub(crate) tag: Option<String>,
    /// Whether the control plane waits; if not, the next question comes later.
    pub(crate) waited: bool,
}

/// The way to the control plane.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    client: Client,
    base: String,
    credential: Credential,
}

impl Link {
    pub(crate) fn new(config: &ReportConfig) -> Result<Self, ReportError> {
        let base = address(&config.control)?;
        // The client takes the process's provider; whoever was first to install one chose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .timeout(config.timeout)
            .connect_timeout(CONNECT)
            // The pod's proxy variables are meant for the agent, and may point at this very sidecar.
            .no_proxy()
            // A redirect would take the token elsewhere.
            .redirect(redirect::Policy::none());
        if let Some(path) = &config.ca_file {
            let refused = |why: String| ReportError::CaFile { path: path.clone(), why };
            let pem = fs::read(path).map_err(|error| refused(error.to_string()))?;
            let authorities =
                Certificate::from_pem_bundle(&pem).map_err(|error| refused(error.to_string()))?;
            if authorities.is_empty() {
                return Err(refused("it holds no certificate in PEM form".to_owned()));
            }
            builder = builder.tls_certs_merge(authorities);
        }
        let client = builder.build().map_err(|error| ReportError::Client(error.to_string()))?;
        let credential = Credential::new(config.token.as_ref(), config.token_refresh)
            .map_err(|(path, why)| ReportError::Token { path, why })?;
        Ok(Self { client, base, credential })
    }

    /// Posts JSON that was compressed with zstd and reads the JSON reply.
    pub(super) async fn post<R: DeserializeOwned>(&self, path: &str, body: Bytes) -> Result<R, Failure> {
        let reply = self.send(path, body, Some("zstd")).await?;
        serde_json::from_slice(&reply)
            .map_err(|_| later("reply", "the reply is not what a control plane says".to_owned()))
    }

    /// Posts JSON and reads what is replied, if it is what is expected: heartbeats count as told either way.
    pub(super) async fn tell<R: DeserializeOwned>(
        &self,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Option<R>, Failure> {
        let reply = self.send(path, body.into(), None).await?;
        Ok(serde_json::from_slice(&reply).ok())
    }

    /// Asks for something that is waited for: an answer comes when there is another one than that of the tag, or after `wait`
    /// (RFC 7240, RFC 9110 section 13.1.2).
    pub(crate) async fn ask(&self, path: &str, tag: Option<&str>, wait: Duration) -> Result<Asked, Failure> {
        let question = |token: Option<&Secret>| {
            let mut request = self
                .client
                .get(format!("{}{path}", self.base))
                .header("prefer", format!("wait={}", wait.as_secs()))
                .timeout(wait + ANSWER);
            if let Some(tag) = tag {
                request = request.header(IF_NONE_MATCH, tag);
            }
            if let Some(token) = token {
                request = request.bearer_auth(token.expose());
            }
            request
        };
        let used = self.credential.current().await;
        let mut response = question(used.as_ref()).send().await.map_err(|error| unreached(&error))?;
        if response.status() == StatusCode::UNAUTHORIZED && self.credential.renewed(used.as_ref()).await {
            let renewed = self.credential.current().await;
            response = question(renewed.as_ref()).send().await.map_err(|error| unreached(&error))?;
        }
        let waited = response.headers().contains_key("preference-applied");
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(Asked { body: None, tag: None, waited });
        }
        if !response.status().is_success() {
            return Err(refused(&response));
        }
        let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        Ok(Asked { body: Some(read(response).await?), tag, waited })
    }

    async fn send(&self, path: &str, body: Bytes, encoding: Option<&str>) -> Result<Vec<u8>, Failure> {
        let used = self.credential.current().await;
        let mut response = self.once(path, body.clone(), encoding, used.as_ref()).await?;
        // The token may have been replaced since it was read: then the new one is tried at once, and that alone.
        if response.status() == StatusCode::UNAUTHORIZED && self.credential.renewed(used.as_ref()).await {
            let renewed = self.credential.current().await;
            response = self.once(path, body, encoding, renewed.as_ref()).await?;
        }
        let status = response.status();
        if status.is_success() {
            return read(response).await;
        }
        Err(refused(&response))
    }

    async fn once(
        &self,
        path: &str,
        body: Bytes,
        encoding: Option<&str>,
        token: Option<&Secret>,
    ) -> Result<Response, Failure> {
        let mut request =
            self.client.post(format!("{}{path}", self.base)).header(CONTENT_TYPE, "application/json");
        if let Some(encoding) = encoding {
            request = request.header(CONTENT_ENCODING, encoding);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token.expose());
        }
        request.body(body).send().await.map_err(|error| unreached(&error))
    }
}

/// What a status that is no success means.
fn refused(response: &Response) -> Failure {
    let status = response.status();
    if matches!(
        status,
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY
    ) {
        return Failure::Never { status: status.as_u16() };
    }
    let after =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let reason = match status.as_u16() {
        401 | 403 => "unauthorized",
        429 => "throttled",
        500.. => "server_error",
        _ => "status",
    };
    let why = format!("it answered with status {status}");
    Failure::Later { reason, why, after: after.map(|after| Duration::from_secs(after).min(MAX_WAIT)) }
}

async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreached(&error))? {
        if body.len() + chunk.len() > MAX_REPLY {
            return Err(later("reply", format!("the reply has more than {MAX_REPLY} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The innermost cause says what happened; the outer ones repeat the address.
fn unreached(error: &reqwest::Error) -> Failure {
    let reason = if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connect"
    } else {
        "connection"
    };
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    later(reason, cause.to_string())
}

fn later(reason: &'static str, why: String) -> Failure {
    Failure::Later { reason, why, after: None }
}

/// The address without a slash at its end.
fn address(given: &str) -> Result<String, ReportError> {
    let refused = |why: &str| ReportError::Address { given: shown(given), why: why.to_owned() };
    let url = Url::parse(given).map_err(|error| refused(&format!("is not a URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(refused("is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("holds a credential, which belongs into the token"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused("has a query or fragment"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Without what may be a credential.
fn shown(given: &str) -> String {
    let (scheme, rest) = given.split_once("://").unwrap_or(("", given));
    let rest = rest.split_once('@').map_or(rest, |(_, host)| host);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
}

#[cfg(test)]
mod tests;
