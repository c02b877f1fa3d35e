//! Questions and answers under `/api/v1`.

pub(crate) mod ingest;
pub(crate) mod overview;
mod params;
mod range;
pub(crate) mod tail;
pub(crate) mod verdicts;

use std::sync::Arc;

use agentguard_api::query::{PolicyView, Sidecars};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;

pub(crate) use overview::OverviewCache;

use self::params::Params;
use crate::http::{ApiError, App};

/// `GET /api/v1/sidecars`: every proxy instance and its ledger.
pub(crate) async fn sidecars(
    State(app): State<Arc<App>>,
    params: Params,
) -> Result<Json<Sidecars>, ApiError> {
    params.end()?;
    Ok(Json(Sidecars { items: app.store.sidecars().await? }))
}

/// `GET /api/v1/policy`.
pub(crate) async fn policy(
    State(app): State<Arc<App>>,
    params: Params,
) -> Result<Json<PolicyView>, ApiError> {
    params.end()?;
    Ok(Json(app.policy.clone()))
}

/// An answer that is JSON already.
fn json(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
