//! A streamed reply: server-sent events, NDJSON, or plain text in pieces.

use agentguard_wire::{Dialect, Edits, Event, Frame, Framing, Notice, StreamDecoder, StreamEncoder};
use bytes::{Bytes, BytesMut};
use serde_json::Value;

use super::pick;

/// Cuts a reply into frames and reads them.
pub(crate) struct Decoder {
    /// Framing of events; `None`: the pieces themselves are the text.
    events: Option<(Framing, StreamDecoder)>,
    /// The text so far, to tell a snapshot that grows from a piece that is new.
    said: String,
    length: usize,
    /// The beginning of a character that is cut in two (plain text).
    torn: BytesMut,
}

impl Decoder {
    pub(crate) fn new(framing: Option<Framing>) -> Self {
        let events = framing.map(|framing| (framing, StreamDecoder::new(Dialect::OpenaiChat, framing)));
        Self { events, said: String::new(), length: 0, torn: BytesMut::new() }
    }

    pub(crate) fn feed(&mut self, bytes: &Bytes, out: &mut Vec<Frame>) {
        let from = out.len();
        match &mut self.events {
            Some((_, decoder)) => decoder.feed(bytes, out),
            None => return self.piece(bytes, false, out),
        }
        out[from..].iter_mut().for_each(|frame| self.read(frame));
    }

    pub(crate) fn finish(&mut self, out: &mut Vec<Frame>) {
        let from = out.len();
        match &mut self.events {
            Some((_, decoder)) => decoder.finish(out),
            None => return self.piece(&Bytes::new(), true, out),
        }
        out[from..].iter_mut().for_each(|frame| self.read(frame));
    }

    /// Reads a frame that is not in the shape of OpenAI's chat API, whatever that decoder made of it.
    fn read(&mut self, frame: &mut Frame) {
        let Some((framing, _)) = self.events else { return };
        let Some((_, data)) = framing.payload(&frame.raw) else { return };
        let text = match serde_json::from_slice::<Value>(&data) {
            Ok(value) if pick::is_chat(&value) => return,
            Ok(value) => pick::words(&value).map(|(_, text)| text.to_owned()),
            Err(_) if data.as_ref() == b"[DONE]" => return,
            Err(_) => match std::str::from_utf8(&data) {
                Ok(text) => Some(text.to_owned()),
                Err(_) => return, // unreadable, and marked so
            },
        };
        frame.events.clear();
        frame.events.extend(text.and_then(|text| self.say(&text)));
    }

    fn say(&mut self, text: &str) -> Option<Event> {
        let grown = (self.said.len() > 1).then(|| text.strip_prefix(self.said.as_str())).flatten();
        let new = grown.unwrap_or(text);
        self.said.push_str(new);
        self.say_piece(new)
    }

    /// A piece of plain text, in whole characters; a character that is cut in two waits for its rest.
    fn piece(&mut self, bytes: &Bytes, last: bool, out: &mut Vec<Frame>) {
        self.torn.extend_from_slice(bytes);
        while !self.torn.is_empty() {
            let (whole, broken) = match std::str::from_utf8(&self.torn) {
                Ok(_) => (self.torn.len(), 0),
                Err(error) => {
                    let torn = self.torn.len() - error.valid_up_to();
                    (error.valid_up_to(), error.error_len().unwrap_or(if last { torn } else { 0 }))
                }
            };
            if whole + broken == 0 {
                return;
            }
            let raw = self.torn.split_to(whole).freeze();
            if let Some(event) = std::str::from_utf8(&raw).ok().and_then(|text| self.say_piece(text)) {
                out.push(Frame { raw, events: [event].into_iter().collect() });
            }
            if broken > 0 {
                let raw = self.torn.split_to(broken).freeze();
                out.push(Frame { raw, events: [Event::Unreadable].into_iter().collect() });
            }
        }
    }

    fn say_piece(&mut self, text: &str) -> Option<Event> {
        let start = self.length;
        self.length += text.chars().count();
        (!text.is_empty()).then(|| Event::Text { choice: 0, start, text: text.to_owned() })
    }
}

/// Edits a streamed reply, and ends it where it has the shape of OpenAI's chat API.
pub(crate) struct Encoder {
    events: Option<(Framing, StreamEncoder)>,
    /// Whether any frame had that shape.
    chat: bool,
}

impl Encoder {
    pub(crate) fn new(framing: Option<Framing>) -> Self {
        let events = framing.map(|framing| (framing, StreamEncoder::new(Dialect::OpenaiChat, framing)));
        Self { events, chat: false }
    }

    pub(crate) fn delivered(&mut self, frame: &Frame) {
        if self.is_chat(frame)
            && let Some((_, encoder)) = &mut self.events
        {
            self.chat = true;
            encoder.delivered(frame);
        }
    }

    pub(crate) fn redact(&mut self, frame: &Frame, edits: &Edits) -> Bytes {
        let chat = self.is_chat(frame);
        self.chat |= chat;
        let text = frame.events.iter().find_map(|event| match event {
            Event::Text { start, text, .. } => Some((*start, text)),
            _ => None,
        });
        match (&mut self.events, text) {
            (Some((_, encoder)), _) if chat => encoder.redact(frame, edits),
            (_, None) => frame.raw.clone(),
            (None, Some((start, text))) => Bytes::from(edits.apply(0, start, text)),
            (Some((framing, _)), Some((start, text))) => {
                let end = start + text.chars().count();
                edited(*framing, frame, end, edits).unwrap_or_else(|| frame.raw.clone())
            }
        }
    }

    /// What ends the reply; `None`: nothing that its client is known to understand.
    pub(crate) fn cut(&mut self, notice: &Notice) -> Option<Bytes> {
        let (_, encoder) = self.events.as_mut().filter(|_| self.chat)?;
        Some(encoder.cut(notice))
    }

    fn is_chat(&self, frame: &Frame) -> bool {
        let payload = self.events.as_ref().and_then(|(framing, _)| framing.payload(&frame.raw));
        payload
            .and_then(|(_, data)| serde_json::from_slice(&data).ok())
            .is_some_and(|value| pick::is_chat(&value))
    }
}

/// A frame whose text ends at `end`, edited. A snapshot's text begins before the frame's own.
fn edited(framing: Framing, frame: &Frame, end: usize, edits: &Edits) -> Option<Bytes> {
    let (_, data) = framing.payload(&frame.raw)?;
    let edit = |text: &str| edits.apply(0, end.saturating_sub(text.chars().count()), text);
    let data = match serde_json::from_slice::<Value>(&data) {
        Ok(mut value) => {
            let path = pick::words(&value)?.0;
            let text = pick::at(&mut value, &path)?;
            *text = edit(text);
            value.to_string()
        }
        Err(_) => edit(std::str::from_utf8(&data).ok()?),
    };
    Some(framing.replace(&frame.raw, data.as_bytes()))
}
