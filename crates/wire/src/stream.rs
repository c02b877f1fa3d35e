//! Streams: bytes → frames → bytes.

use bytes::Bytes;

use crate::codec::{self, EventDecoder, EventEncoder};
use crate::framing::{Framing, Splitter};
use crate::{Dialect, Edits, Event, Frame, Notice};

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

    /// The stream is over. What is left (an event without its blank line, an unfinished line) becomes the last frame;
    /// with nothing left but calls to close, that frame has events and no bytes.
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
///
/// Every frame that goes out is shown to it once, in order, by [`StreamEncoder::delivered`] or [`StreamEncoder::redact`];
/// a frame that was withheld is not.
pub struct StreamEncoder {
    framing: Framing,
    events: Box<dyn EventEncoder>,
    /// Whether a payload went out: the next array element needs a comma.
    written: bool,
    /// Whether the stream's own end went out: nothing may follow.
    ended: bool,
}

impl StreamEncoder {
    /// An encoder for a stream of which nothing was delivered yet.
    #[must_use]
    pub fn new(dialect: Dialect, framing: Framing) -> Self {
        Self { framing, events: codec::of(dialect).encoder(), written: false, ended: false }
    }

    /// Notes that a frame goes out as it came.
    pub fn delivered(&mut self, frame: &Frame) {
        self.note(frame);
        if let Some((name, data)) = self.payload(frame) {
            self.events.delivered(name, &data, &frame.events);
            self.written = true;
        }
    }

    /// The frame with the edits made, and notes that it goes out so. An untouched frame keeps its exact bytes; in an edited
    /// one only the payload changes (SSE names, ids and comments stay). `edits` are all edits of the answer so far, those
    /// of earlier frames too: later frames may repeat the text.
    #[must_use]
    pub fn redact(&mut self, frame: &Frame, edits: &Edits) -> Bytes {
        self.note(frame);
        let Some((name, data)) = self.payload(frame) else {
            return frame.raw.clone();
        };
        let edited = self.events.redact(&data, &frame.events, edits);
        self.events.delivered(name, edited.as_deref().unwrap_or(&data), &frame.events);
        self.written = true;
        edited.map_or_else(|| frame.raw.clone(), |data| self.framing.replace(&frame.raw, &data))
    }

    /// The bytes that end the stream after what was delivered; nothing, when it has already ended.
    #[must_use]
    pub fn cut(&mut self, notice: &Notice) -> Bytes {
        let mut out = Vec::new();
        if std::mem::replace(&mut self.ended, true) {
            return out.into();
        }
        for (name, data) in self.events.cut(notice) {
            let first = !std::mem::replace(&mut self.written, true);
            self.framing.write(name, &data, first, &mut out);
        }
        out.extend_from_slice(self.framing.close(self.written));
        out.into()
    }

    /// A line that every conforming client ignores, where the framing has such a thing (SSE comments only).
    #[must_use]
    pub fn comment(framing: Framing, text: &str) -> Option<Bytes> {
        framing.comment(text)
    }

    fn note(&mut self, frame: &Frame) {
        let end = frame.events.contains(&Event::End) || self.framing.closes(&frame.raw);
        // What says more after an end begins another answer in the same stream.
        self.ended = end || (self.ended && frame.events.is_empty());
    }

    fn payload<'a>(&self, frame: &'a Frame) -> Option<(Option<&'a str>, std::borrow::Cow<'a, [u8]>)> {
        if frame.events.contains(&Event::Unreadable) {
            return None;
        }
        self.framing.payload(&frame.raw)
    }
}
