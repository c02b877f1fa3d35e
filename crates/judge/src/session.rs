//! One response being judged: `step(input) -> output`, then `finish() -> verdict`.

mod choice;
mod marks;
mod spans;
mod state;
mod waiting;

use std::sync::Arc;

use agentguard_encoder::Score;
use agentguard_wire::{Answer, Event, TokenLogprob};

use self::choice::{Choice, Readings};
use self::spans::Spans;
pub(crate) use self::waiting::Reading;
pub use self::waiting::{Task, TaskId};
use crate::score::Tally;
use crate::signals::Scratch;
use crate::{Evidence, Settings, Span, Verdict};

/// What arrived.
#[derive(Clone, Copy, Debug, PartialEq)]
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
    /// Spans found by this step, of any risk; offsets are final. Those of [`crate::SpanKind::LowConfidence`] are not among
    /// them: log-probabilities may come later than their text, so they are only in the verdict.
    pub spans: Vec<Span>,
    /// How far the text of the input's choice is judged, in scalar values from its start: everything before may be
    /// delivered, nothing before it will be flagged any more by a later step.
    pub settled: usize,
}

/// One response being judged. Memory is bounded by the longest sentence and the spans found, not by the answer.
pub struct Session {
    evidence: Arc<Evidence>,
    settings: Settings,
    choices: Vec<Choice>,
    spans: Spans,
    tally: Tally,
    scratch: Scratch,
    tasks: Vec<Task>,
    readings: Readings,
}

impl Session {
    /// A session at the start of a response.
    #[must_use]
    pub fn new(evidence: Arc<Evidence>, settings: Settings) -> Self {
        Self {
            evidence,
            settings,
            choices: Vec::new(),
            spans: Spans::default(),
            tally: Tally::default(),
            scratch: Scratch::default(),
            tasks: Vec::new(),
            readings: Readings::default(),
        }
    }

    /// What the encoder is to read, beyond what was taken before. Whoever takes a task owes a [`Session::read`]; what
    /// is owed at the end counts as skipped.
    #[must_use]
    pub fn tasks(&mut self) -> Vec<Task> {
        std::mem::take(&mut self.tasks)
    }

