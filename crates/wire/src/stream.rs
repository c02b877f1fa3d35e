//! Streams: bytes → frames → bytes.

use bytes::Bytes;

use crate::codec::{self, EventDecoder, EventEncoder};
use crate::framing::{Framing, Splitter};
use crate::{Dialect, Edits, Frame, Notice};

/// Cuts a stream into frames, incrementally. Any split of the input gives the same frames.
pub struct StreamDecoder {
    splitter: Splitter,
    events: Box<dyn EventDecoder>,
}

impl StreamDecoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new(dialect: Dialect, framing: Framing) -> Self {
        Self { splitter: Splitter::new(framing), events: codec::of(dialect).decoder() }
    }

    /// Adds bytes; complete frames are appended to `out`.
    pub fn feed(&mut self, bytes: &Bytes, out: &mut Vec<Frame>) {
        self.splitter.feed(bytes, &mut *self.events, out);
    }

    /// The stream is over. What is left (an event without its blank line, an unfinished line) becomes the last frame.
    pub fn finish(&mut self, out: &mut Vec<Frame>) {
        self.splitter.finish(&mut *self.events, out);
    }

    /// Bytes held back because their frame is not complete yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.splitter.pending()
    }
}

/// Edits and ends a stream that is being delivered.
pub struct StreamEncoder {
    framing: Framing,
    events: Box<dyn EventEncoder>,
    /// Whether an array element went out, so that the next needs a comma.
    written: bool,
}

impl StreamEncoder {
    /// An encoder for a stream of which nothing was delivered yet.
    #[must_use]
    pub fn new(dialect: Dialect, framing: Framing) -> Self {
        Self { framing, events: codec::of(dialect).encoder(), written: false }
    }

    /// Notes that a frame goes out as it came.
    pub fn delivered(&mut self, frame: &Frame) {
        for (name, data) in self.framing.payloads(&frame.raw) {
            self.events.delivered(name.as_deref(), &data, &frame.events);
            self.written = true;
        }
    }

    /// The frame with the edits made, and notes that it goes out so. An untouched frame keeps its exact bytes.
    #[must_use]
    pub fn redact(&mut self, frame: &Frame, edits: &Edits) -> Bytes {
        let payloads = self.framing.payloads(&frame.raw);
        let [(name, data)] = payloads.as_slice() else {
            self.delivered(frame);
            return frame.raw.clone();
        };
        let edited = self.events.redact(data, &frame.events, edits);
        self.events.delivered(name.as_deref(), edited.as_deref().unwrap_or(data), &frame.events);
        let first = !std::mem::replace(&mut self.written, true);
        edited.map_or_else(|| frame.raw.clone(), |data| self.framing.write(name.as_deref(), &data, first))
    }

    /// The bytes that end the stream after what was delivered.
    #[must_use]
    pub fn cut(&mut self, notice: &Notice) -> Bytes {
        let mut out = Vec::new();
        for (name, data) in self.events.cut(notice) {
            let first = !std::mem::replace(&mut self.written, true);
            out.extend_from_slice(&self.framing.write(name, &data, first));
        }
        out.extend_from_slice(self.framing.close(self.written));
        out.into()
    }

    /// A line that every conforming client ignores, where the framing has such a thing (SSE comments only).
    #[must_use]
    pub fn comment(framing: Framing, text: &str) -> Option<Bytes> {
        framing.comment(text)
    }
}
