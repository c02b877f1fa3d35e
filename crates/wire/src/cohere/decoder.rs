//! Stream events and whole bodies → events.

use std::borrow::Cow;

use serde::Deserialize;
use smallvec::SmallVec;

use super::citation::{Cited, cite};
use crate::codec::EventDecoder;
use crate::event::Events;
use crate::loose::lenient::{Count, List, Number, Obj, Text, TextOrList};
use crate::loose::{self, Reads};
use crate::offsets::Offsets;
use crate::response::MAX_TOOL_CALLS;
use crate::{Event, Finish, TokenLogprob, Usage};

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Payload<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    index: Count,
    id: Text<'a>,
    delta: Obj<Delta<'a>>,
    logprobs: Obj<Logprobs<'a>>,
    /// An error instead of an event.
    message: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Delta<'a> {
    message: Obj<Fragment<'a>>,
    finish_reason: Text<'a>,
    usage: Obj<Counts>,
    error: Text<'a>,
}

/// A message in which every list holds the one thing that goes on.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Fragment<'a> {
    content: Obj<Block<'a>>,
    tool_plan: Text<'a>,
    tool_calls: Obj<Call<'a>>,
    citations: Obj<Cited<'a>>,
}

/// A whole body.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Body<'a> {
    id: Text<'a>,
    message: Obj<Message<'a>>,
    finish_reason: Text<'a>,
    usage: Obj<Counts>,
    logprobs: List<Obj<Logprobs<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Message<'a> {
    content: TextOrList<'a, Obj<Block<'a>>>,
    tool_plan: Text<'a>,
    tool_calls: List<Obj<Call<'a>>>,
    citations: List<Obj<Cited<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Block<'a> {
    text: Text<'a>,
    thinking: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Call<'a> {
    id: Text<'a>,
    function: Obj<Function<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Function<'a> {
    name: Text<'a>,
    arguments: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Counts {
    tokens: Obj<Tokens>,
    billed_units: Obj<Tokens>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tokens {
    input_tokens: Count,
    output_tokens: Count,
}

/// The tokens of one piece of text; which token is which part of it is not said.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Logprobs<'a> {
    text: Text<'a>,
    logprobs: List<Number>,
}

/// One stream's state.
#[derive(Default)]
pub(super) struct Decoder {
    offsets: Offsets,
    calls: u32,
    /// Index on the wire and number of the calls that are not complete.
    open: SmallVec<[(u64, u32); 2]>,
}

impl EventDecoder for Decoder {
    fn decode(&mut self, _name: Option<&str>, data: &[u8], out: &mut Events) {
        if data.trim_ascii() == b"[DONE]" {
            out.push(Event::End);
        } else {
            loose::decode(self, data, out);
        }
    }

    fn finish(&mut self, out: &mut Events) {
        for (_, call) in self.open.drain(..) {
            out.push(Event::ToolEnd { choice: 0, call });
        }
    }
}

impl Reads for Decoder {
    type Payload<'a> = Payload<'a>;

    fn read(&mut self, payload: Payload<'_>, out: &mut Events) {
        let index = payload.index.0.unwrap_or_default();
        let delta = payload.delta.0.unwrap_or_default();
        let message = delta.message.0.unwrap_or_default();
        match payload.kind.as_str() {
            "message-start" => out.push(Event::Start { id: payload.id.into_string(), model: String::new() }),
            "content-start" | "content-delta" => {
                if let Some(block) = message.content.0 {
                    self.block(block, out);
                }
                logprobs(payload.logprobs.0, out);
            }
            "tool-plan-delta" => self.reasoning(message.tool_plan, out),
            "tool-call-start" => {
                if let Some(call) = message.tool_calls.0 {
                    self.start(index, call, out);
                }
            }
            "tool-call-delta" => {
                if let Some(call) = message.tool_calls.0 {
                    self.go_on(index, call.function.0, out);
                }
            }
            "tool-call-end" => self.end(index, out),
            "citation-start" => {
                if let Some(cited) = message.citations.0 {
                    cite(cited, out);
                }
            }
            "message-end" => {
                usage(delta.usage.0, out);
                out.extend(delta.error.filled().map(|message| Event::Error { message }));
                ended(delta.finish_reason, out);
                out.push(Event::End);
            }
            "" => out.extend(payload.message.filled().map(|message| Event::Error { message })),
            _ => {}
        }
    }
}

/// Reads a body as a stream of everything at once.
#[derive(Default)]
pub(super) struct Whole {
    /// Whether it was a body of this dialect.
    pub(super) recognised: bool,
    decoder: Decoder,
}

