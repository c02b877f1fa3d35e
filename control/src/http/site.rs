//! Whether a request may come in at all: to a name that is ours, from a site that is ours.

use axum::extract::Request;
use http::{HeaderMap, header};

use super::{ApiError, App, auth};

/// Refuses what comes by a name or from a site that is not ours.
pub(super) fn check(app: &App, request: &Request) -> Result<(), ApiError> {
    if !app.identity.guarded() && !host_allowed(request, &app.hosts) {
        // A page elsewhere whose name was pointed at 127.0.0.1 (DNS rebinding) gets nothing.
        return Err(ApiError::Host);
    }
    if !auth::safe(request.method()) && cross_site(host(request), request.headers()) {
        return Err(ApiError::CrossSite);
    }
    Ok(())
}

/// The host as the client names it: with HTTP/2 in the address, else in the header.
fn host(request: &Request) -> Option<&str> {
    let header = || request.headers().get(header::HOST).and_then(|h| h.to_str().ok());
    request.uri().authority().map(http::uri::Authority::as_str).or_else(header)
}

fn host_allowed(request: &Request, allowed: &[String]) -> bool {
    let Some(host) = host(request) else { return false };
    let name = host_name(host).to_ascii_lowercase();
    let name = name.trim_end_matches('.');
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        || allowed.iter().any(|a| a == name)
}

/// The name in `name`, `name:port`, `[v6]` or `[v6]:port`.
fn host_name(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').map_or(rest, |(name, _)| name);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Whether a browser says that the request comes from another site. Programs send neither header.
fn cross_site(host: Option<&str>, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => return false,
        Some(_) => return true,
        None => {}
    }
    match (headers.contains_key("origin"), text("origin"), host) {
        (false, ..) => false,
        (true, Some(origin), Some(host)) => {
            origin.split_once("://").is_none_or(|(_, from)| !from.eq_ignore_ascii_case(host))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests;
