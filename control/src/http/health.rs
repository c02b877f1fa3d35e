//! Probes and the version. Open without a token: they say nothing about traffic.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::{ApiError, App};

/// The process answers and the task that commits is there: without it only a new process helps.
pub(super) async fn livez(State(app): State<Arc<App>>) -> Result<&'static str, ApiError> {
    if app.queue.ended() && !app.drain.is_cancelled() { Err(ApiError::Store) } else { Ok("ok\n") }
}

/// Everything is open and up to date: serving begins only then.
pub(super) async fn startupz() -> &'static str {
    "ok\n"
}

/// Requests are welcome: the store answers, the last commit went well, and nothing is being drained.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, ApiError> {
    ready(&app).await?;
    Ok("ok\n")
}

/// The same for people.
pub(super) async fn health(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    ready(&app).await?;
    Ok(Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })))
}

/// What runs.
pub(super) async fn version() -> Json<Value> {
    Json(json!({ "name": "agentguard", "version": env!("CARGO_PKG_VERSION") }))
}

async fn ready(app: &App) -> Result<(), ApiError> {
    if app.drain.is_cancelled() {
        return Err(ApiError::Stopping);
    }
    app.store.ping().await?;
    if app.queue.failing() || app.queue.ended() { Err(ApiError::Store) } else { Ok(()) }
}
