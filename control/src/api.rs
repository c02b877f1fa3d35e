//! Questions and answers under `/api/v1`.

pub(crate) mod access;
pub(crate) mod bundle;
pub(crate) mod content;
mod examples;
pub(crate) mod ingest;
pub(crate) mod openapi;
pub(crate) mod overview;
mod params;
pub(crate) mod policies;
mod range;
pub(crate) mod tail;
pub(crate) mod verdicts;

use std::sync::Arc;

use agentguard_api::query::{PolicyView, Sidecar};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;

pub(crate) use overview::OverviewCache;

use self::params::Params;
use crate::http::{ApiError, App, Caller};

/// Every proxy instance and its ledger.
#[utoipa::path(get, path = "/api/v1/sidecars", tag = "fleet",
    responses((status = 200, description = "Seen last first.", body = [Sidecar])))]
pub(crate) async fn sidecars(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
) -> Result<Json<Vec<Sidecar>>, ApiError> {
    params.end()?;
    Ok(Json(app.store.sidecars(caller.scope()).await?))
}

/// Show the policy.
#[utoipa::path(get, path = "/api/v1/policy", tag = "fleet",
    responses((status = 200, description = "The policy that this control plane was started with.", body = PolicyView)))]
pub(crate) async fn policy(
    State(app): State<Arc<App>>,
    params: Params,
) -> Result<Json<PolicyView>, ApiError> {
    params.end()?;
    Ok(Json(PolicyView::clone(&app.policy.load())))
}

/// An answer that is JSON already.
fn json(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
