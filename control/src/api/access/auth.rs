//! Signing in and out, and who one is.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{ApiError, App, Body, Caller, Came, cookies};
use crate::identity::{Grant, Identity, IdentityError, NewSession, Permissions, Signed};
use crate::store::scope::Namespaces;

/// A name and a password.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The account's name.
    pub(crate) name: String,
    /// Its password.
    pub(crate) password: String,
}

/// What makes the first account.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bootstrap {
    /// The one-time secret: in the log of the first start, or `AGENTGUARD_BOOTSTRAP_TOKEN`.
    pub(crate) secret: String,
    /// The owner's name.
    pub(crate) name: String,
    /// The owner's password, 12 characters or more.
    pub(crate) password: String,
}

/// A change of one's own password.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The present one.
    pub(crate) current: String,
    /// The new one, 12 characters or more.
    pub(crate) new: String,
}

/// How to sign out.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignOut {
    /// All sessions of the account, not only this one.
    #[serde(default)]
    pub(crate) everywhere: bool,
}

/// Who one is and what one may do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// `user`, `api_key`, `signed_token`, `sidecar`, `sidecar_key`, `token`, or `local` where nobody is asked.
    pub(crate) kind: String,
    /// As the audit log names it.
    pub(crate) id: String,
    /// For people.
    pub(crate) name: String,
    /// Whose verdicts these are.
    pub(crate) tenant: String,
    /// What one may do, somewhere or everywhere.
    pub(crate) permissions: Vec<String>,
    /// The same, with where.
    pub(crate) grants: Vec<MyGrant>,
    /// For browsers: goes with every request that changes something, as `x-csrf-token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) csrf_token: Option<String>,
}

/// Some permissions and where they hold.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct MyGrant {
    /// `resource:verb`.
    pub(crate) permissions: Vec<String>,
    /// Where; missing: everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespaces: Option<BTreeSet<String>>,
}

/// Done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Done {
    /// Always true.
    pub(crate) done: bool,
}

impl Me {
    fn of(caller: &Caller, csrf_token: Option<String>) -> Self {
        let known = caller.known();
        let all = known
            .grants
            .iter()
            .fold(Permissions::NONE, |all, grant| grant.permissions.iter().fold(all, Permissions::with));
        Self {
            kind: known.principal.kind().to_owned(),
            id: known.principal.id(),
            name: known.principal.name(),
            tenant: known.tenant.clone(),
            permissions: all.names(),
            grants: known.grants.iter().map(MyGrant::from).collect(),
            csrf_token,
        }
    }
}

impl From<&Grant> for MyGrant {
    fn from(grant: &Grant) -> Self {
        let namespaces = match &grant.namespaces {
            Namespaces::All => None,
            Namespaces::Only(some) => Some(some.clone()),
        };
        Self { permissions: grant.permissions.names(), namespaces }
    }
}

/// Sign in.
#[utoipa::path(post, path = "/api/v1/auth/login", operation_id = "sign_in", tag = "access", request_body = SignIn,
    responses((status = 200, description = "Signed in: the session is in the cookie.", body = Me)))]
pub(crate) async fn login(
    State(app): State<Arc<App>>,
    came: Came,
    headers: HeaderMap,
    Body(body): Body<SignIn>,
) -> Result<Response, ApiError> {
    let session = app.identity.sign_in(&body.name, &body.password, &came.0).await?;
    begun(&app, &came, &headers, &session).await
}

/// Make the first account, an owner, and sign it in.
#[utoipa::path(post, path = "/api/v1/auth/bootstrap", operation_id = "bootstrap", tag = "access", request_body = Bootstrap,
    responses((status = 200, description = "The account exists; the secret works no more.", body = Me)))]
pub(crate) async fn bootstrap(
    State(app): State<Arc<App>>,
    came: Came,
    headers: HeaderMap,
    Body(body): Body<Bootstrap>,
) -> Result<Response, ApiError> {
    let session = app.identity.bootstrap(&body.secret, &body.name, &body.password, &came.0).await?;
    begun(&app, &came, &headers, &session).await
}

/// The answer with a new session's cookie.
async fn begun(
    app: &App,
    came: &Came,
    headers: &HeaderMap,
    session: &NewSession,
) -> Result<Response, ApiError> {
    let known = app.identity.session(&session.cookie).await?.ok_or(ApiError::Unauthorized)?;
    let caller = Caller::signed_in(Arc::new(known), came.0.clone(), true);
    let me = Me::of(&caller, Some(Identity::csrf(&session.cookie)));
    Ok(cookies::with(Json(me).into_response(), &cookies::begin(&session.cookie, headers)))
}

/// Sign out, here or everywhere.
#[utoipa::path(post, path = "/api/v1/auth/logout", operation_id = "sign_out", tag = "access", request_body = SignOut,
    responses((status = 200, description = "The session is over, or all of them are.", body = Done)))]
pub(crate) async fn logout(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Body(body): Body<SignOut>,
) -> Result<Response, ApiError> {
    app.identity.sign_out(&caller, cookies::session(&headers), body.everywhere).await?;
    Ok(cookies::with(Json(Done { done: true }).into_response(), &cookies::end()))
}

/// Show who one is and what one may do.
#[utoipa::path(get, path = "/api/v1/auth/me", operation_id = "who_am_i", tag = "access",
    responses((status = 200, description = "Whoever asks.", body = Me)))]
pub(crate) async fn me(caller: Caller, headers: HeaderMap) -> Json<Me> {
    let cookie = cookies::session(&headers).filter(|_| caller.by_cookie());
    Json(Me::of(&caller, cookie.map(Identity::csrf)))
}

/// Change one's own password.
#[utoipa::path(post, path = "/api/v1/auth/password", operation_id = "change_password", tag = "access", request_body = PasswordChange,
    responses((status = 200, description = "Changed; every other session has ended, and this one has a new cookie.", body = Me)))]
pub(crate) async fn password(
    State(app): State<Arc<App>>,
    caller: Caller,
    came: Came,
    headers: HeaderMap,
    Body(body): Body<PasswordChange>,
) -> Result<Response, ApiError> {
    let session = app.identity.change_password(&caller, &body.current, &body.new).await?;
    begun(&app, &came, &headers, &session).await
}

/// Get a token that lasts 15 minutes and allows what the caller may do.
#[utoipa::path(post, path = "/api/v1/auth/token", operation_id = "sign_token", tag = "access",
    responses((status = 200, description = "For `Authorization: Bearer …`.", body = Signed)))]
pub(crate) async fn token(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Signed>, ApiError> {
    Ok(Json(app.identity.sign(&caller).await?))
}

impl From<IdentityError> for ApiError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Store(error) => error.into(),
            IdentityError::Busy => Self::Busy("too many sign-ins at once"),
            // Only at the start.
            IdentityError::Hash | IdentityError::Cluster(_) => {
                Self::Busy("a password or token could not be made")
            }
            IdentityError::Credentials => Self::Credentials,
            IdentityError::Locked { seconds } => Self::Locked { seconds },
            IdentityError::Invalid { field, what, allowed } => {
                Self::Parameter { field: field.to_owned(), what, allowed }
            }
            IdentityError::NotFound(what) => Self::NotFound(what),
            IdentityError::Conflict(what) | IdentityError::Off(what) => Self::Conflict(what.to_owned()),
            IdentityError::Beyond => Self::Beyond,
        }
    }
}
