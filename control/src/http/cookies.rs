//! The session's cookie.

use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};

use crate::identity::SESSION;

const COOKIE: &str = "agentguard_session";

/// What the session's cookie holds.
pub(crate) fn session(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

/// The cookie of a new session. Scripts do not see it and other sites do not send it.
pub(crate) fn begin(value: &str, headers: &HeaderMap) -> String {
    // Behind a TLS terminator the cookie must not travel in the clear.
    let tls = headers.get("x-forwarded-proto").is_some_and(|v| v == "https");
    let secure = if tls { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{secure}", SESSION.as_secs())
}

/// The cookie that ends one.
pub(crate) fn end() -> String {
    format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// An answer that sets a cookie.
pub(crate) fn with(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
