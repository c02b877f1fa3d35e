//! Cuts bytes into frames as they arrive. Each byte is looked at once; a frame inside one chunk is a slice of it.

use bytes::{Bytes, BytesMut};

use super::{Framing, MAX_FRAME, event_stream, json_array, ndjson, sse};
use crate::codec::EventDecoder;
use crate::event::Events;
use crate::{Event, Frame};

#[derive(Debug)]
enum Scanner {
    Sse(sse::Scanner),
    Ndjson,
    JsonArray(json_array::Scanner),
    EventStream(event_stream::Scanner),
}

/// The state between two chunks.
pub(crate) struct Splitter {
    framing: Framing,
    scanner: Scanner,
    /// The beginning of a frame whose end has not arrived.
    held: BytesMut,
    /// Whether the current frame outgrew the bound: its pieces pass on as they come.
    oversize: bool,
    limit: usize,
}

impl Splitter {
    pub(crate) fn new(framing: Framing) -> Self {
        Self::with_limit(framing, MAX_FRAME)
    }

    pub(super) fn with_limit(framing: Framing, limit: usize) -> Self {
        let scanner = match framing {
            Framing::Sse => Scanner::Sse(sse::Scanner::default()),
            Framing::Ndjson => Scanner::Ndjson,
            Framing::JsonArray => Scanner::JsonArray(json_array::Scanner::default()),
            Framing::EventStream => Scanner::EventStream(event_stream::Scanner::default()),
        };
        Self { framing, scanner, held: BytesMut::new(), oversize: false, limit }
    }

    /// Adds a chunk; the frames that it completes are decoded and appended.
    pub(crate) fn feed(&mut self, bytes: &Bytes, decoder: &mut dyn EventDecoder, out: &mut Vec<Frame>) {
        let mut rest = bytes.clone();
        while !rest.is_empty() {
            let Some(end) = self.scan(&rest) else {
                self.hold(rest, out);
                return;
            };
            let piece = rest.split_to(end);
            let oversize = std::mem::take(&mut self.oversize);
            let raw = self.complete(piece);
            if raw.is_empty() {
                continue;
            }
            let events =
                if oversize || raw.len() > self.limit { unreadable() } else { self.decode(&raw, decoder) };
            out.push(Frame { raw, events });
        }
    }

    /// The stream is over: what is held is the last frame. Its events end with what the decoder still had open.
    pub(crate) fn finish(&mut self, decoder: &mut dyn EventDecoder, out: &mut Vec<Frame>) {
        let raw = self.held.split().freeze();
        let mut events = self.decode(&raw, decoder);
        decoder.finish(&mut events);
        if !raw.is_empty() || !events.is_empty() {
            out.push(Frame { raw, events });
        }
    }

    /// Bytes held because their frame is not complete.
    pub(crate) fn pending(&self) -> usize {
        self.held.len()
    }

    fn scan(&mut self, bytes: &[u8]) -> Option<usize> {
        match &mut self.scanner {
            Scanner::Sse(scanner) => scanner.end(bytes),
            Scanner::Ndjson => ndjson::end(bytes),
            Scanner::JsonArray(scanner) => scanner.end(bytes),
            Scanner::EventStream(scanner) => scanner.end(bytes),
        }
    }

    fn hold(&mut self, bytes: Bytes, out: &mut Vec<Frame>) {
        let hopeless = matches!(&self.scanner, Scanner::EventStream(s) if s.is_hopeless(self.limit));
        self.oversize |= hopeless || self.held.len() + bytes.len() > self.limit;
        if self.oversize {
            let raw = self.complete(bytes);
            out.push(Frame { raw, events: unreadable() });
        } else {
            self.held.extend_from_slice(&bytes);
        }
    }

    fn complete(&mut self, piece: Bytes) -> Bytes {
        if self.held.is_empty() {
            return piece;
        }
        self.held.extend_from_slice(&piece);
        self.held.split().freeze()
    }

    fn decode(&self, raw: &[u8], decoder: &mut dyn EventDecoder) -> Events {
        let mut events = Events::new();
        match self.framing.payload(raw) {
            Some((name, data)) => decoder.decode(name, &data, &mut events),
            // Every message has a payload: this one is damaged, or the stream broke off in it.
            None if self.framing == Framing::EventStream && !raw.is_empty() => return unreadable(),
            None => {}
        }
        events
    }
}

fn unreadable() -> Events {
    Events::from_iter([Event::Unreadable])
}
