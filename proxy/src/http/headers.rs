//! The headers that are ours.

use http::{HeaderMap, HeaderName};
use pingora::http::{RequestHeader, ResponseHeader};

/// What all of them begin with.
const OURS: &str = "x-agentguard-";

/// Removes what a client wrote under our names, so that nobody downstream takes it for a verdict.
pub(crate) fn strip_request(head: &mut RequestHeader) {
    for name in ours(&head.headers) {
        head.remove_header(&name);
    }
}

/// Removes what an upstream wrote under our names.
pub(crate) fn strip_response(head: &mut ResponseHeader) {
    for name in ours(&head.headers) {
        head.remove_header(&name);
    }
}

fn ours(headers: &HeaderMap) -> Vec<HeaderName> {
    headers.keys().filter(|name| name.as_str().starts_with(OURS)).cloned().collect()
}

/// The trace id of a W3C `traceparent` header (Trace Context, section 3.2.2), or `None` when it is not valid.
pub(crate) fn trace_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let mut fields = text.trim().split('-');
    let (version, trace, parent) = (fields.next()?, fields.next()?, fields.next()?);
    let hex = |field: &str, length: usize| {
        field.len() == length && field.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let valid = hex(version, 2) && version != "ff" && hex(trace, 32) && hex(parent, 16);
    (valid && trace.bytes().any(|b| b != b'0')).then(|| trace.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_valid_traceparent_gives_a_trace() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", text.parse().unwrap());
            trace_id(&headers)
        };
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(of(&format!("00-{id}-00f067aa0ba902b7-01")).as_deref(), Some(id));
        assert_eq!(of(&format!("cc-{id}-00f067aa0ba902b7-01-what-the-future-will-be")).as_deref(), Some(id));
        assert_eq!(of("00-00000000000000000000000000000000-00f067aa0ba902b7-01"), None);
        assert_eq!(of(&format!("ff-{id}-00f067aa0ba902b7-01")), None);
        assert_eq!(of("garbage"), None);
        assert_eq!(trace_id(&HeaderMap::new()), None);
    }
}
