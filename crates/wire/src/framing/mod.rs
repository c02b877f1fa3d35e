//! How events are laid out in a byte stream: server-sent events, NDJSON, or one JSON array.

use std::borrow::Cow;

use bytes::Bytes;

use crate::codec::EventDecoder;
use crate::{Dialect, Frame};

/// The layout of a stream. Bedrock's binary event stream will be one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `text/event-stream` (WHATWG HTML, section 9.2).
    Sse,
    /// One JSON value a line.
    Ndjson,
    /// One JSON array whose elements arrive one by one (Gemini without `alt=sse`).
    JsonArray,
}

impl Framing {
    /// The framing of a response by its `content-type`, or `None` when it is one unstreamed body. Gemini streams JSON arrays as
    /// `application/json`: `streamed` says that the endpoint or request asked for a stream.
    #[must_use]
    pub fn of(_dialect: Dialect, _content_type: &str, _streamed: bool) -> Option<Self> {
        todo!()
    }

    /// The payloads inside a frame's exact bytes: SSE name, if any, and data.
    pub(crate) fn payloads(self, _raw: &[u8]) -> Vec<(Option<String>, Cow<'_, [u8]>)> {
        todo!()
    }

    /// One payload laid out as a frame; `first` when nothing stands before it in the stream.
    pub(crate) fn write(self, _name: Option<&str>, _data: &[u8], _first: bool) -> Bytes {
        todo!()
    }

    /// What closes the stream itself (`]` of an array), given whether anything was written.
    pub(crate) fn close(self, _written: bool) -> &'static [u8] {
        todo!()
    }

    pub(crate) fn comment(self, _text: &str) -> Option<Bytes> {
        todo!()
    }
}

pub(crate) struct Splitter;

impl Splitter {
    pub(crate) fn new(_: Framing) -> Self {
        todo!()
    }
    pub(crate) fn feed(&mut self, _: &Bytes, _: &mut dyn EventDecoder, _: &mut Vec<Frame>) {
        todo!()
    }
    pub(crate) fn finish(&mut self, _: &mut dyn EventDecoder, _: &mut Vec<Frame>) {
        todo!()
    }
    pub(crate) fn pending(&self) -> usize {
        todo!()
    }
}
