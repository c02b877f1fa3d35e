//! Pages of our own that need no build: sign-in's style sheet, the API's documentation.

use axum::response::{Html, IntoResponse, Response};
use http::header;

const DOCS: &str = include_str!("pages/docs.html");
const DOCS_CSS: &str = include_str!("pages/docs.css");
const DOCS_JS: &str = include_str!("pages/docs.js");
const PLAIN_CSS: &str = include_str!("pages/plain.css");

/// `GET /docs`: draws `/openapi.json`.
pub(super) async fn docs() -> Html<&'static str> {
    Html(DOCS)
}

/// `GET /docs/docs.css`.
pub(super) async fn docs_css() -> Response {
    css(DOCS_CSS)
}

/// `GET /docs/docs.js`.
pub(super) async fn docs_js() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], DOCS_JS).into_response()
}

/// `GET /login.css`.
pub(super) async fn plain_css() -> Response {
    css(PLAIN_CSS)
}

fn css(text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], text).into_response()
}
