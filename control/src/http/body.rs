//! Small JSON bodies of requests, with errors that name the field and repeat nothing of what was sent.

use axum::extract::{FromRequest, Request};
use http::header;
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;

use super::ApiError;
use crate::ingest::decode::without_content;

/// Bytes of a body: it holds a name, a password, a few roles.
const LIMIT: usize = 64 << 10;

/// A body of that type.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            return Err(ApiError::ContentType);
        }
        let body = Limited::new(request.into_body(), LIMIT).collect().await;
        let body = body.map_err(|_| ApiError::TooLarge { limit: LIMIT })?.to_bytes();
        let mut reader = serde_json::Deserializer::from_slice(&body);
        let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            ApiError::Body { what: without_content(&path, error.inner()), field: Some(path) }
        })?;
        // More after it is not what was meant.
        let more = |_| ApiError::Body { field: None, what: "something follows the JSON value".to_owned() };
        reader.end().map_err(more)?;
        Ok(Self(read))
    }
}
