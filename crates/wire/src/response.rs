//! An answer, streamed or not, read into one provider-neutral shape.

use serde::{Deserialize, Serialize};

use crate::Event;

/// A whole answer: what an unstreamed response says, or what a stream adds up to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The provider's id of the response, or empty.
    pub id: String,
    /// The model that answered, or empty.
    pub model: String,
    /// The answers, by index.
    pub choices: Vec<Choice>,
    /// Token counts, when reported.
    pub usage: Option<Usage>,
    /// An error reported inside a 200 response or stream.
    pub error: Option<String>,
}

/// One of the answers asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// All text shown to the user, concatenated in order. Span offsets count its Unicode scalar values.
    pub text: String,
    /// Offsets in `text` (Unicode scalar values) where a new output item or block begins after something that is not
    /// text (a tool call, another message): a sentence never runs across one.
    pub breaks: Vec<usize>,
    /// Tool calls for the client to run, in order of their first appearance.
    pub tool_calls: Vec<ToolCall>,
    /// Refusal text, where the format keeps it apart.
    pub refusal: String,
    /// Reasoning ("thinking") text. Not judged.
    pub reasoning: String,
    /// Token log-probabilities of `text`, in order, when returned.
    pub logprobs: Vec<TokenLogprob>,
    /// Citations that the provider attached.
    pub citations: Vec<Citation>,
    /// Why it ended; `None` while it has not.
    pub finish: Option<Finish>,
}

/// A call of a client-side tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The call's id, or empty.
    pub id: String,
    /// Function name.
    pub name: String,
    /// Arguments as the JSON text the model wrote (object formats are serialised compactly).
    pub arguments: String,
}

/// Log-probability of one output token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprob {
    /// The token's text.
    pub token: String,
    /// Natural logarithm of its probability, ≤ 0.
    pub logprob: f32,
}

/// A source that the provider attached to the answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Citation {
    /// URL or document id, or empty.
    pub source: String,
    /// Title, or empty.
    pub title: String,
    /// The passage quoted from the source, or empty.
    pub quote: String,
}

/// Why an answer ended, in common terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model was done.
    Stop,
    /// The token limit.
    Length,
    /// It wants tools to be run.
    ToolCalls,
    /// The provider's filter or a refusal.
    ContentFilter,
    /// The provider's own word for anything else.
    Other(String),
}

/// Token counts, as reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens in.
    pub input: u64,
    /// Tokens out.
    pub output: u64,
}

impl Answer {
    /// Adds one stream event. Feeding every event of a stream gives the unstreamed answer.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Start { id, model } => {
                if !id.is_empty() {
                    self.id.clone_from(id);
                }
                if !model.is_empty() {
                    self.model.clone_from(model);
                }
            }
            Event::Text { choice, text, .. } => self.choice(*choice).text.push_str(text),
            Event::Break { choice, at } => {
                let choice = self.choice(*choice);
                if *at > 0 && choice.breaks.last() != Some(at) {
                    choice.breaks.push(*at);
                }
            }
            Event::Reasoning { choice, text } => self.choice(*choice).reasoning.push_str(text),
            Event::Refusal { choice, text } => self.choice(*choice).refusal.push_str(text),
            Event::ToolStart { choice, call, id, name } => {
                let call = self.call(*choice, *call);
                call.id.push_str(id);
                call.name.push_str(name);
            }
            Event::ToolArguments { choice, call, fragment } => {
                self.call(*choice, *call).arguments.push_str(fragment);
            }
            Event::Logprobs { choice, tokens } => {
                self.choice(*choice).logprobs.extend(tokens.iter().cloned());
            }
            Event::Citation { choice, citation } => self.choice(*choice).citations.push(citation.clone()),
            Event::Finish { choice, reason } => self.choice(*choice).finish = Some(reason.clone()),
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::Error { message } => self.error = Some(message.clone()),
            Event::ToolEnd { .. } | Event::Snapshot { .. } | Event::Unreadable | Event::End => {}
        }
    }

    /// The choice of that index, made when missing. Indices are bounded: a hostile one lands on the last slot.
    pub fn choice(&mut self, index: u32) -> &mut Choice {
        let index = (index as usize).min(MAX_CHOICES - 1);
        if self.choices.len() <= index {
            self.choices.resize_with(index + 1, Choice::default);
        }
        &mut self.choices[index]
    }

    fn call(&mut self, choice: u32, call: u32) -> &mut ToolCall {
        let calls = &mut self.choice(choice).tool_calls;
        let call = (call as usize).min(MAX_TOOL_CALLS - 1);
        if calls.len() <= call {
            calls.resize_with(call + 1, ToolCall::default);
        }
        &mut calls[call]
    }
}

impl<'a> FromIterator<&'a Event> for Answer {
    fn from_iter<I: IntoIterator<Item = &'a Event>>(events: I) -> Self {
        let mut answer = Self::default();
        events.into_iter().for_each(|event| answer.apply(event));
        answer
    }
}

/// More choices than any provider offers.
pub const MAX_CHOICES: usize = 128;
/// More parallel tool calls than any provider makes.
pub const MAX_TOOL_CALLS: usize = 1024;
