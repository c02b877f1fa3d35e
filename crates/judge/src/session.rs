//! One response being judged: `step(input) -> output`, then `finish() -> verdict`.

use std::sync::Arc;

use agentguard_wire::{Answer, Event, TokenLogprob};

use crate::{Evidence, Settings, Span, Verdict};

/// What arrived.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<'a> {
    /// More text of a choice.
    Text {
        /// Which answer.
        choice: u32,
        /// The text; any split is fine.
        text: &'a str,
    },
    /// A hard sentence boundary: a new block or message begins.
    Break {
        /// Which answer.
        choice: u32,
    },
    /// Log-probabilities of text already given or about to be.
    Logprobs {
        /// Which answer.
        choice: u32,
        /// Tokens in order.
        tokens: &'a [TokenLogprob],
    },
    /// A complete tool call.
    ToolCall {
        /// Which answer.
        choice: u32,
        /// Its index among the choice's calls.
        call: u32,
        /// Function name.
        name: &'a str,
        /// Arguments, JSON text.
        arguments: &'a str,
    },
    /// No more text of this choice.
    End {
        /// Which answer.
        choice: u32,
    },
}

/// What a step settled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Output {
    /// Spans found by this step, of any risk; offsets are final.
    pub spans: Vec<Span>,
    /// How far the text of the input's choice is judged, in scalar values from its start: everything before may be
    /// delivered, nothing before it will be flagged any more by a later step.
    pub settled: usize,
}

/// One response being judged. Memory is bounded by the longest sentence and the spans found, not by the answer.
pub struct Session {
    evidence: Arc<Evidence>,
    settings: Settings,
}

impl Session {
    /// A session at the start of a response.
    #[must_use]
    pub fn new(evidence: Arc<Evidence>, settings: Settings) -> Self {
        Self { evidence, settings }
    }

    /// Takes what arrived.
    pub fn step(&mut self, _input: Input<'_>) -> Output {
        let _ = (&self.evidence, &self.settings);
        todo!()
    }

    /// The response is over: the last sentence is judged and everything combined.
    #[must_use]
    pub fn finish(self) -> Verdict {
        todo!()
    }

    /// Judges an answer that is already whole, by the same steps.
    #[must_use]
    pub fn judge(_evidence: Arc<Evidence>, _settings: Settings, _answer: &Answer) -> Verdict {
        todo!()
    }

    /// Feeds a stream event; tool calls are gathered until they end.
    pub fn event(&mut self, _event: &Event) -> Output {
        todo!()
    }
}
