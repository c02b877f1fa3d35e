//! Answers that are the proxy's own.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use pingora::Result;
use pingora::http::ResponseHeader;
use pingora::proxy::Session;
use serde_json::json;

/// A whole answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Reply {
    /// An error in the shape that every LLM SDK shows: `{"error": {"message", "type"}}`.
    pub(crate) fn error(status: u16, kind: &str, message: &str) -> Self {
        let body = json!({ "error": { "message": message, "type": kind, "code": kind } });
        Self {
            status,
            content_type: "application/json",
            headers: Vec::new(),
            body: Bytes::from(body.to_string()),
        }
    }

    /// With another header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sends it. An unread rest of the request is read and dropped by pingora when the connection is to be reused.
    pub(crate) async fn send(self, session: &mut Session) -> Result<()> {
        let mut head = ResponseHeader::build(self.status, Some(self.headers.len() + 3))?;
        head.insert_header(CONTENT_TYPE, self.content_type)?;
        head.insert_header(CACHE_CONTROL, "no-store")?;
        head.set_content_length(self.body.len())?;
        for (name, value) in self.headers {
            head.insert_header(name, value)?;
        }
        let body = self.body;
        session.write_response_header(Box::new(head), false).await?;
        session.write_response_body(Some(body), true).await
    }
}
