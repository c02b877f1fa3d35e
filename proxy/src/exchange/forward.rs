//! Untouched forwarding, and heads.

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use pingora::http::ResponseHeader;
use pingora::{Error, ErrorType, Result};
use tokio_util::sync::CancellationToken;

use crate::http::errors::STOPPED;
use crate::http::relay::{Received, Relay};

/// Waits for the response's head; informational ones go to the client as they come.
pub(crate) async fn head(relay: &mut Relay<'_>, cut: &CancellationToken) -> Result<Box<ResponseHeader>> {
    loop {
        match next(relay, cut).await? {
            Received::Interim(head) => relay.send_head(head).await?,
            Received::Head(head) => return Ok(head),
            Received::Body(_) | Received::Trailers(_) | Received::End => {
                return Error::e_explain(ErrorType::InternalError, "a response without a head")
                    .map_err(|e| e.into_up());
            }
        }
    }
}

/// What comes next, unless the proxy is stopped.
pub(crate) async fn next(relay: &mut Relay<'_>, cut: &CancellationToken) -> Result<Received> {
    tokio::select! {
        biased;
        received = relay.next() => received,
        () = cut.cancelled() => Err(stopped()),
    }
}

/// The error of an exchange that is cut because the proxy stops.
pub(crate) fn stopped() -> Box<Error> {
    Error::explain(STOPPED, "the drain's deadline")
}

/// Passes everything on from here.
pub(crate) async fn rest(relay: &mut Relay<'_>, cut: &CancellationToken) -> Result<()> {
    loop {
        match next(relay, cut).await? {
            Received::Interim(head) | Received::Head(head) => relay.send_head(head).await?,
            Received::Body(bytes) => relay.send_body(bytes).await?,
            Received::Trailers(trailers) => return relay.send_end(Some(trailers)).await,
            Received::End => return relay.send_end(None).await,
        }
    }
}

/// The response's content encoding, when there is one.
pub(crate) fn encoding(head: &ResponseHeader) -> Option<&str> {
    let value = head.headers.get(CONTENT_ENCODING)?.to_str().unwrap_or("?");
    Some(value).filter(|v| !v.trim().is_empty() && !v.eq_ignore_ascii_case("identity"))
}

/// The response's content type, or nothing.
pub(crate) fn content_type(head: &ResponseHeader) -> &str {
    head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The length that the response declares.
pub(crate) fn length(head: &ResponseHeader) -> Option<usize> {
    head.headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}
