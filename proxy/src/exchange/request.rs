//! The request, as far as it is read before it goes out.

use std::collections::VecDeque;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, EXPECT};
use pingora::Result;
use pingora::proxy::Session;

use crate::http::relay::Upload;

/// Reads the request's body up to `limit` bytes. What is longer is left unread, to stream on; what was read goes before it.
///
/// A request that says beforehand that it is longer is not read at all.
pub(crate) async fn read(session: &mut Session, limit: usize) -> Result<Upload> {
    let mut read = VecDeque::new();
    if declared(session).is_some_and(|length| length > limit) {
        return Ok(Upload::new(read, false));
    }
    if session.req_header().headers.contains_key(EXPECT) {
        session.write_continue_response().await?;
    }
    let mut bytes = 0;
    while bytes <= limit {
        match session.downstream_session.read_request_body().await.map_err(|e| e.into_down())? {
            Some(chunk) => {
                bytes += chunk.len();
                read.extend((!chunk.is_empty()).then_some(chunk));
            }
            None => return Ok(Upload::new(read, true)),
        }
    }
    Ok(Upload::new(read, false))
}

fn declared(session: &Session) -> Option<usize> {
    session.get_header(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}