impl Reads for Whole {
    type Payload<'a> = Body<'a>;

    fn read(&mut self, body: Body<'_>, out: &mut Events) {
        let Some(message) = body.message.0 else { return };
        self.recognised = true;
        let decoder = &mut self.decoder;
        out.push(Event::Start { id: body.id.into_string(), model: String::new() });
        decoder.reasoning(message.tool_plan, out);
        match message.content {
            TextOrList::None => {}
            TextOrList::Text(text) => {
                decoder.block(Block { text: Text(Some(text)), thinking: Text::default() }, out);
            }
            TextOrList::List(blocks) => {
                blocks.into_iter().filter_map(|block| block.0).for_each(|block| decoder.block(block, out));
            }
        }
        for (index, call) in (0..).zip(message.tool_calls.0) {
            if let Some(call) = call.0 {
                decoder.start(index, call, out);
                decoder.end(index, out);
            }
        }
        message.citations.0.into_iter().filter_map(|cited| cited.0).for_each(|cited| cite(cited, out));
        body.logprobs.0.into_iter().for_each(|given| logprobs(given.0, out));
        usage(body.usage.0, out);
        ended(body.finish_reason, out);
    }
}

impl Decoder {
    fn block(&mut self, block: Block<'_>, out: &mut Events) {
        self.reasoning(block.thinking, out);
        self.offsets.text(0, block.text.into_string(), out);
    }

    fn reasoning(&mut self, text: Text<'_>, out: &mut Events) {
        if let Some(text) = text.filled() {
            self.offsets.gap(0);
            out.push(Event::Reasoning { choice: 0, text });
        }
    }

    fn start(&mut self, index: u64, call: Call<'_>, out: &mut Events) {
        self.offsets.gap(0);
        let number = self.calls;
        self.calls = (self.calls + 1).min(MAX_TOOL_CALLS as u32);
        let Function { name, arguments } = call.function.0.unwrap_or_default();
        out.push(Event::ToolStart {
            choice: 0,
            call: number,
            id: call.id.into_string(),
            name: name.into_string(),
        });
        if self.open.len() < MAX_TOOL_CALLS {
            self.open.push((index, number));
        }
        self.go_on(index, Some(Function { name: Text::default(), arguments }), out);
    }

    fn go_on(&mut self, index: u64, function: Option<Function<'_>>, out: &mut Events) {
        let Some((_, call)) = self.open.iter().rev().find(|(open, _)| *open == index) else { return };
        if let Some(fragment) = function.and_then(|function| function.arguments.filled()) {
            out.push(Event::ToolArguments { choice: 0, call: *call, fragment });
        }
    }

    fn end(&mut self, index: u64, out: &mut Events) {
        if let Some(at) = self.open.iter().rposition(|(open, _)| *open == index) {
            let (_, call) = self.open.remove(at);
            out.push(Event::ToolEnd { choice: 0, call });
        }
    }
}

/// The text goes to the first token of its piece, so that the tokens add up to it.
fn logprobs(given: Option<Logprobs<'_>>, out: &mut Events) {
    let Some(Logprobs { text, logprobs }) = given else { return };
    let mut text = text.0.unwrap_or(Cow::Borrowed(""));
    let token = |logprob: f64| TokenLogprob {
        token: std::mem::take(&mut text).into_owned(),
        logprob: logprob as f32,
    };
    let tokens: Vec<_> = logprobs.0.into_iter().filter_map(|logprob| logprob.0).map(token).collect();
    if !tokens.is_empty() {
        out.push(Event::Logprobs { choice: 0, tokens });
    }
}

/// What went through the model, rather than what is billed, where both are said.
fn usage(counts: Option<Counts>, out: &mut Events) {
    let Some(tokens) = counts.and_then(|counts| counts.tokens.0.or(counts.billed_units.0)) else { return };
    let (input, output) = (tokens.input_tokens.0, tokens.output_tokens.0);
    if input.is_some() || output.is_some() {
        let usage = Usage { input: input.unwrap_or_default(), output: output.unwrap_or_default() };
        out.push(Event::Usage(usage));
    }
}

fn ended(reason: Text<'_>, out: &mut Events) {
    let Some(reason) = reason.filled() else { return };
    let reason = match reason.as_str() {
        "COMPLETE" | "STOP_SEQUENCE" => Finish::Stop,
        "MAX_TOKENS" => Finish::Length,
        "TOOL_CALL" => Finish::ToolCalls,
        "ERROR_TOXIC" => Finish::ContentFilter,
        _ => Finish::Other(reason),
    };
    out.push(Event::Finish { choice: 0, reason });
}
