//! `/api/v1/policies`: versions, what is published of them, the kill switch. What sidecars fetch is in [`super::bundle`].

use std::sync::Arc;

use agentguard_api::Problem;
use agentguard_api::bundle::SidecarPolicy;
use agentguard_api::policies::{
    Issued, KillSwitch, NewPolicy, NewVersion, PolicyDetail, PolicyDiff, PolicyDraft, PolicySummary,
    PolicyVersion, Publish, Reason, SetKillSwitch, Simulate, Simulation, Supersede, Validation,
};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use http::HeaderMap;

use super::ingest::json_body;
use super::params::Params;
use super::range::Range;
use crate::clock;
use crate::http::{ApiError, App, Caller};
use crate::policies::{self, Candidate, Refusal};
use crate::store::scope::{Namespaces, Scope};

/// Bytes of a request: a policy's text, escaped.
const BODY: usize = 256 << 10;
/// What a policy is tried on unless told otherwise, microseconds.
const WEEK: i64 = 7 * 86_400 * 1_000_000;

type Answer<T> = Result<Json<T>, ApiError>;

/// Every policy.
#[utoipa::path(get, path = "/api/v1/policies", operation_id = "policies", tag = "policies",
    responses((status = 200, description = "By name.", body = [PolicySummary])))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
) -> Answer<Vec<PolicySummary>> {
    params.end()?;
    Ok(Json(app.policies.list(caller.scope().of()).await?))
}

/// Make a policy with its first version, a draft.
#[utoipa::path(post, path = "/api/v1/policies", operation_id = "create_policy", tag = "policies", request_body = NewPolicy,
    responses(
        (status = 200, description = "Made; sidecars know nothing of it until it is published.", body = PolicyVersion),
        (status = 409, description = "There is one of that name.", content_type = "application/problem+json", body = Problem),
    ))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<PolicyVersion> {
    let new: NewPolicy = json_body(&app, &headers, body, BODY).await?;
    Ok(Json(app.policies.create(caller.scope().of(), &new, author(&caller)).await?))
}

/// One policy, its versions and what was done with it.
#[utoipa::path(get, path = "/api/v1/policies/{name}", operation_id = "policy_detail", tag = "policies",
    params(("name" = String, Path, description = "The policy's name.")),
    responses((status = 200, description = "The policy.", body = PolicyDetail)))]
pub(crate) async fn detail(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
    Path(name): Path<String>,
) -> Answer<PolicyDetail> {
    params.end()?;
    Ok(Json(app.policies.detail(caller.scope().of(), &name).await?))
}

/// Delete a policy of which nothing is published.
#[utoipa::path(delete, path = "/api/v1/policies/{name}", operation_id = "delete_policy", tag = "policies",
    params(("name" = String, Path, description = "The policy's name.")),
    responses(
        (status = 200, description = "Gone from the list; its versions can still be looked up, for verdicts name them.", body = bool),
        (status = 409, description = "It is published.", content_type = "application/problem+json", body = Problem),
    ))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Answer<bool> {
    app.policies.delete(caller.scope().of(), &name).await?;
    Ok(Json(true))
}

/// Add a version, a draft.
#[utoipa::path(post, path = "/api/v1/policies/{name}/versions", operation_id = "add_policy_version", tag = "policies",
    params(("name" = String, Path, description = "The policy's name.")), request_body = NewVersion,
    responses(
        (status = 200, description = "Stored; it never changes.", body = PolicyVersion),
        (status = 409, description = "Somebody else added one since `after`.", content_type = "application/problem+json", body = Problem),
    ))]
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<PolicyVersion> {
    let new: NewVersion = json_body(&app, &headers, body, BODY).await?;
    Ok(Json(app.policies.add(caller.scope().of(), &name, &new, author(&caller)).await?))
}

/// One version with its text.
#[utoipa::path(get, path = "/api/v1/policies/{name}/versions/{version}", operation_id = "policy_version", tag = "policies",
    params(
        ("name" = String, Path, description = "The policy's name."),
        ("version" = u32, Path, description = "Its number; 0: the newest."),
    ),
    responses((status = 200, description = "The version.", body = PolicyVersion)))]
pub(crate) async fn version(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
    Path((name, version)): Path<(String, String)>,
) -> Answer<PolicyVersion> {
    params.end()?;
    let version: u32 =
        version.parse().map_err(|_| ApiError::parameter("version", "must be a whole number"))?;
    Ok(Json(app.policies.version(caller.scope().of(), &name, version.into()).await?))
}

