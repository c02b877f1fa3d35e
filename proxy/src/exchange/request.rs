//! The request: read as far as the limit goes, decoded and understood.

use std::collections::VecDeque;
use std::time::Duration;

use agentguard_judge::NotChecked;
use agentguard_wire::Request;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use pingora::proxy::Session;
use pingora::{ErrorType, OrErr, Result};
use tokio::time::timeout;

use super::format::{self, Format};
use crate::http::relay::Upload;
use crate::{Limits, Timeouts};

/// A request that has been read.
pub(crate) struct Asked {
    /// Its bytes, to be sent on as they came.
    pub(crate) upload: Upload,
    /// What it asks, or why that is not known.
    pub(crate) request: Result<Request, NotChecked>,
    /// Bytes that this was read from, decoded.
    pub(crate) size: usize,
}

impl Asked {
    /// The model asked for, as far as that is known.
    pub(crate) fn model<'a>(&'a self, format: &'a Format) -> &'a str {
        let named = self.request.as_ref().map(|request| request.model.as_str()).unwrap_or_default();
        if named.is_empty() { format.model() } else { named }
    }
}

/// Reads it.
///
/// # Errors
/// Of the client's connection only; a request that makes no sense is passed on all the same.
pub(crate) async fn read(
    session: &mut Session,
    format: &Format,
    limits: &Limits,
    timeouts: &Timeouts,
) -> Result<Asked> {
    let upload = upload(session, limits.request_bytes, timeouts.client_read).await?;
    let body = decoded(session, &upload, limits).await;
    let size = body.as_ref().map_or(0, Bytes::len);
    let request = match body {
        Ok(body) => format.request(header(session, CONTENT_TYPE).unwrap_or_default(), body).await,
        Err(reason) => Err(reason),
    };
    Ok(Asked { upload, request, size })
}

/// Reads the body up to `limit` bytes. What is longer is left unread, to stream on; what was read goes before it.
/// A request that says beforehand that it is longer is not read at all.
async fn upload(session: &mut Session, limit: usize, patience: Duration) -> Result<Upload> {
    let mut read = VecDeque::new();
    if header(session, CONTENT_LENGTH).is_some_and(|length| length.parse().is_ok_and(|l: usize| l > limit)) {
        return Ok(Upload::new(read, false));
    }
    if session.req_header().headers.contains_key(EXPECT) {
        session.write_continue_response().await?;
    }
    let mut bytes = 0;
    while bytes <= limit {
        let chunk = timeout(patience, session.downstream_session.read_request_body()).await;
        let chunk = chunk.or_err(ErrorType::ReadTimedout, "for the request's body").and_then(|chunk| chunk);
        match chunk.map_err(|e| e.into_down())? {
            Some(chunk) => {
                bytes += chunk.len();
                read.extend((!chunk.is_empty()).then_some(chunk));
            }
            None => return Ok(Upload::new(read, true)),
        }
    }
    Ok(Upload::new(read, false))
}

async fn decoded(session: &Session, upload: &Upload, limits: &Limits) -> Result<Bytes, NotChecked> {
    if !upload.complete {
        return Err(NotChecked::TooLarge);
    }
    let encoding = header(session, CONTENT_ENCODING).filter(|value| !value.eq_ignore_ascii_case("identity"));
    format::decode(encoding, joined(&upload.read), limits.decoded_bytes).await
}

/// The chunks as one.
pub(crate) fn joined(chunks: &VecDeque<Bytes>) -> Bytes {
    match chunks.len() {
        0 => Bytes::new(),
        1 => chunks[0].clone(),
        _ => {
            let mut whole = BytesMut::with_capacity(chunks.iter().map(Bytes::len).sum());
            chunks.iter().for_each(|chunk| whole.extend_from_slice(chunk));
            whole.freeze()
        }
    }
}

fn header(session: &Session, name: http::HeaderName) -> Option<&str> {
    session.get_header(name)?.to_str().ok().map(str::trim)
}
