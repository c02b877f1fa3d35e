//! A control plane's API, as commands ask it.

use std::path::PathBuf;
use std::time::Duration;

use agentguard_api::Problem;
use agentguard_telemetry::Secret;
use clap::{Arg, ArgMatches, ValueHint};
use reqwest::{Client, Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

const DEFAULT: &str = "http://127.0.0.1:8000";
/// For one answer; a simulation looks at stored verdicts for several seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The address.
    #[error("--url: {0:?} is not an address; write it as https://agentguard.example.com")]
    Address(String),
    /// The file with the token.
    #[error("the token file {path} cannot be read: {source}")]
    Token {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Nobody answers.
    #[error("the control plane at {url} cannot be reached: {why}")]
    Unreachable {
        /// Where.
        url: String,
        /// The innermost cause.
        why: String,
    },
    /// It says no.
    #[error("{detail}{}", hint(*status))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// In its words.
        detail: String,
    },
    /// It is something else.
    #[error("{url} answers, but not as a control plane of this version does")]
    Strange {
        /// Where.
        url: String,
    },
}

fn hint(status: u16) -> &'static str {
    if status == 401 { "; give it with --token-file, or in AGENTGUARD_CONTROL_TOKEN" } else { "" }
}

/// The flags that say where it is.
pub(crate) fn args() -> [Arg; 2] {
    [
        Arg::new("url")
            .long("url")
            .value_name("URL")
            .env("AGENTGUARD_CONTROL_URL")
            .default_value(DEFAULT)
            .global(true)
            .value_hint(ValueHint::Url)
            .help("The control plane"),
        Arg::new("token-file")
            .long("token-file")
            .value_name("FILE")
            .env("AGENTGUARD_CONTROL_TOKEN_FILE")
            .global(true)
            .value_hint(ValueHint::FilePath)
            .value_parser(clap::value_parser!(PathBuf))
            .help("File that holds the token for it [default: the variable AGENTGUARD_CONTROL_TOKEN]"),
    ]
}

/// The way to it.
pub(crate) struct Remote {
    client: Client,
    base: Url,
    token: Option<Secret>,
}

impl Remote {
    /// As the flags say.
    pub(crate) fn new(flags: &ArgMatches, token: Option<String>) -> Result<Self, RemoteError> {
        let given = flags.get_one::<String>("url").map_or(DEFAULT, String::as_str);
        let wrong = || RemoteError::Address(given.to_owned());
        let base = Url::parse(given).map_err(|_| wrong())?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() || !base.username().is_empty() {
            return Err(wrong());
        }
        let token = match flags.get_one::<PathBuf>("token-file") {
            Some(path) => Some(
                std::fs::read_to_string(path)
                    .map_err(|source| RemoteError::Token { path: path.clone(), source })?,
            ),
            None => token,
        };
        let token = token.map(|token| Secret::new(token.trim())).filter(|token| !token.is_empty());
        let client = Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|error| unreachable(&base, &error))?;
        Ok(Self { client, base, token })
    }

    /// Asks. `path` is below `/api/v1` and names what it asks for, percent-encoded where need be.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, RemoteError> {
        self.send(Method::GET, path, None::<&()>).await
    }

    /// Says something.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, RemoteError> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Sets something.
    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, RemoteError> {
        self.send(Method::PUT, path, Some(body)).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, RemoteError> {
        let base = self.base.as_str().trim_end_matches('/');
        let mut request = self.client.request(method, format!("{base}/api/v1{path}"));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| unreachable(&self.base, &error))?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| unreachable(&self.base, &error))?;
        let strange = || RemoteError::Strange { url: self.base.to_string() };
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|_| strange());
        }
        let problem: Problem = serde_json::from_slice(&body).map_err(|_| strange())?;
        Err(RemoteError::Refused { status: status.as_u16(), detail: problem.detail })
    }
}

fn unreachable(url: &Url, error: &reqwest::Error) -> RemoteError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    RemoteError::Unreachable { url: url.to_string(), why: cause.to_string() }
}
