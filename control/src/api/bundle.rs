//! What sidecars fetch: the bundle of their tenant, waited for, and the keys that it is signed with.

use std::sync::Arc;
use std::time::Duration;

use agentguard_api::Problem;
use agentguard_api::bundle::{Envelope, PublicKeys};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tokio::time::Instant;

use super::params::Params;
use crate::http::{ApiError, App, Caller};
use crate::policies::Waited;

/// The longest wait, seconds: less than what proxies and load balancers cut off.
const LONGEST: u64 = 50;
static PREFER: HeaderName = HeaderName::from_static("prefer");
static APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The newest signed policy bundle, waited for.
///
/// With `If-None-Match` and `Prefer: wait=N` (RFC 7240) the answer comes as soon as there is another bundle than the one named, or after
/// N seconds with 304. Without `Preference-Applied` in it, it was not waited for: too many others wait; ask again later.
#[utoipa::path(get, path = "/api/v1/sidecar/bundle", operation_id = "policy_bundle", tag = "policies",
    params(
        ("if-none-match" = Option<String>, Header, description = "The `ETag` of the bundle that the sidecar has."),
        ("prefer" = Option<String>, Header, description = "`wait=N`, seconds, at most 50."),
    ),
    responses(
        (status = 200, description = "The bundle. `ETag` is the SHA-256 of its payload.", body = Envelope),
        (status = 304, description = "There is no other one."),
        (status = 503, description = "The store cannot be used.", content_type = "application/problem+json", body = Problem),
    ))]
pub(crate) async fn bundle(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    params.end()?;
    let tenant = caller.scope().of();
    if app.policies.head(tenant).is_none() {
        // Nothing was ever published: an empty bundle, so that there is something to wait from.
        app.policies.ensure(tenant).await?;
    }
    let has = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).and_then(hash);
    let wait = headers.get_all(&PREFER).iter().filter_map(|value| wait(value.to_str().ok()?)).next();
    let until = Instant::now() + Duration::from_secs(wait.unwrap_or_default().min(LONGEST));
    let (mut response, waited) = match app.policies.wait(tenant, has, until, &app.drain).await {
        Waited::News(head) => {
            let mut response =
                ([(header::CONTENT_TYPE, "application/json")], head.body.clone()).into_response();
            tag(&mut response, &head.sha256);
            (response, true)
        }
        Waited::Same => (not_modified(has), true),
        Waited::Full => (not_modified(has), false),
    };
    if waited && let Some(wait) = wait {
        let applied = HeaderValue::from_str(&format!("wait={}", wait.min(LONGEST)));
        if let Ok(applied) = applied {
            response.headers_mut().insert(&APPLIED, applied);
        }
    }
    Ok(response)
}

/// The public keys that bundles are signed with.
#[utoipa::path(get, path = "/.well-known/agentguard-keys", operation_id = "policy_keys", tag = "policies",
    responses((status = 200, description = "One, or two while one takes the other's place; `--policy-key` takes them.", body = PublicKeys)))]
pub(crate) async fn keys(State(app): State<Arc<App>>) -> Json<PublicKeys> {
    Json(app.policies.keys().shown())
}

fn not_modified(has: Option<&str>) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    if let Some(has) = has {
        tag(&mut response, has);
    }
    response
}

fn tag(response: &mut Response, sha256: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("\"{sha256}\"")) {
        response.headers_mut().insert(header::ETAG, value);
    }
}

/// The hash in an entity tag; a weak one (`W/`) does as well, as proxies that compress make one.
fn hash(tag: &str) -> Option<&str> {
    let tag = tag.trim().trim_start_matches("W/");
    tag.strip_prefix('"')?.strip_suffix('"').filter(|hash| hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Seconds of `wait`, among other preferences.
fn wait(preferences: &str) -> Option<u64> {
    let pairs = preferences.split([',', ';']).filter_map(|preference| preference.split_once('='));
    pairs
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .find_map(|(_, seconds)| seconds.trim().trim_matches('"').parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_prefers_and_has_is_read_as_it_may_be_written() {
        assert_eq!(wait("wait=30"), Some(30));
        assert_eq!(wait("respond-async, Wait = \"5\""), Some(5));
        assert_eq!(wait("return=minimal"), None);
        assert_eq!(wait("wait=-1, wait=soon"), None);
        assert_eq!(hash("\"0aF\""), Some("0aF"));
        assert_eq!(hash("W/\"0a\""), Some("0a"));
        assert_eq!(hash("*"), None);
        assert_eq!(hash("\"no hash\""), None);
    }
}
