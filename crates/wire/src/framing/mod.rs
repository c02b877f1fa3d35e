//! How events are laid out in a byte stream: server-sent events, NDJSON, one JSON array, or AWS's
//! binary event stream.
//!
//! Knows where frames begin and end and where the payload lies inside one; what a payload says is the codec's business.
//! A frame holds at most one payload.

pub mod event_stream;
mod json_array;
mod ndjson;
mod splitter;
mod sse;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use bytes::Bytes;

use crate::Dialect;
pub(crate) use splitter::Splitter;

/// The largest frame, in bytes, that is held to be read. A larger one passes on piece by piece, as [`crate::Event::Unreadable`].
pub const MAX_FRAME: usize = 16 << 20;

/// The layout of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `text/event-stream` (WHATWG HTML, section 9.2).
    Sse,
    /// One JSON value a line.
    Ndjson,
    /// One JSON array whose elements arrive one by one (Gemini without `alt=sse`).
    JsonArray,
    /// `application/vnd.amazon.eventstream`: binary messages with checksums (Bedrock).
    EventStream,
}

impl Framing {
    /// The framing of a response by its `content-type`, or `None` when it is one unstreamed body. `streamed` says that the
    /// endpoint or the request asked for a stream; it decides where the header does not: Gemini streams JSON arrays as
    /// `application/json`, some Ollama front ends mislabel their lines so, and some servers leave the header out.
    #[must_use]
    pub fn of(dialect: Dialect, content_type: &str, streamed: bool) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let by_dialect = match dialect {
            Dialect::OllamaChat | Dialect::OllamaGenerate => Self::Ndjson,
            Dialect::BedrockConverse | Dialect::BedrockInvoke => Self::EventStream,
            _ => Self::Sse,
        };
        match essence.as_str() {
            "text/event-stream" => Some(Self::Sse),
            // Other services of AWS stream so as well; nothing else is read in it.
            "application/vnd.amazon.eventstream" if by_dialect == Self::EventStream => Some(by_dialect),
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines"
            | "application/jsonlines"
            | "application/stream+json" => Some(Self::Ndjson),
            "application/json" if streamed => match dialect {
                Dialect::Gemini => Some(Self::JsonArray),
                Dialect::OllamaChat | Dialect::OllamaGenerate => Some(Self::Ndjson),
                _ => None,
            },
            "" | "text/plain" | "application/octet-stream" if streamed => Some(by_dialect),
            _ => None,
        }
    }

    /// The payload inside a frame's exact bytes: SSE name or event type, if any, and data. `None` for comments, blank lines,
    /// brackets, damaged messages.
    #[must_use]
    pub fn payload(self, raw: &[u8]) -> Option<(Option<&str>, Cow<'_, [u8]>)> {
        match self {
            Self::Sse => sse::payload(raw),
            Self::Ndjson => ndjson::payload(raw).map(|span| (None, Cow::Borrowed(&raw[span]))),
            Self::JsonArray => json_array::payload(raw).map(|span| (None, Cow::Borrowed(&raw[span]))),
            Self::EventStream => event_stream::payload(raw),
        }
    }

    /// The frame with other data: names, ids, comments, headers, separators and line ends around it stay as they are; checksums
    /// are made anew.
    #[must_use]
    pub fn replace(self, raw: &[u8], data: &[u8]) -> Bytes {
        let span = match self {
            Self::Sse => return sse::replace(raw, data).into(),
            Self::EventStream => return event_stream::replace(raw, data).into(),
            Self::Ndjson => ndjson::payload(raw),
            Self::JsonArray => json_array::payload(raw),
        };
        let span = span.unwrap_or(raw.len()..raw.len());
        [&raw[..span.start], data, &raw[span.end..]].concat().into()
    }

    /// One payload laid out as a frame; `first` when no payload stands before it in the stream.
    pub(crate) fn write(self, name: Option<&str>, data: &[u8], first: bool, out: &mut Vec<u8>) {
        match self {
            Self::Sse => sse::write(name, data, out),
            Self::EventStream => event_stream::write(name, data, out),
            Self::Ndjson => {
                out.extend_from_slice(data);
                out.push(b'\n');
            }
            Self::JsonArray => {
                out.extend_from_slice(if first { b"[" } else { b",\r\n" });
                out.extend_from_slice(data);
            }
        }
    }

    /// What closes the stream itself (`]` of an array), given whether any payload was written.
    pub(crate) fn close(self, written: bool) -> &'static [u8] {
        match self {
            Self::Sse | Self::Ndjson | Self::EventStream => b"",
            Self::JsonArray if written => b"\n]",
            Self::JsonArray => b"[]",
        }
    }

    /// Whether a frame closes the stream itself, so that nothing may follow.
    pub(crate) fn closes(self, raw: &[u8]) -> bool {
        self == Self::JsonArray && json_array::payload(raw).is_none() && raw.contains(&b']')
    }

    /// A line that conforming clients ignore; only SSE has one.
    pub(crate) fn comment(self, text: &str) -> Option<Bytes> {
        (self == Self::Sse).then(|| sse::comment(text).into())
    }
}
