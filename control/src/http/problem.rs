//! Errors as answers: RFC 9457. One place turns causes into statuses, codes and sentences.

use agentguard_api::Problem;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::content::ContentError;
use crate::identity::Permission;
use crate::ingest::QueueError;
use crate::names::Named;
use crate::store::StoreError;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("{field}: {what}")]
    Parameter { field: String, what: String, allowed: Vec<String> },
    #[error("{what}")]
    Body { field: Option<String>, what: String },
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the content type must be application/json")]
    ContentType,
    #[error("this content encoding is not known")]
    Encoding,
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("the content was erased")]
    Erased,
    #[error("{0}")]
    Content(String),
    #[error("this is not yours to decide: it reaches beyond your namespaces")]
    OutOfScope,
    #[error("this address does not know this method")]
    Method,
    #[error("a token is needed: `Authorization: Bearer …`, or sign in at /login")]
    Unauthorized,
    #[error("this needs the permission {}", .0.name())]
    Forbidden(Permission),
    #[error("nobody gives more than they have: this would allow what you are not allowed")]
    Beyond,
    #[error(
        "a request by cookie that changes something needs the header x-csrf-token; /api/v1/auth/me has it"
    )]
    Csrf,
    #[error("name, password or secret is wrong")]
    Credentials,
    #[error("too many wrong attempts; try again in {seconds} s")]
    Locked { seconds: i64 },
    #[error("too many requests of this kind; try again in {seconds} s")]
    Limited { seconds: u64 },
    #[error("{0}")]
    Conflict(String),
    #[error(
        "the Host header names neither the loopback nor an allowed host; without a token this control plane answers \
         only there"
    )]
    Host,
    #[error("requests that change something are not taken from other sites")]
    CrossSite,
    #[error("{0}")]
    Busy(&'static str),
    #[error("too many events are waiting to be stored")]
    QueueFull,
    #[error("the request took too long")]
    Timeout,
    #[error("the store cannot be used now")]
    Store,
    #[error("the control plane is stopping")]
    Stopping,
}

impl ApiError {
    /// A query parameter that is wrong.
    pub(crate) fn parameter(field: &str, what: impl Into<String>) -> Self {
        Self::Parameter { field: field.to_owned(), what: what.into(), allowed: Vec::new() }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Parameter { .. } | Self::Body { .. } => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ContentType | Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Erased => StatusCode::GONE,
            Self::Content(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthorized | Self::Credentials => StatusCode::UNAUTHORIZED,
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::CrossSite | Self::OutOfScope | Self::Csrf | Self::Forbidden(_) | Self::Beyond => {
                StatusCode::FORBIDDEN
            }
            Self::QueueFull | Self::Locked { .. } | Self::Limited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Busy(_) | Self::Timeout | Self::Store | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The stable name of the problem; also a metric label.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Parameter { .. } => "invalid_parameter",
            Self::Body { .. } => "invalid_body",
            Self::TooLarge { .. } => "too_large",
            Self::ContentType => "unsupported_content_type",
            Self::Encoding => "unsupported_encoding",
            Self::NotFound(_) => "not_found",
            Self::Erased => "content_erased",
            Self::Content(_) => "content_unreadable",
            Self::Method => "method_not_allowed",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden(_) => "forbidden",
            Self::Beyond => "beyond_own_permissions",
            Self::Csrf => "csrf",
            Self::Credentials => "wrong_credentials",
            Self::Locked { .. } => "locked",
            Self::Limited { .. } => "rate_limited",
            Self::Conflict(_) => "conflict",
            Self::Host => "unknown_host",
            Self::CrossSite => "cross_site",
            Self::OutOfScope => "out_of_scope",
            Self::Busy(_) => "busy",
            Self::QueueFull => "queue_full",
            Self::Timeout => "timeout",
            Self::Store => "store_unavailable",
            Self::Stopping => "stopping",
        }
    }

    /// Seconds after which to come back.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Locked { seconds } => Some(u64::try_from(*seconds).unwrap_or(1)),
            Self::Limited { seconds } => Some(*seconds),
            Self::QueueFull | Self::Busy(_) | Self::Timeout => Some(1),
            Self::Store | Self::Stopping => Some(5),
            _ => None,
        }
    }

    fn problem(&self) -> Problem {
        let (field, allowed) = match self {
            Self::Parameter { field, allowed, .. } => (Some(field.clone()), allowed.clone()),
            Self::Body { field, .. } => (field.clone(), Vec::new()),
            Self::Encoding => (
                Some("content-encoding".to_owned()),
                crate::ingest::decode::Encoding::ALLOWED.map(str::to_owned).to_vec(),
            ),
            Self::ContentType => (Some("content-type".to_owned()), vec!["application/json".to_owned()]),
            _ => (None, Vec::new()),
        };
        let status = self.status();
        Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
            code: self.code().to_owned(),
            field,
            allowed,
            request_id: String::new(),
        }
    }
}

/// The problem of a response whose body is still to be written: only `front` knows the request's id.
#[derive(Clone)]
pub(super) struct Pending(Problem);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if matches!(self, Self::Unauthorized) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(Pending(self.problem()));
        response
    }
}

/// Writes the body of a problem.
pub(super) fn finish(mut response: Response, request_id: &str) -> Response {
    let Some(Pending(mut problem)) = response.extensions_mut().remove() else { return response };
    problem.request_id = request_id.to_owned();
    // Strings and numbers only: cannot fail.
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    Response::from_parts(parts, body.into())
}

/// The router's answer to a wrong method.
pub(super) async fn method_not_allowed() -> ApiError {
    ApiError::Method
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a question to the store failed");
        Self::Store
    }
}

impl From<ContentError> for ApiError {
    fn from(error: ContentError) -> Self {
        match error {
            ContentError::Store(error) => error.into(),
            error => {
                // Its sentences hold neither keys nor content.
                tracing::error!(%error, "content cannot be read");
                Self::Content(error.to_string())
            }
        }
    }
}

impl From<QueueError> for ApiError {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Full => Self::QueueFull,
            QueueError::Store => Self::Store,
            QueueError::Stopping => Self::Stopping,
        }
    }
}
