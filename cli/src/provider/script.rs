//! What the provider answers to which request.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use agentguard_wire::Finish;
use bytes::Bytes;

use super::Seen;

/// One answer, in no dialect: it is written in the dialect of the request that asks for it.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// What is answered.
    pub content: Content,
    /// The model that answers; `None`: the one asked for.
    pub model: Option<String>,
    /// How fast.
    pub pace: Pace,
    /// How text and arguments are cut into stream events.
    pub pieces: Pieces,
    /// How the bytes are cut into writes.
    pub writes: Writes,
    /// Content encoding of the body.
    pub encoding: Encoding,
    /// What goes wrong.
    pub fault: Option<Fault>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Content {
    /// The choices; when the request asks for more (`n`), they repeat in turn.
    Said(Vec<Said>),
    /// Recorded bytes, sent as they are.
    Raw(Raw),
}

impl Default for Content {
    fn default() -> Self {
        Self::Said(vec![Said::default()])
    }
}

/// One choice.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// The text.
    pub text: String,
    /// Reasoning before it, where the dialect has a place for it.
    pub reasoning: String,
    /// A refusal instead of text (OpenAI).
    pub refusal: String,
    /// Calls of the client's tools, after the text.
    pub calls: Vec<Call>,
    /// Why it ends; `None`: because it is done, or because of the calls.
    pub finish: Option<Finish>,
    /// Log-probabilities by piece, where the request asks for them; the rest gets plausible ones.
    pub logprobs: Vec<f32>,
}

/// A call of a client's tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Function name.
    pub name: String,
    /// Arguments, JSON text.
    pub arguments: String,
}

/// Bytes that were recorded elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Raw {
    /// HTTP status.
    pub status: u16,
    /// Response headers.
    pub headers: Vec<(String, String)>,
    /// The body, in pieces that are paced one by one.
    pub frames: Vec<Bytes>,
}

/// How fast an answer comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Until the first byte, head included.
    pub first: Duration,
    /// Between stream events that carry text, give or take 40 %.
    pub gap: Duration,
}

impl Pace {
    /// A busy hosted model: 350 ms to the first token, then about 40 tokens a second.
    pub const HUMAN: Self = Self { first: Duration::from_millis(350), gap: Duration::from_millis(24) };
}

/// How text is cut into events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pieces {
    /// As a model would.
    #[default]
    Tokens,
    /// So many characters each.
    Chars(usize),
    /// All at once.
    Whole,
}

/// How the bytes of a body are cut into writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Writes {
    /// An event each.
    #[default]
    Events,
    /// So many bytes each, through the middle of events and characters.
    Bytes(usize),
    /// So many events at once.
    Joined(usize),
}

/// Content encoding of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// None.
    #[default]
    Identity,
    /// `gzip`.
    Gzip,
    /// `deflate` (zlib, RFC 9110 section 8.4.1.2).
    Deflate,
    /// `br`.
    Brotli,
    /// `zstd`.
    Zstd,
    /// The first of zstd, br, gzip that the request accepts.
    Accepted,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error of the provider's own before any answer.
    Error(ProviderError),
    /// An error event inside a stream, after that many events.
    ErrorEvent(usize),
    /// The HTTP body ends properly after that many events, but the dialect's own end never comes.
    Truncate(usize),
    /// The connection is closed after that many events: the HTTP body is incomplete.
    Close(usize),
    /// The connection is reset (TCP RST) after that many events.
    Reset(usize),
    /// Nothing more comes after that many events, and the connection stays open.
    Stall(usize),
}

/// An error that a provider reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderError {
    /// 401.
    Unauthorized,
    /// 429 with `retry-after`, in seconds.
    RateLimited(u32),
    /// 500.
    Internal,
    /// 503, at Anthropic 529.
    Overloaded,
    /// 404: no such model.
    UnknownModel,
}

impl Reply {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::said(Said { text: text.into(), ..Said::default() })
    }

    /// One choice.
    #[must_use]
    pub fn said(said: Said) -> Self {
        Self { content: Content::Said(vec![said]), ..Self::default() }
    }

    /// A call of a tool.
    #[must_use]
    pub fn call(name: impl Into<String>, arguments: impl Into<String>) -> Self {
        let call = Call { name: name.into(), arguments: arguments.into() };
        Self::said(Said { calls: vec![call], ..Said::default() })
    }

    /// Recorded bytes.
    #[must_use]
    pub fn raw(raw: Raw) -> Self {
        Self { content: Content::Raw(raw), ..Self::default() }
    }

    /// An error.
    #[must_use]
    pub fn error(error: ProviderError) -> Self {
        Self { fault: Some(Fault::Error(error)), ..Self::default() }
    }

    /// At that pace.
    #[must_use]
    pub fn paced(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// In that encoding.
    #[must_use]
    pub fn encoded(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// With that fault.
    #[must_use]
    pub fn faulty(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Cut into such events and writes.
    #[must_use]
    pub fn cut(mut self, pieces: Pieces, writes: Writes) -> Self {
        self.pieces = pieces;
        self.writes = writes;
        self
    }
}

type Matches = Arc<dyn Fn(&Seen) -> bool + Send + Sync>;
type Answers = Arc<dyn Fn(&Seen) -> Reply + Send + Sync>;

/// Replies keyed by request; the first rule that matches answers.
#[derive(Clone, Default)]
pub struct Script {
    rules: Vec<(Matches, Answers)>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Script({} rules)", self.rules.len())
    }
}

impl Script {
    /// A script that knows nothing yet: every LLM request gets a short greeting.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same reply to everything.
    #[must_use]
    pub fn always(reply: Reply) -> Self {
        Self::new().on(|_| true, reply)
    }

    /// That reply to requests that the predicate picks.
    #[must_use]
    pub fn on(self, matches: impl Fn(&Seen) -> bool + Send + Sync + 'static, reply: Reply) -> Self {
        self.with(matches, move |_| reply.clone())
    }

    /// That reply to requests in which a string of the JSON body holds `text`.
    #[must_use]
    pub fn on_text(self, text: impl Into<String>, reply: Reply) -> Self {
        let text = text.into();
        self.on(move |seen| seen.mentions(&text), reply)
    }

    /// One reply after the other to requests that hold `text`; the last one stays. Retries are tested so.
    #[must_use]
    pub fn on_text_in_turn(self, text: impl Into<String>, replies: Vec<Reply>) -> Self {
        let (text, turn) = (text.into(), AtomicUsize::new(0));
        self.with(
            move |seen| seen.mentions(&text),
            move |_| {
                let at = turn.fetch_add(1, Ordering::Relaxed).min(replies.len().saturating_sub(1));
                replies.get(at).cloned().unwrap_or_default()
            },
        )
    }

    /// Replies made from the request.
    #[must_use]
    pub fn with(
        mut self,
        matches: impl Fn(&Seen) -> bool + Send + Sync + 'static,
        answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        self.rules.push((Arc::new(matches), Arc::new(answer)));
        self
    }

    /// What is answered to that request.
    #[must_use]
    pub fn reply(&self, seen: &Seen) -> Reply {
        self.rules
            .iter()
            .find(|(matches, _)| matches(seen))
            .map_or_else(|| Reply::text("Hello! How can I help you today?"), |(_, answer)| answer(seen))
    }
}
