//! The token: as a bearer, or once in the sign-in form for a session cookie. It is compared in constant time.
//!
//! Sessions live in memory, hashed, and end after [`SESSION`] or with the process. One shared token, no users: that is a later story.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Form, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use parking_lot::Mutex;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{ApiError, App};

/// A working day.
const SESSION: Duration = Duration::from_secs(12 * 3600);
/// Sessions at once; past this the oldest ends.
const SESSIONS: usize = 1000;
/// Wrong tokens taken in a minute before everybody must wait.
const ATTEMPTS: u32 = 20;
const COOKIE: &str = "agentguard_session";

const FORM: &str = include_str!("pages/login.html");

type Hash = [u8; 32];

/// The token and who has shown it.
pub(super) struct Auth {
    token: Hash,
    sessions: Mutex<HashMap<Hash, Instant>>,
    failures: Mutex<(Instant, u32)>,
}

impl Auth {
    /// Guards with a token.
    pub(super) fn new(token: &str) -> Self {
        Self {
            token: hash(token),
            sessions: Mutex::new(HashMap::new()),
            failures: Mutex::new((Instant::now(), 0)),
        }
    }

    /// Whether a request carries the token or a session.
    pub(super) fn admits(&self, headers: &HeaderMap) -> bool {
        bearer(headers).is_some_and(|token| self.is_token(token))
            || session(headers).is_some_and(|id| {
                self.sessions.lock().get(&hash(id)).is_some_and(|begun| begun.elapsed() < SESSION)
            })
    }

    /// Hashes have one length and no structure: comparing them tells nothing about the token, not even its length.
    fn is_token(&self, token: &str) -> bool {
        hash(token).ct_eq(&self.token).into()
    }

    fn begin_session(&self) -> String {
        let id = hex(&rand::random::<[u8; 32]>());
        let mut sessions = self.sessions.lock();
        sessions.retain(|_, begun| begun.elapsed() < SESSION);
        if sessions.len() >= SESSIONS {
            let oldest = sessions.iter().min_by_key(|(_, begun)| **begun).map(|(id, _)| *id);
            oldest.and_then(|id| sessions.remove(&id));
        }
        sessions.insert(hash(&id), Instant::now());
        id
    }

    /// Whether there were too many wrong tokens in the last minute.
    fn locked(&self) -> bool {
        let failures = self.failures.lock();
        failures.0.elapsed() < Duration::from_secs(60) && failures.1 >= ATTEMPTS
    }

    fn failed(&self) {
        let mut failures = self.failures.lock();
        if failures.0.elapsed() >= Duration::from_secs(60) {
            *failures = (Instant::now(), 0);
        }
        failures.1 += 1;
    }
}

/// Paths that need no token: probes, the version and the way in.
pub(super) fn open(path: &str) -> bool {
    matches!(
        path,
        "/health"
            | "/livez"
            | "/readyz"
            | "/startupz"
            | "/version"
            | "/login"
            | "/login.css"
            | "/favicon.svg"
            | "/.well-known/agentguard-keys"
    )
}

/// The answer to a request without token: the form for people, a problem for programs.
pub(super) fn refusal(headers: &HeaderMap, uri: &Uri) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if accept.contains("text/html") && !uri.path().starts_with("/api/") {
        let next: String =
            form_urlencoded::byte_serialize(uri.path_and_query().map_or("/", |p| p.as_str()).as_bytes())
                .collect();
        return Redirect::to(&format!("/login?next={next}")).into_response();
    }
    ApiError::Unauthorized.into_response()
}

/// Where to go after signing in.
#[derive(Deserialize)]
pub(super) struct Next {
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

/// `GET /login`.
pub(super) async fn form(Query(next): Query<Next>) -> Html<String> {
    page("", &next)
}

/// The sign-in form's fields.
#[derive(Deserialize)]
pub(super) struct Login {
    token: String,
    #[serde(flatten)]
    next: Next,
}

/// `POST /login`.
pub(super) async fn login(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Form(login): Form<Login>,
) -> Response {
    let Some(auth) = &app.auth else { return Redirect::to(login.next.place()).into_response() };
    if auth.locked() {
        return (StatusCode::TOO_MANY_REQUESTS, page("Too many wrong tokens; wait a minute.", &login.next))
            .into_response();
    }
    if !auth.is_token(&login.token) {
        auth.failed();
        return (StatusCode::UNAUTHORIZED, page("That is not the token.", &login.next)).into_response();
    }
    // Behind a TLS terminator the cookie must not travel in the clear.
    let tls = headers.get("x-forwarded-proto").is_some_and(|v| v == "https");
    let cookie = format!(
        "{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}",
        auth.begin_session(),
        SESSION.as_secs(),
        if tls { "; Secure" } else { "" }
    );
    with_cookie(&cookie, login.next.place())
}

/// `POST /logout`.
pub(super) async fn logout(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if let (Some(auth), Some(id)) = (&app.auth, session(&headers)) {
        auth.sessions.lock().remove(&hash(id));
    }
    with_cookie(&format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"), "/login")
}

fn with_cookie(cookie: &str, place: &str) -> Response {
    let mut response = Redirect::to(place).into_response();
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn page(message: &str, next: &Next) -> Html<String> {
    let next: String = next.place().chars().map(escaped).collect();
    Html(FORM.replace("{{message}}", message).replace("{{next}}", &next))
}

/// For an attribute in double quotes.
fn escaped(c: char) -> String {
    match c {
        '&' | '<' | '>' | '"' | '\'' => format!("&#{};", u32::from(c)),
        _ => c.to_string(),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn session(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
