//! The audit log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::params::Params;
use crate::audit::{Anchor, AuditPage, Query, Report};
use crate::http::{ApiError, App, Body, Caller};

/// Entries of a page, and how many when nothing is said.
const MOST: usize = 1000;
const USUAL: usize = 100;
/// How long a walk may take.
const WALK: Duration = Duration::from_secs(20);

/// Which entries.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what Params takes by name")]
pub(crate) struct AuditFilter {
    /// Entries before this one: `next` of the page before.
    before: Option<i64>,
    /// How many, at most 1000.
    limit: Option<usize>,
    /// Only this action, e.g. `user.create`.
    action: Option<String>,
    /// Only by this one, e.g. `user/0a1b2c…`.
    actor: Option<String>,
    /// From then on, microseconds since the Unix epoch.
    from: Option<i64>,
    /// Before then, microseconds since the Unix epoch.
    to: Option<i64>,
}

/// How to verify.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verify {
    /// `head` of an earlier report, kept elsewhere: shows whether the end was cut off, or all of it written anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) anchor: Option<Anchor>,
}

/// Read the audit log.
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "read_audit", tag = "access", params(AuditFilter),
    responses((status = 200, description = "Newest first.", body = AuditPage)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<AuditPage>, ApiError> {
    let time = "microseconds since the Unix epoch";
    let limit = params.parsed("limit", "1 to 1000")?.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiError::parameter("limit", "must be 1 to 1000"));
    }
    let query = Query {
        before: params.parsed("before", "the number of an entry")?,
        limit,
        action: params.text("action")?.unwrap_or_default(),
        actor: params.text("actor")?.unwrap_or_default(),
        from: params.parsed("from", time)?,
        to: params.parsed("to", time)?,
    };
    params.end()?;
    Ok(Json(app.identity.audit().page(&caller.known().tenant, &query).await?))
}

/// Walk the audit log's chain and say whether anything was changed, removed or put in another order.
#[utoipa::path(post, path = "/api/v1/audit/verify", operation_id = "verify_audit", tag = "access", request_body = Verify,
    responses((status = 200, description = "What the walk showed.", body = Report)))]
pub(crate) async fn verify(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Body(body): Body<Verify>,
) -> Result<Json<Report>, ApiError> {
    Ok(Json(app.identity.audit().verify(body.anchor.as_ref(), Instant::now() + WALK).await?))
}
