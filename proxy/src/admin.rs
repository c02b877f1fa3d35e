//! The admin listener: `/startup`, `/ready`, `/live` and `/metrics`. Says nothing about traffic but numbers.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::{Registry, TextEncoder};
use tokio_util::sync::CancellationToken;

#[derive(Clone)]
struct Admin {
    registry: Registry,
    drain: CancellationToken,
}

/// The routes. `/ready` turns to 503 when the drain begins.
pub(crate) fn router(registry: &Registry, drain: CancellationToken) -> Router {
    Router::new()
        .route("/startup", get(|| async { "started\n" }))
        .route("/live", get(|| async { "live\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Admin { registry: registry.clone(), drain })
}

async fn ready(State(admin): State<Admin>) -> Response {
    if admin.drain.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response()
    } else {
        "ready\n".into_response()
    }
}

async fn metrics(State(admin): State<Admin>) -> Response {
    match TextEncoder::new().encode_to_string(&admin.registry.gather()) {
        Ok(text) => ([(CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}
