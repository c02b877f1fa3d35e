//! What a stream says, frame by frame.

use bytes::Bytes;
use smallvec::SmallVec;

use crate::response::{Citation, Finish, TokenLogprob, Usage};

/// The events of one frame; nearly always one or two.
pub type Events = SmallVec<[Event; 2]>;

/// A piece of a stream that is passed, held, edited or dropped as a whole.
///
/// Concatenating `raw` of all frames gives the stream's exact bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The exact bytes, separators included.
    pub raw: Bytes,
    /// What they say. Empty for comments, pings and everything unknown.
    pub events: Events,
}

/// One thing that a frame says. `choice` is the answer's index; `call` counts the client-side tool calls of a choice from 0.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The response's id and model (empty when not said).
    Start {
        /// Provider's id.
        id: String,
        /// Model that answers.
        model: String,
    },
    /// More text of a choice.
    Text {
        /// Which answer.
        choice: u32,
        /// Offset of `text` in the choice's whole text, in Unicode scalar values.
        start: usize,
        /// The text.
        text: String,
    },
    /// The next text of this choice begins a new block after something that is not text.
    Break {
        /// Which answer.
        choice: u32,
        /// Offset in the choice's text, in Unicode scalar values.
        at: usize,
    },
    /// More reasoning text.
    Reasoning {
        /// Which answer.
        choice: u32,
        /// The text.
        text: String,
    },
    /// More refusal text.
    Refusal {
        /// Which answer.
        choice: u32,
        /// The text.
        text: String,
    },
    /// A tool call begins (or its id or name continues).
    ToolStart {
        /// Which answer.
        choice: u32,
        /// Which call.
        call: u32,
        /// Call id, or empty.
        id: String,
        /// Function name, or empty.
        name: String,
    },
    /// More of a tool call's arguments.
    ToolArguments {
        /// Which answer.
        choice: u32,
        /// Which call.
        call: u32,
        /// JSON text.
        fragment: String,
    },
    /// A tool call is complete.
    ToolEnd {
        /// Which answer.
        choice: u32,
        /// Which call.
        call: u32,
    },
    /// Log-probabilities of the tokens of the text in this frame.
    Logprobs {
        /// Which answer.
        choice: u32,
        /// Tokens in order.
        tokens: Vec<TokenLogprob>,
    },
    /// A citation was attached.
    Citation {
        /// Which answer.
        choice: u32,
        /// The citation.
        citation: Citation,
    },
    /// This frame repeats text that earlier frames carried (OpenAI Responses `…done`, `response.completed`):
    /// it adds nothing, but an edit of the text must be made here too.
    Snapshot {
        /// Which answer.
        choice: u32,
    },
    /// Token counts so far; the last one stands.
    Usage(Usage),
    /// A choice ended.
    Finish {
        /// Which answer.
        choice: u32,
        /// Why.
        reason: Finish,
    },
    /// The provider reported an error inside the stream.
    Error {
        /// Its message.
        message: String,
    },
    /// The payload could not be read: not JSON, or over [`crate::framing::MAX_FRAME`]. What it says was not checked.
    /// Payloads that are read and not known give no event at all.
    Unreadable,
    /// The dialect's own end of stream (`[DONE]`, `message_stop`, `done: true`, …).
    End,
}
