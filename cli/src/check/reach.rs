//! Whether a server can be reached: name, TCP, TLS and an HTTP answer of any status.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use agentguard_telemetry::Secret;

/// For one try.
const PATIENCE: Duration = Duration::from_secs(5);

/// A client that trusts the system's authorities and those of the file.
pub(super) fn client(ca_file: Option<&Path>) -> Result<reqwest::Client, String> {
    let mut builder =
        reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).no_proxy();
    if let Some(path) = ca_file {
        let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let pem = std::fs::read(path).map_err(|error| wrong(&error))?;
        for authority in reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| wrong(&error))? {
            builder = builder.add_root_certificate(authority);
        }
    }
    builder.build().map_err(|error| words(&error))
}

/// How the server answered. `must_succeed`: an error status is a failure, too.
pub(super) async fn reach(
    client: &reqwest::Client,
    url: &str,
    token: Option<&Secret>,
    must_succeed: bool,
) -> Result<String, String> {
    let started = Instant::now();
    let mut get = client.get(url);
    if let Some(token) = token {
        get = get.bearer_auth(token.expose());
    }
    match get.send().await {
        Ok(response) if must_succeed && !response.status().is_success() => {
            Err(format!("{url} answers {}", response.status()))
        }
        Ok(response) => {
            let tls = if url.starts_with("https:") { " over TLS" } else { "" };
            let took = started.elapsed().as_millis();
            Ok(format!("{url} answers{tls} ({} in {took} ms)", response.status().as_u16()))
        }
        Err(error) if error.is_timeout() => {
            Err(format!("{url} does not answer within {} s", PATIENCE.as_secs()))
        }
        Err(error) => Err(format!("{url} cannot be reached: {}", words(&error))),
    }
}

/// The innermost cause: the outer ones only say that a request was sent.
fn words(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
