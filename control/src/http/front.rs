//! What every request passes through, in order: a request id → may it come in (host, site, token) → is there room → its
//! handler, within its time → problem bodies and security headers → metrics.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use uuid::Uuid;

use super::{ApiError, App, auth, problem};

/// Longest request id taken over from a client.
const REQUEST_ID: usize = 64;
static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sent with everything. The page needs no inline script or style and talks to nobody else.
const SECURITY: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

/// The way of a request.
pub(super) async fn front(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("page", MatchedPath::as_str);
    let response = match refusal(&app, &request) {
        None => handle(&app, request, next, route).await,
        Some(refusal) => refusal,
    };
    let mut response = problem::finish(response, &id);
    let headers = response.headers_mut();
    for (name, value) in SECURITY {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if route.starts_with("/api/") && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(&X_REQUEST_ID, value);
    }
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    app.http.count(&method, route, status, took);
    tracing::debug!(request_id = %id, %method, route, status, ms = took.as_secs_f64() * 1e3, "request");
    response
}

/// Why the request may not come in, if it may not.
fn refusal(app: &App, request: &Request) -> Option<Response> {
    if app.auth.is_none() && !host_allowed(request, &app.hosts) {
        // A page elsewhere whose name was pointed at 127.0.0.1 (DNS rebinding) gets nothing.
        return Some(ApiError::Host.into_response());
    }
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !safe && cross_site(host(request), request.headers()) {
        return Some(ApiError::CrossSite.into_response());
    }
    match &app.auth {
        Some(auth) if !auth::open(request.uri().path()) && !auth.admits(request.headers()) => {
            Some(auth::refusal(request.headers(), request.uri()))
        }
        _ => None,
    }
}

/// Runs the handler within the room and time there is. The tail and who waits for a bundle have limits of their own.
async fn handle(app: &App, request: Request, next: Next, route: &str) -> Response {
    if route.ends_with("/tail") || route.ends_with("/sidecar/bundle") {
        return next.run(request).await;
    }
    let Ok(_room) = app.requests.try_acquire() else {
        return ApiError::Busy("too many requests at once").into_response();
    };
    match tokio::time::timeout(app.limits.request_time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::Timeout.into_response(),
    }
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

/// The client's id when it is a plain one, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(&X_REQUEST_ID).and_then(|v| v.to_str().ok());
    match given {
        Some(id)
            if !id.is_empty()
                && id.len() <= REQUEST_ID
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) =>
        {
            id.to_owned()
        }
        _ => Uuid::now_v7().to_string(),
    }
}

#[cfg(test)]
mod tests;