/// Compare two versions.
#[utoipa::path(get, path = "/api/v1/policies/{name}/diff", operation_id = "policy_diff", tag = "policies",
    params(
        ("name" = String, Path, description = "The policy's name."),
        ("from" = u32, Query, description = "The version before."),
        ("to" = Option<u32>, Query, description = "The version after [default: the newest]."),
    ),
    responses((status = 200, description = "What changed.", body = PolicyDiff)))]
pub(crate) async fn diff(
    State(app): State<Arc<App>>,
    caller: Caller,
    mut params: Params,
    Path(name): Path<String>,
) -> Answer<PolicyDiff> {
    let from = params.parsed::<u32>("from", "a version's number")?;
    let to = params.parsed::<u32>("to", "a version's number")?.unwrap_or_default();
    params.end()?;
    let from = from.ok_or_else(|| ApiError::parameter("from", "is missing"))?;
    Ok(Json(app.policies.diff(caller.scope().of(), &name, from.into(), to.into()).await?))
}

/// Say what is wrong with a text; nothing is stored.
#[utoipa::path(post, path = "/api/v1/policies/validate", operation_id = "validate_policy", tag = "policies",
    request_body = PolicyDraft,
    responses((status = 200, description = "Every problem with its place, as `agentguard check` says it.", body = Validation)))]
pub(crate) async fn validate(
    State(app): State<Arc<App>>,
    _caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Validation> {
    let draft: PolicyDraft = json_body(&app, &headers, body, BODY).await?;
    Ok(Json(policies::validate(&draft.yaml)))
}

/// Say what a policy would have done to verdicts that are stored; nothing is changed.
#[utoipa::path(post, path = "/api/v1/policies/simulate", operation_id = "simulate_policy", tag = "policies",
    request_body = Simulate,
    responses((status = 200, description = "Newest first, as far as the time allows; `partial` says whether it did.", body = Simulation)))]
pub(crate) async fn simulate(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Simulation> {
    let asked: Simulate = json_body(&app, &headers, body, BODY).await?;
    let yaml = match (&asked.yaml, &asked.name) {
        (Some(yaml), None) => yaml.clone(),
        (None, Some(name)) => {
            let version = asked.version.unwrap_or_default();
            app.policies.version(caller.scope().of(), name, version).await?.yaml
        }
        _ => return Err(ApiError::parameter("yaml", "give either a text or the name of a stored policy")),
    };
    let policy = policies::parse(&yaml)
        .map_err(|wrong| Refusal::Invalid { field: "yaml", what: wrong.to_string() })?;
    let (from, to) = Range { from: asked.from, to: asked.to }.or_last(WEEK, clock::now());
    let candidate = Candidate { policy, from, to, namespaces: asked.namespaces };
    Ok(Json(policies::simulate(&*app.store, caller.scope(), &candidate, app.limits.simulate_time).await?))
}

/// Publish a version: to everybody it is for, or to a part of them first.
#[utoipa::path(post, path = "/api/v1/policies/{name}/publish", operation_id = "publish_policy", tag = "policies",
    params(("name" = String, Path, description = "The policy's name.")), request_body = Publish,
    responses(
        (status = 200, description = "Sidecars that wait for it have it within a second.", body = Issued),
        (status = 409, description = "Another policy holds there, or something is being tried out.", content_type = "application/problem+json", body = Problem),
    ))]
pub(crate) async fn publish(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Issued> {
    let publish: Publish = json_body(&app, &headers, body, BODY).await?;
    let scope = caller.scope();
    let before = app.policies.places(scope.of(), &name).await?;
    for places in [before.as_ref(), publish.namespaces.as_ref()].into_iter().flatten() {
        within(scope, places)?;
    }
    if before.is_none() && publish.namespaces.is_none() {
        within(scope, &[])?;
    }
    Ok(Json(app.policies.publish(scope.of(), &name, &publish, author(&caller)).await?))
}

/// Give what is tried out to everybody.
#[utoipa::path(post, path = "/api/v1/policies/{name}/promote", operation_id = "promote_policy", tag = "policies",
    params(("name" = String, Path, description = "The policy's name.")), request_body = Reason,
    responses((status = 200, description = "Published.", body = Issued)))]
pub(crate) async fn promote(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Issued> {
    let reason = reason(&app, &caller, &name, &headers, body).await?;
    Ok(Json(app.policies.promote(caller.scope().of(), &name, &reason, author(&caller)).await?))
}

/// Take back what is tried out, or else give the version again that was in force before.
#[utoipa::path(post, path = "/api/v1/policies/{name}/rollback", operation_id = "roll_back_policy", tag = "policies",
    params(("name" = String, Path, description = "The policy's name.")), request_body = Reason,
    responses((status = 200, description = "Published.", body = Issued)))]
