//! What was said: shown to whoever may read it, erased, and the keys that it is encrypted under.
//!
//! Every showing is written to the audit log before the content leaves; where that fails, nothing is shown.

use std::sync::Arc;
use std::time::{Duration, Instant};

use agentguard_api::query::{ContentState, VerdictContent};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::json as answer;
use super::params::Params;
use crate::content::{DataKeyInfo, Day, Opened, Rotated};
use crate::http::{ApiError, App, Body, Caller};
use crate::identity::Permission;
use crate::store::{Detail, Erase};

/// How long one request works on keys or deletes; what is left then is for the next one.
const WORK: Duration = Duration::from_secs(10);

/// Read a verdict's content.
#[utoipa::path(get, path = "/api/v1/verdicts/{id}/content", operation_id = "read_content", tag = "content",
    params(("id" = Uuid, Path, description = "The verdict.")),
    responses(
        (status = 200, description = "What was captured, redacted as it was in the sidecar. That it was read is in the audit log.", body = VerdictContent),
        (status = 410, description = "It was captured and has been erased.", content_type = "application/problem+json", body = agentguard_api::Problem),
    ))]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, ApiError> {
    params.end()?;
    let (id, detail) = verdict(&app, &caller, &id).await?;
    if !may_read(&caller, &detail) {
        return Err(ApiError::Forbidden(Permission::ContentRead));
    }
    if !was_captured(&detail) {
        return Err(ApiError::NotFound("content: none of this verdict was captured"));
    }
    let stored = detail.content.ok_or(ApiError::Erased)?;
    match app.contents.read(caller.scope().of(), id, stored).await? {
        Opened::Text(content) => {
            reveal(&app, &caller, id).await?;
            Ok(answer(format!("{{\"id\":\"{id}\",\"content\":{content}}}")))
        }
        Opened::Erased => Err(ApiError::Erased),
    }
}

/// How much was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ErasedContent {
    /// Data keys deleted: all that they encrypted is unreadable from here on, in every copy.
    pub(crate) keys: u64,
    /// Stored contents deleted.
    pub(crate) contents: u64,
    /// There was not enough time: what is left to delete is unreadable already if it was encrypted; ask again.
    pub(crate) more: bool,
}

/// Erase a verdict's content; the verdict stays.
#[utoipa::path(delete, path = "/api/v1/verdicts/{id}/content", operation_id = "erase_content", tag = "content",
    params(("id" = Uuid, Path, description = "The verdict.")),
    responses((status = 200, description = "It is gone, or was not there.", body = ErasedContent)))]
pub(crate) async fn erase(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<ErasedContent>, ApiError> {
    params.end()?;
    let (id, _) = verdict(&app, &caller, &id).await?;
    // Before it is done: afterwards nothing could tell that it was.
    app.identity.audit().note(&caller.did("content.erase", format!("verdict/{id}"))).await?;
    let contents = app.store.erase_content(caller.scope(), Erase::Verdict(id)).await?;
    Ok(Json(ErasedContent { keys: 0, contents, more: false }))
}

/// What is to be erased.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EraseDay {
    /// The day, UTC, whose verdicts' content goes: `2026-11-28`.
    pub(crate) day: String,
}

/// Erase the content of all verdicts of a day; the verdicts stay.
#[utoipa::path(post, path = "/api/v1/content/erase", operation_id = "erase_day", tag = "content", request_body = EraseDay,
    responses((status = 200, description = "The day's data keys are deleted, and with them everything that they encrypted, backups of the \
        contents included; backups of the keys are not reached.", body = ErasedContent)))]
pub(crate) async fn erase_day(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(body): Body<EraseDay>,
) -> Result<Json<ErasedContent>, ApiError> {
    let field = || Some("day".to_owned());
    let day: Day = body.day.parse().map_err(|_| ApiError::Body {
        field: field(),
        what: "day: must be a date like 2026-11-28".to_owned(),
    })?;
    let entry = caller.did("content.erase", format!("day/{day}"));
    let mut erased = ErasedContent { keys: 0, contents: 0, more: false };
    if let Some(keys) = app.contents.keys() {
        let (mut tx, count) = keys.erase(caller.scope().of(), day).await?;
        app.identity.audit().record(&mut tx, &entry.with(json!({ "keys": count }))).await?;
        tx.commit().await?;
        erased.keys = count;
    } else {
        app.identity.audit().note(&entry).await?;
    }
    let (begun, range) = (Instant::now(), day.range());
    loop {
        let step = app.store.erase_content(caller.scope(), Erase::Between(range.start, range.end)).await?;
        erased.contents += step;
        erased.more = step > 0;
        if step == 0 || begun.elapsed() > WORK {
            return Ok(Json(erased));
        }
    }
}