    /// Whether the encoder owes a reading, so that more may be settled without more of the answer.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.choices.iter().any(Choice::waits)
    }

    /// Takes the encoder's reading of a task, a score for each window in order; `None`: the encoder was skipped, and the rules
    /// judge alone.
    pub fn read(&mut self, id: TaskId, scores: Option<Vec<Score>>) -> Output {
        let (number, found) = self.with(id.choice, |c, ctx| c.read(ctx, id.number, scores));
        self.output(number, found)
    }

    /// No more readings will come: the rules judge alone what waits for one. One output for each choice that waited.
    pub fn skip(&mut self) -> Vec<(u32, Output)> {
        self.tasks.clear();
        let waiting = (0_u32..).zip(&self.choices).filter(|(_, c)| c.waits()).map(|(n, _)| n);
        let mut outputs = Vec::new();
        for choice in waiting.collect::<Vec<_>>() {
            let (number, found) = self.with(choice, Choice::skip);
            outputs.push((choice, self.output(number, found)));
        }
        outputs
    }

    fn output(&mut self, number: usize, found: Vec<Span>) -> Output {
        for span in &found {
            self.spans.add(span.clone());
        }
        Output { spans: found, settled: self.choices[number].settled() }
    }

    /// Takes what arrived.
    pub fn step(&mut self, input: Input<'_>) -> Output {
        let (number, found) = match input {
            Input::Text { choice, text } => self.with(choice, |c, ctx| c.text(ctx, text)),
            Input::Break { choice } | Input::End { choice } => self.with(choice, |c, ctx| c.boundary(ctx)),
            Input::Logprobs { choice, tokens } => self.with(choice, |c, _| {
                c.logprobs(tokens);
                Vec::new()
            }),
            Input::ToolCall { choice, call, name, arguments } => {
                self.with(choice, |c, ctx| c.tool_call(ctx, call, name, arguments))
            }
        };
        self.output(number, found)
    }

    /// The response is over: the last sentence is judged and everything combined. What the encoder has not read by now it
    /// does not read any more.
    #[must_use]
    pub fn finish(mut self) -> Verdict {
        self.end();
        self.skip();
        for choice in 0..self.choices.len() {
            for span in self.choices[choice].unsure(&self.settings) {
                self.spans.add(span);
            }
        }
        let parts = state::Parts { choices: &self.choices, tally: &self.tally, readings: self.readings };
        state::verdict(&self.evidence, &self.settings, &parts, self.spans.finish())
    }

    /// No more text of any choice, so that the last sentences can be read.
    pub fn end(&mut self) {
        for choice in 0..self.choices.len() {
            self.step(Input::End { choice: u32::try_from(choice).unwrap_or(u32::MAX) });
        }
    }

    /// Judges an answer that is already whole, by the same steps and the rules alone.
    #[must_use]
    pub fn judge(evidence: Arc<Evidence>, settings: Settings, answer: &Answer) -> Verdict {
        let mut session = Self::new(evidence, settings);
        session.feed(answer);
        session.finish()
    }

    /// The steps of an answer that is already whole, up to its end.
    pub fn feed(&mut self, answer: &Answer) {
        let session = self;
        for (choice, whole) in (0..).zip(&answer.choices) {
            session.step(Input::Logprobs { choice, tokens: &whole.logprobs });
            let mut rest = whole.text.as_str();
            let mut given = 0;
            for at in &whole.breaks {
                let length =
                    rest.char_indices().nth(at.saturating_sub(given)).map_or(rest.len(), |(byte, _)| byte);
                let (text, after) = rest.split_at(length);
                session.step(Input::Text { choice, text });
                session.step(Input::Break { choice });
                (rest, given) = (after, *at);
            }
            session.step(Input::Text { choice, text: rest });
            for (call, tool) in (0..).zip(&whole.tool_calls) {
                session.step(Input::ToolCall { choice, call, name: &tool.name, arguments: &tool.arguments });
            }
            session.refusal(choice, &whole.refusal);
            session.step(Input::End { choice });
        }
    }

    /// Feeds a stream event; tool calls are gathered until they end.
    pub fn event(&mut self, event: &Event) -> Output {
        match event {
            Event::Text { choice, text, .. } => self.step(Input::Text { choice: *choice, text }),
            Event::Break { choice, .. } => self.step(Input::Break { choice: *choice }),
            Event::Logprobs { choice, tokens } => self.step(Input::Logprobs { choice: *choice, tokens }),
            Event::Finish { choice, .. } => self.step(Input::End { choice: *choice }),
            Event::Refusal { choice, text } => self.refusal(*choice, text),
            Event::ToolStart { choice, call, name, .. } => self.gather(*choice, *call, name, ""),
            Event::ToolArguments { choice, call, fragment } => self.gather(*choice, *call, "", fragment),
            Event::ToolEnd { choice, call } => {
                let (number, pending) = self.choice(*choice);
                let Some((name, arguments)) = pending.take_call(*call) else {
                    return Output { spans: Vec::new(), settled: self.choices[number].settled() };
                };
                self.step(Input::ToolCall {
                    choice: *choice,
                    call: *call,
                    name: &name,
                    arguments: &arguments,
                })
            }
            Event::Start { .. }
            | Event::Reasoning { .. }
            | Event::Citation { .. }
            | Event::Snapshot { .. }
            | Event::Usage(_)
            | Event::Error { .. }
            | Event::Unreadable
            | Event::End => Output::default(),
        }
    }

    fn gather(&mut self, choice: u32, call: u32, name: &str, fragment: &str) -> Output {
        let (_, pending) = self.choice(choice);
        pending.gather_call(call, name, fragment);
        Output { spans: Vec::new(), settled: pending.settled() }
    }

    fn refusal(&mut self, choice: u32, text: &str) -> Output {
        let (_, choice) = self.choice(choice);
        choice.refused |= !text.trim().is_empty();
        Output { spans: Vec::new(), settled: choice.settled() }
    }

    /// The choice of that index, made when missing; hostile indices share the last one.
    fn choice(&mut self, index: u32) -> (usize, &mut Choice) {
        let index = (index as usize).min(MAX_CHOICES - 1);
        while self.choices.len() <= index {
            let number = u32::try_from(self.choices.len()).unwrap_or(u32::MAX);
            self.choices.push(Choice::new(number, self.evidence.expects_json()));
        }
        (index, &mut self.choices[index])
    }

    fn with(
        &mut self,
        index: u32,
        act: impl FnOnce(&mut Choice, &mut choice::Context<'_>) -> Vec<Span>,
    ) -> (usize, Vec<Span>) {
        let (number, _) = self.choice(index);
        let mut context = choice::Context {
            evidence: &self.evidence,
            settings: &self.settings,
            tally: &mut self.tally,
            scratch: &mut self.scratch,
            tasks: &mut self.tasks,
            readings: &mut self.readings,
        };
        let found = act(&mut self.choices[number], &mut context);
        (number, found)
    }
}

/// More answers than any provider gives.
const MAX_CHOICES: usize = 128;
