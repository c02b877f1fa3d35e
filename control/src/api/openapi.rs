//! The API's own description, at `/openapi.json`: collected from the handlers, with examples made of the very types they answer with.

use std::sync::LazyLock;

use agentguard_api::query::{TailLost, VerdictItem};
use agentguard_api::{Batch, BatchReply, Bundle, Content, Heartbeat, HeartbeatReply, Problem, VerdictEvent};
use axum::response::Response;
use serde_json::Value;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{HttpMethod, RefOr};
use utoipa::{Modify, OpenApi};

use super::{bundle, examples, ingest, json, overview, policies, tail, verdicts};
use crate::http::ApiError;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "AgentGuard control plane",
        description = "Verdicts of every judged exchange: taken up from the sidecars, searched, summed up, followed live. \
            Times are microseconds since the Unix epoch unless a field says otherwise. Errors are RFC 9457 problems with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        overview::overview, overview::timeseries, overview::workloads, overview::models,
        verdicts::list, verdicts::facets, verdicts::detail,
        tail::tail, super::sidecars, super::policy,
        ingest::verdicts, ingest::heartbeat,
        policies::list, policies::create, policies::detail, policies::delete, policies::add, policies::version,
        policies::diff, policies::validate, policies::simulate, policies::publish, policies::promote, policies::roll_back,
        policies::withdraw, policies::supersede, policies::kill_switch, policies::set_kill_switch, policies::sidecars,
        bundle::bundle, bundle::keys,
    ),
    components(schemas(
        Bundle, VerdictEvent, VerdictItem, Content, TailLost, Batch, BatchReply, Heartbeat, HeartbeatReply, Problem
    )),
    modifiers(&Token, &Errors, &Examples),
    tags(
        (name = "dashboards", description = "Sums over ranges of time; exact counts, percentiles within 1 %."),
        (name = "verdicts", description = "Single verdicts, newest first."),
        (name = "fleet", description = "The sidecars and the policy."),
        (name = "policies", description = "Policies with their versions, what is published of them, and what sidecars fetch."),
        (name = "ingest", description = "What sidecars send."),
    ),
    security(("token" = []), ())
)]
struct Document;

/// The bearer token, needed when the control plane was started with one.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "Needed when the control plane was started with a token; the page signs in at /login.",
            ))
            .build();
        document
            .components
            .get_or_insert_default()
            .security_schemes
            .insert("token".to_owned(), SecurityScheme::Http(scheme).into());
    }
}

/// Every operation may answer with a problem.
struct Errors;

impl Modify for Errors {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
        let problem = || {
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .example(Some(examples::value(&examples::problem())))
                .build()
        };
        for operation in operations(document) {
            let response = ResponseBuilder::new()
                .description("What was wrong with the request, or why it cannot be answered now.")
                .content("application/problem+json", problem())
                .build();
            operation.responses.responses.insert("default".to_owned(), RefOr::T(response));
        }
    }
}

/// Examples of requests and answers.
struct Examples;

impl Modify for Examples {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (path, method, request, answer) in examples::all() {
            let Some(item) = document.paths.paths.get_mut(path) else { continue };
            let operation = match method {
                HttpMethod::Post => item.post.as_mut(),
                HttpMethod::Put => item.put.as_mut(),
                HttpMethod::Delete => item.delete.as_mut(),
                _ => item.get.as_mut(),
            };
            let Some(operation) = operation else { continue };
            if let (Some(request), Some(RefOr::T(body))) = (request, operation.request_body.as_mut()) {
                set(body.content.values_mut(), &request);
            }
            if let Some(RefOr::T(ok)) = operation.responses.responses.get_mut("200") {
                set(ok.content.values_mut(), &answer);
            }
        }
    }
}

fn set<'a>(contents: impl Iterator<Item = &'a mut RefOr<utoipa::openapi::Content>>, example: &Value) {
    for content in contents {
        if let RefOr::T(content) = content {
            content.example = Some(example.clone());
        }
    }
}

fn operations(
    document: &mut utoipa::openapi::OpenApi,
) -> impl Iterator<Item = &mut utoipa::openapi::path::Operation> {
    document
        .paths
        .paths
        .values_mut()
        .flat_map(|item| [item.get.as_mut(), item.post.as_mut(), item.put.as_mut(), item.delete.as_mut()])
        .flatten()
}

static TEXT: LazyLock<Option<String>> = LazyLock::new(|| Document::openapi().to_json().ok());

/// `GET /openapi.json`.
pub(crate) async fn openapi() -> Result<Response, ApiError> {
    TEXT.clone().map(json).ok_or(ApiError::Busy("the description could not be written"))
}

#[cfg(test)]
mod tests;