/// List the data keys.
#[utoipa::path(get, path = "/api/v1/content/keys", operation_id = "list_data_keys", tag = "content",
    responses((status = 200, description = "The newest 1000 days first; none where content is not encrypted.", body = [DataKeyInfo])))]
pub(crate) async fn keys(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
) -> Result<Json<Vec<DataKeyInfo>>, ApiError> {
    params.end()?;
    Ok(Json(match app.contents.keys() {
        Some(keys) => keys.list(caller.scope().of()).await?,
        None => Vec::new(),
    }))
}

/// Wrap the data keys anew, under `ENCRYPTION_KEY` instead of `ENCRYPTION_KEY_PREVIOUS`.
#[utoipa::path(post, path = "/api/v1/content/keys/rotate", operation_id = "rotate_data_keys", tag = "content",
    responses((status = 200, description = "Ask again until `remaining` is 0. No content is touched.", body = Rotated)))]
pub(crate) async fn rotate(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
) -> Result<Json<Rotated>, ApiError> {
    params.end()?;
    let keys = app
        .contents
        .keys()
        .ok_or(ApiError::Conflict("ENCRYPTION_KEY is not set: there is nothing to rotate".to_owned()))?;
    app.identity.audit().note(&caller.did("content.rotate", "data_keys")).await?;
    Ok(Json(keys.rotate(WORK).await?))
}

/// What of a verdict's content a caller is shown with the verdict itself: nothing without the permission, or when not `wanted`.
pub(super) async fn beside(
    app: &App,
    caller: &Caller,
    id: Uuid,
    detail: &Detail,
    wanted: bool,
) -> Result<(ContentState, Option<String>), ApiError> {
    if !was_captured(detail) {
        return Ok((ContentState::None, None));
    }
    let Some(stored) = &detail.content else { return Ok((ContentState::Erased, None)) };
    let tenant = caller.scope().of();
    if wanted && may_read(caller, detail) {
        return match app.contents.read(tenant, id, stored.clone()).await {
            Ok(Opened::Text(content)) => {
                reveal(app, caller, id).await?;
                Ok((ContentState::Stored, Some(content)))
            }
            Ok(Opened::Erased) => Ok((ContentState::Erased, None)),
            Err(crate::content::ContentError::Store(error)) => Err(error.into()),
            // The verdict can be read all the same; asking for the content alone tells why it cannot.
            Err(_) => Ok((ContentState::Unreadable, None)),
        };
    }
    let erased = app.contents.is_erased(tenant, stored).await.unwrap_or(false);
    Ok((if erased { ContentState::Erased } else { ContentState::Stored }, None))
}

/// The one place that decides who may read content.
fn may_read(caller: &Caller, detail: &Detail) -> bool {
    #[derive(Deserialize)]
    struct Item {
        workload: agentguard_api::Workload,
    }
    let item = serde_json::from_str::<Item>(&detail.item);
    item.is_ok_and(|item| caller.may(Permission::ContentRead, &item.workload.namespace))
}

/// Writes down and counts that a caller is shown content.
async fn reveal(app: &App, caller: &Caller, id: Uuid) -> Result<(), ApiError> {
    app.identity.audit().note(&caller.did("content.read", format!("verdict/{id}"))).await?;
    app.contents.revealed();
    Ok(())
}

/// What ingest wrote at the item's end.
fn was_captured(detail: &Detail) -> bool {
    detail.item.ends_with("\"has_content\":true}")
}

async fn verdict(app: &App, caller: &Caller, id: &str) -> Result<(Uuid, Detail), ApiError> {
    let id: Uuid = id.parse().map_err(|_| ApiError::parameter("id", "must be a UUID"))?;
    let detail = app.store.verdict(caller.scope(), id).await?.ok_or(ApiError::NotFound("verdict"))?;
    Ok((id, detail))
}
