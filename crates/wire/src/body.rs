//! Whole bodies: requests, unstreamed answers, refusals.
//!
//! JSON nested deeper than 128 levels (serde_json's limit) is a [`ParseError`]: it passes through unjudged.

use crate::codec::{self, ParseError, Refusal};
use crate::{Answer, Dialect, Edits, Endpoint, Notice, Request};

/// Reads a request body.
///
/// # Errors
/// [`ParseError`] when it is not this dialect; the body then passes through unjudged.
pub fn parse_request(endpoint: &Endpoint, body: &[u8]) -> Result<Request, ParseError> {
    codec::of(endpoint.dialect).request(endpoint, body)
}

/// Reads an unstreamed 2xx answer.
///
/// # Errors
/// [`ParseError`] when it is not this dialect.
pub fn parse_answer(dialect: Dialect, body: &[u8]) -> Result<Answer, ParseError> {
    codec::of(dialect).answer(body)
}

/// Makes the edits in an unstreamed answer; every other field survives.
///
/// # Errors
/// [`ParseError`] when it is not this dialect.
pub fn redact_answer(dialect: Dialect, body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError> {
    codec::of(dialect).redact(body, edits)
}

/// An unstreamed 200 answer whose text is the notice and which ended as filtered.
///
/// # Errors
/// [`ParseError`] when `body` is not this dialect.
pub fn replace_answer(dialect: Dialect, body: &[u8], notice: &Notice) -> Result<Vec<u8>, ParseError> {
    codec::of(dialect).replace(body, notice)
}

/// The dialect's own error for a policy block, to be sent while the head is still ours.
#[must_use]
pub fn refuse(dialect: Dialect, notice: &Notice) -> Refusal {
    codec::of(dialect).refuse(notice)
}
