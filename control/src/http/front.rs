//! What every request passes through, in order: a request id → may it come in, and as whom (`auth`) → is there room → its
//! handler, within its time → problem bodies and security headers → metrics.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};
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
pub(super) async fn front(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("page", MatchedPath::as_str);
    let response = match auth::admit(&app, &mut request, &id).await {
        Ok(left) => {
            let mut response = handle(&app, request, next, route).await;
            if let Some(left) = left {
                left.write(response.headers_mut());
            }
            response
        }
        Err(refusal) => refusal,
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
