//! The format that an exchange speaks: every call into the readers and writers of formats, with panics caught.

use agentguard_judge::NotChecked;
use agentguard_wire::encoding::{Decoder, EncodingError};
use agentguard_wire::{
    Answer, Dialect, Edits, Endpoint, Frame, Framing, Notice, Refusal, Request, StreamDecoder, StreamEncoder,
};
use bytes::Bytes;

use super::generic;
use super::off_worker::{self, Panicked};

/// What is spoken.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// A known LLM endpoint.
    Llm(Endpoint),
    /// An agent's own.
    Generic,
}

/// How an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// In one piece.
    Whole,
    /// As a stream.
    Stream(Layout),
    /// In no form that is read here.
    Opaque,
}

/// How a stream is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Events of a known format.
    Known(Dialect, Framing),
    /// Events of an agent's own.
    Loose(Framing),
    /// Plain text in pieces.
    Text,
}

impl Format {
    /// Its name in events; empty where it has none.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Llm(endpoint) => endpoint.dialect.as_str(),
            Self::Generic => "",
        }
    }

    /// The model that the path names.
    pub(crate) fn model(&self) -> &str {
        match self {
            Self::Llm(endpoint) => endpoint.model.as_deref().unwrap_or_default(),
            Self::Generic => "",
        }
    }

    /// Reads a request that has been decoded.
    pub(crate) async fn request(&self, content_type: &str, body: Bytes) -> Result<Request, NotChecked> {
        let (format, content_type) = (self.clone(), content_type.to_owned());
        let parsed = off_worker::run(body.len(), move || match format {
            Self::Llm(endpoint) => agentguard_wire::parse_request(&endpoint, &body).ok(),
            Self::Generic => Some(generic::request::read(&content_type, &body)),
        });
        known(parsed.await)
    }

    /// Reads an unstreamed answer that has been decoded.
    pub(crate) async fn answer(&self, body: Bytes) -> Result<Answer, NotChecked> {
        let format = self.clone();
        let parsed = off_worker::run(body.len(), move || match format {
            Self::Llm(endpoint) => agentguard_wire::parse_answer(endpoint.dialect, &body).ok(),
            Self::Generic => generic::reply::read(&body),
        });
        known(parsed.await)
    }

    /// Edits an unstreamed answer that has been decoded.
    pub(crate) async fn redact(&self, body: Bytes, edits: Edits) -> Result<Bytes, NotChecked> {
        let format = self.clone();
        let edited = off_worker::run(body.len(), move || match format {
            Self::Llm(endpoint) => agentguard_wire::redact_answer(endpoint.dialect, &body, &edits).ok(),
            Self::Generic => generic::reply::redact(&body, &edits).ok(),
        });
        known(edited.await).map(Bytes::from)
    }

    /// The answer that refuses; `None`: any will do.
    pub(crate) fn refuse(&self, notice: &Notice) -> Option<Refusal> {
        match self {
            Self::Llm(endpoint) => {
                off_worker::caught(|| agentguard_wire::refuse(endpoint.dialect, notice)).ok()
            }
            Self::Generic => None,
        }
    }

    /// How an answer of that type comes. `asked`: the request wanted a stream. `sized`: the head declares a length.
    pub(crate) fn shape(&self, content_type: &str, asked: bool, sized: bool) -> Shape {
        match self {
            Self::Llm(endpoint) => {
                let framing = Framing::of(endpoint.dialect, content_type, endpoint.stream.unwrap_or(asked));
                framing
                    .map_or(Shape::Whole, |framing| Shape::Stream(Layout::Known(endpoint.dialect, framing)))
            }
            Self::Generic => match kind(content_type).as_str() {
                "text/event-stream" => Shape::Stream(Layout::Loose(Framing::Sse)),
                "application/x-ndjson"
                | "application/ndjson"
                | "application/jsonl"
                | "application/stream+json" => Shape::Stream(Layout::Loose(Framing::Ndjson)),
                "text/plain" | "text/markdown" if !sized => Shape::Stream(Layout::Text),
                "text/plain" | "text/markdown" | "application/json" => Shape::Whole,
                _ => Shape::Opaque,
            },
        }
    }

    /// A reader of streams.
    pub(crate) fn decoder(&self, layout: Layout) -> Frames {
        match (self, layout) {
            (Self::Llm(endpoint), Layout::Known(_, framing)) => {
                Frames::Known(StreamDecoder::new(endpoint.dialect, framing))
            }
            _ => Frames::Loose(generic::events::Decoder::new(layout.framing())),
        }
    }

    /// What edits and ends streams.
    pub(crate) fn encoder(&self, layout: Layout) -> Editor {
        match (self, layout) {
            (Self::Llm(endpoint), Layout::Known(_, framing)) => {
                Editor::Known(StreamEncoder::new(endpoint.dialect, framing))
            }
            _ => Editor::Loose(generic::events::Encoder::new(layout.framing())),
        }
    }
}

