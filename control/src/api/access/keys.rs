//! API keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};

use crate::api::params::Params;
use crate::http::{ApiError, App, Body, Caller};
use crate::identity::{ApiKey, NewApiKey};

/// List the API keys.
#[utoipa::path(get, path = "/api/v1/api-keys", operation_id = "list_api_keys", tag = "access",
    responses((status = 200, description = "Newest first, without their secrets.", body = [ApiKey])))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
) -> Result<Json<Vec<ApiKey>>, ApiError> {
    params.end()?;
    Ok(Json(app.identity.api_keys(&caller).await?))
}

/// Make an API key.
#[utoipa::path(post, path = "/api/v1/api-keys", operation_id = "create_api_key", tag = "access", request_body = NewApiKey,
    responses((status = 200, description = "The key: `key` is shown here and never again.", body = ApiKey)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(new): Body<NewApiKey>,
) -> Result<Json<ApiKey>, ApiError> {
    Ok(Json(app.identity.create_key(&caller, &new).await?))
}

/// Revoke an API key.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", operation_id = "revoke_api_key", tag = "access",
    params(("id" = String, Path, description = "The key's id.")),
    responses((status = 200, description = "The key as it is now; it works nowhere after five seconds.", body = ApiKey)))]
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ApiKey>, ApiError> {
    Ok(Json(app.identity.revoke_key(&caller, &id).await?))
}