pub(crate) async fn roll_back(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Issued> {
    let reason = reason(&app, &caller, &name, &headers, body).await?;
    Ok(Json(app.policies.roll_back(caller.scope().of(), &name, &reason, author(&caller)).await?))
}

/// Give nothing of a policy out any more.
#[utoipa::path(post, path = "/api/v1/policies/{name}/withdraw", operation_id = "withdraw_policy", tag = "policies",
    params(("name" = String, Path, description = "The policy's name.")), request_body = Reason,
    responses((status = 200, description = "Where it held, the built-in policy holds.", body = Issued)))]
pub(crate) async fn withdraw(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Issued> {
    let reason = reason(&app, &caller, &name, &headers, body).await?;
    Ok(Json(app.policies.withdraw(caller.scope().of(), &name, &reason, author(&caller)).await?))
}

/// Let bundles take the place of those that sidecars have from before a restore.
#[utoipa::path(post, path = "/api/v1/policies/supersede", operation_id = "supersede_bundles", tag = "policies",
    request_body = Supersede,
    responses((status = 200, description = "Sidecars with revisions up to there take the next bundles, too.", body = Issued)))]
pub(crate) async fn supersede(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Issued> {
    let supersede: Supersede = json_body(&app, &headers, body, BODY).await?;
    within(caller.scope(), &[])?;
    Ok(Json(app.policies.supersede(caller.scope().of(), supersede.up_to).await?))
}

/// Where the kill switch is on.
#[utoipa::path(get, path = "/api/v1/kill-switch", operation_id = "kill_switch", tag = "policies",
    responses((status = 200, description = "The places.", body = KillSwitch)))]
pub(crate) async fn kill_switch(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
) -> Answer<KillSwitch> {
    params.end()?;
    Ok(Json(app.policies.kill_switch(caller.scope().of()).await?))
}

/// Turn the kill switch on or off: sidecars judge and report, and do nothing to the traffic.
#[utoipa::path(put, path = "/api/v1/kill-switch", operation_id = "set_kill_switch", tag = "policies",
    request_body = SetKillSwitch,
    responses((status = 200, description = "Sidecars that wait have it within a second; the next exchange goes by it.", body = KillSwitch)))]
pub(crate) async fn set_kill_switch(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<KillSwitch> {
    let set: SetKillSwitch = json_body(&app, &headers, body, BODY).await?;
    within(caller.scope(), &set.namespaces)?;
    Ok(Json(app.policies.set_kill_switch(caller.scope().of(), &set, author(&caller)).await?))
}

/// What every sidecar says of the policy that it was given.
#[utoipa::path(get, path = "/api/v1/sidecars/policies", operation_id = "sidecar_policies", tag = "fleet",
    responses((status = 200, description = "Heard of last first.", body = [SidecarPolicy])))]
pub(crate) async fn sidecars(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
) -> Answer<Vec<SidecarPolicy>> {
    params.end()?;
    let mut said = app.policies.sidecars(caller.scope().of()).await?;
    said.retain(|sidecar| caller.scope().shows(&sidecar.workload.namespace));
    Ok(Json(said))
}

/// Who does it, for the record.
fn author(_caller: &Caller) -> &'static str {
    "token"
}

async fn reason(
    app: &App,
    caller: &Caller,
    name: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<String, ApiError> {
    let Reason { reason } = json_body(app, headers, body, BODY).await?;
    if let Some(places) = app.policies.places(caller.scope().of(), name).await? {
        within(caller.scope(), &places)?;
    }
    Ok(reason)
}

/// Whether somebody may decide for these namespaces; none given: for the whole tenant.
fn within(scope: &Scope, namespaces: &[String]) -> Result<(), ApiError> {
    let ours = match scope.namespaces() {
        Namespaces::All => true,
        Namespaces::Only(_) => {
            !namespaces.is_empty() && namespaces.iter().all(|namespace| scope.shows(namespace))
        }
    };
    if ours { Ok(()) } else { Err(ApiError::OutOfScope) }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound(what) => Self::NotFound(what),
            Refusal::Conflict(what) => Self::Conflict(what),
            Refusal::Invalid { field, what } => {
                Self::Body { what: format!("{field}: {what}"), field: Some(field.to_owned()) }
            }
            Refusal::Store(error) => error.into(),
        }
    }
}