impl Layout {
    fn framing(self) -> Option<Framing> {
        match self {
            Self::Known(_, framing) | Self::Loose(framing) => Some(framing),
            Self::Text => None,
        }
    }

    /// Whether a comment can be put between its frames.
    pub(crate) fn has_comments(self) -> bool {
        let skipped = !matches!(self, Self::Known(dialect, _) if !dialect.skips_comments());
        skipped && self.framing() == Some(Framing::Sse)
    }

    /// The comment that says so, where there are comments.
    pub(crate) fn comment(self, text: &str) -> Option<Bytes> {
        StreamEncoder::comment(self.framing().filter(|_| self.has_comments())?, text)
    }
}

/// Cuts a stream into frames.
pub(crate) enum Frames {
    Known(StreamDecoder),
    Loose(generic::events::Decoder),
}

impl Frames {
    /// Adds bytes, and with `last` the end; complete frames are appended to `out`.
    pub(crate) fn feed(&mut self, bytes: &Bytes, last: bool, out: &mut Vec<Frame>) -> Result<(), Panicked> {
        off_worker::caught(|| match self {
            Self::Known(decoder) => {
                decoder.feed(bytes, out);
                if last {
                    decoder.finish(out);
                }
            }
            Self::Loose(decoder) => {
                decoder.feed(bytes, out);
                if last {
                    decoder.finish(out);
                }
            }
        })
    }
}

/// Edits and ends a stream.
pub(crate) enum Editor {
    Known(StreamEncoder),
    Loose(generic::events::Encoder),
}

impl Editor {
    /// The frame as it leaves, and notes that it does.
    pub(crate) fn pass(&mut self, frame: &Frame, edits: &Edits) -> Result<Bytes, Panicked> {
        off_worker::caught(|| {
            if !edits.is_empty() {
                return match self {
                    Self::Known(encoder) => encoder.redact(frame, edits),
                    Self::Loose(encoder) => encoder.redact(frame, edits),
                };
            }
            match self {
                Self::Known(encoder) => encoder.delivered(frame),
                Self::Loose(encoder) => encoder.delivered(frame),
            }
            frame.raw.clone()
        })
    }

    /// What ends the stream after what left; `None`: nothing that its client is known to understand.
    pub(crate) fn cut(&mut self, notice: &Notice) -> Option<Bytes> {
        off_worker::caught(|| match self {
            Self::Known(encoder) => Some(encoder.cut(notice)),
            Self::Loose(encoder) => encoder.cut(notice),
        })
        .ok()
        .flatten()
    }
}

fn known<T>(parsed: Result<Option<T>, Panicked>) -> Result<T, NotChecked> {
    parsed.map_err(|Panicked| NotChecked::JudgeError)?.ok_or(NotChecked::UnknownDialect)
}

/// A content type without its parameters, in lower case.
fn kind(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Why a body could not be decoded, as a verdict says it.
pub(crate) fn undecodable(error: &EncodingError) -> NotChecked {
    match error {
        EncodingError::TooLarge(_) => NotChecked::TooLarge,
        _ => NotChecked::Encoding,
    }
}

/// Decodes a whole body.
pub(crate) async fn decode(encoding: Option<&str>, body: Bytes, limit: usize) -> Result<Bytes, NotChecked> {
    let Some(encoding) = encoding.map(str::to_owned) else { return Ok(body) };
    let decoded = off_worker::run(body.len(), move || {
        let mut decoder = Decoder::new(&encoding, limit)?;
        let mut decoded = Vec::from(decoder.feed(&body)?);
        decoded.extend_from_slice(&decoder.finish()?);
        Ok::<_, EncodingError>(Bytes::from(decoded))
    });
    decoded.await.map_err(|Panicked| NotChecked::JudgeError)?.map_err(|e| undecodable(&e))
}
