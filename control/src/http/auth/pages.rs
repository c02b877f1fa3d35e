//! The pages of signing in: a name and a password, the one token, or the first account. They work without script.

use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::http::{ApiError, App, Caller, Came, cookies};
use crate::identity::{IdentityError, NewSession};

const FORM: &str = include_str!("../pages/login.html");

const TOKEN: &str = r#"<label for="token">Token</label>
    <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>"#;
const TOKEN_HINT: &str = "The token that the control plane was started with (<code>AGENTGUARD_TOKEN</code>).";
const PASSWORD: &str = r#"<label for="name">Name</label>
    <input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus>
    <label for="password">Password</label>
    <input id="password" name="password" type="password" autocomplete="current-password" required>"#;
const PASSWORD_HINT: &str = "Forgotten? An owner can set a new password.";
const SETUP: &str = r#"<label for="secret">One-time secret</label>
    <input id="secret" name="secret" type="password" autocomplete="off" required autofocus>
    <label for="name">Your name</label>
    <input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required>
    <label for="password">New password</label>
    <input id="password" name="password" type="password" autocomplete="new-password" minlength="12" required aria-describedby="rule">
    <p class="hint" id="rule">12 characters or more; a few words make a good one.</p>"#;
const SETUP_HINT: &str = "There is no account yet. The secret is in the log of the first start, or in <code>AGENTGUARD_BOOTSTRAP_TOKEN</code>.";

/// Where to go after signing in.
#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

impl Next {
    /// Only an address of ours: `//host` and `/\host` would lead elsewhere.
    fn place(&self) -> &str {
        let ours = self.next.starts_with('/')
            && !self.next[1..].starts_with(['/', '\\'])
            && self.next.bytes().all(|b| b.is_ascii_graphic());
        if ours { &self.next } else { "/" }
    }
}

/// What the forms hold; each fills its part.
#[derive(Deserialize)]
pub(crate) struct Fields {
    #[serde(default)]
    token: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(flatten)]
    next: Next,
}

/// `GET /login`.
pub(crate) async fn form(
    State(app): State<Arc<App>>,
    Query(next): Query<Next>,
) -> Result<Html<String>, ApiError> {
    Ok(page(kind(&app).await?, "", &next))
}

/// `POST /login`.
pub(crate) async fn login(
    State(app): State<Arc<App>>,
    came: Came,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, ApiError> {
    if !app.identity.guarded() {
        return Ok(Redirect::to(fields.next.place()).into_response());
    }
    let (kind, begun) = if app.identity.accounts() {
        (Kind::Password, app.identity.sign_in(&fields.name, &fields.password, &came.0).await)
    } else {
        (Kind::Token, app.identity.sign_in_by_token(&fields.token, &came.0).await)
    };
    answer(kind, begun, &fields, &headers)
}

/// `POST /setup`.
pub(crate) async fn setup(
    State(app): State<Arc<App>>,
    came: Came,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, ApiError> {
    let begun = app.identity.bootstrap(&fields.secret, &fields.name, &fields.password, &came.0).await;
    answer(Kind::Setup, begun, &fields, &headers)
}

/// `POST /logout`.
pub(crate) async fn logout(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    app.identity.sign_out(&caller, cookies::session(&headers), false).await?;
    Ok(cookies::with(Redirect::to("/login").into_response(), &cookies::end()))
}

#[derive(Clone, Copy)]
enum Kind {
    Token,
    Password,
    Setup,
}

async fn kind(app: &App) -> Result<Kind, ApiError> {
    if !app.identity.accounts() {
        return Ok(Kind::Token);
    }
    Ok(if app.identity.awaits_first().await? { Kind::Setup } else { Kind::Password })
}

fn answer(
    kind: Kind,
    begun: Result<NewSession, IdentityError>,
    fields: &Fields,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let (status, message) = match begun {
        Ok(session) => {
            let response = Redirect::to(fields.next.place()).into_response();
            return Ok(cookies::with(response, &cookies::begin(&session.cookie, headers)));
        }
        Err(IdentityError::Credentials) => (StatusCode::UNAUTHORIZED, wrong(kind).to_owned()),
        Err(error @ (IdentityError::Locked { .. } | IdentityError::Busy)) => {
            (StatusCode::TOO_MANY_REQUESTS, sentence(&error.to_string()))
        }
        Err(error @ (IdentityError::Invalid { .. } | IdentityError::Conflict(_) | IdentityError::Off(_))) => {
            (StatusCode::BAD_REQUEST, sentence(&error.to_string()))
        }
        Err(error) => return Err(error.into()),
    };
    Ok((status, page(kind, &message, &fields.next)).into_response())
}

fn wrong(kind: Kind) -> &'static str {
    match kind {
        Kind::Token => "That is not the token.",
        Kind::Password => "Name or password is wrong.",
        Kind::Setup => "That is not the secret.",
    }
}

/// The words of an error as people read them.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

fn page(kind: Kind, message: &str, next: &Next) -> Html<String> {
    let (action, fields, hint, button) = match kind {
        Kind::Token => ("/login", TOKEN, TOKEN_HINT, "Sign in"),
        Kind::Password => ("/login", PASSWORD, PASSWORD_HINT, "Sign in"),
        Kind::Setup => ("/setup", SETUP, SETUP_HINT, "Make the first account"),
    };
    let text = |text: &str| text.chars().map(escaped).collect::<String>();
    Html(
        FORM.replace("{{action}}", action)
            .replace("{{fields}}", fields)
            .replace("{{hint}}", hint)
            .replace("{{button}}", button)
            .replace("{{message}}", &text(message))
            .replace("{{next}}", &text(next.place())),
    )
}

/// For text and for an attribute in double quotes.
fn escaped(c: char) -> String {
    match c {
        '&' | '<' | '>' | '"' | '\'' => format!("&#{};", u32::from(c)),
        _ => c.to_string(),
    }
}
