//! Whether a request may come in, and as whom: host, site, credential, permission, limits, in that order.

pub(super) mod pages;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, Method, Uri, header};
use subtle::ConstantTimeEq;

use super::rates::Left;
use super::routes::Access;
use super::{ApiError, App, Caller, Origin, cookies, site};
use crate::identity::{Identity, Known};

/// What a page sends with every change.
const CSRF: &str = "x-csrf-token";

/// Where the connection came from; put there by the accept loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Where the request came from, for handlers that ask nobody who they are.
pub(crate) struct Came(pub(crate) Origin);

impl<S: Sync> FromRequestParts<S> for Came {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        Ok(Self(parts.extensions.get().cloned().unwrap_or_default()))
    }
}

/// Lets the request in, with its [`Caller`], and says how many more may come; or says why not.
pub(super) async fn admit(app: &App, request: &mut Request, id: &str) -> Result<Option<Left>, Response> {
    site::check(app, request).map_err(IntoResponse::into_response)?;
    let declared = request.extensions().get::<MatchedPath>().cloned();
    let declared = declared.as_ref().map(MatchedPath::as_str);
    let (access, class) = app.needs.of(request.method(), declared, request.uri().path());
    let origin = origin(app, request, id);
    request.extensions_mut().insert(origin.clone());
    let who = if access == Access::Open { None } else { who(app, request.headers()).await? };
    let left = if app.identity.guarded() {
        app.rates
            .take(class, who.as_ref().map(|who| &*who.known), &origin)
            .map_err(IntoResponse::into_response)?
    } else {
        None
    };
    let Some(who) = who else {
        return if access == Access::Open {
            Ok(left)
        } else {
            Err(refusal(request.headers(), request.uri()))
        };
    };
    if who.by_cookie && !safe(request.method()) && !csrf(request.headers()) {
        return Err(ApiError::Csrf.into_response());
    }
    let caller = match access {
        Access::Needs(permission) => Caller::with(who.known, origin, permission, who.by_cookie)
            .ok_or_else(|| ApiError::Forbidden(permission).into_response())?,
        Access::Open | Access::SignedIn => Caller::signed_in(who.known, origin, who.by_cookie),
    };
    request.extensions_mut().insert(caller);
    Ok(left)
}

struct Who {
    known: Arc<Known>,
    by_cookie: bool,
}

/// Whose credential the request carries. A bearer decides alone: a wrong one is not made good by a cookie.
async fn who(app: &App, headers: &HeaderMap) -> Result<Option<Who>, Response> {
    let failed = |error| ApiError::from(error).into_response();
    if !app.identity.guarded() {
        return Ok(Some(Who { known: Arc::new(Known::local()), by_cookie: false }));
    }
    if let Some(text) = bearer(headers) {
        let known = app.identity.bearer(text).await.map_err(failed)?;
        return Ok(known.map(|known| Who { known, by_cookie: false }));
    }
    let Some(cookie) = cookies::session(headers) else { return Ok(None) };
    let known = app.identity.session(cookie).await.map_err(failed)?;
    Ok(known.map(|known| Who { known: Arc::new(known), by_cookie: true }))
}

/// Methods that change nothing.
pub(super) fn safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether the page that sends this has read what belongs to the session in the cookie: other sites cannot.
fn csrf(headers: &HeaderMap) -> bool {
    let (Some(cookie), Some(token)) = (cookies::session(headers), headers.get(CSRF)) else { return false };
    Identity::csrf(cookie).as_bytes().ct_eq(token.as_bytes()).into()
}

/// The client, as far as it is known: the peer, or what the trusted proxies before us say of theirs.
fn origin(app: &App, request: &Request, id: &str) -> Origin {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let forwarded = || {
        let mut hops = request
            .headers()
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(','))
            .collect::<Vec<_>>();
        // Each proxy appends whom it heard; what stands before the outermost trusted one's word is the client's own.
        hops.reverse();
        hops.get(app.hops - 1)?.trim().parse().ok()
    };
    let address = if app.hops == 0 { peer } else { forwarded().or(peer) };
    Origin { address, request_id: id.to_owned() }
}

/// The answer to a request without credential: the form for people, a problem for programs.
fn refusal(headers: &HeaderMap, uri: &Uri) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if accept.contains("text/html") && !uri.path().starts_with("/api/") {
        let next: String =
            form_urlencoded::byte_serialize(uri.path_and_query().map_or("/", |p| p.as_str()).as_bytes())
                .collect();
        return Redirect::to(&format!("/login?next={next}")).into_response();
    }
    ApiError::Unauthorized.into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
