//! Stream events → events. Unstreamed bodies go through the same blocks, so that both say the same.

use serde::Deserialize;
use serde_json::Value;
use smallvec::SmallVec;

use crate::codec::EventDecoder;
use crate::event::Events;
use crate::framing::event_stream::EXCEPTION;
use crate::loose::lenient::{Count, List, Obj, Text};
use crate::loose::{self, Reads};
use crate::offsets::Offsets;
use crate::response::MAX_TOOL_CALLS;
use crate::{Citation, Event, Finish, Usage};

/// What an event is, by its type; Bedrock's payloads do not say it themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::bedrock) enum Kind {
    MessageStart,
    BlockStart,
    BlockDelta,
    BlockStop,
    MessageStop,
    Metadata,
    Exception,
    #[default]
    Other,
}

impl Kind {
    pub(in crate::bedrock) fn of(name: Option<&str>) -> Self {
        match name.unwrap_or_default() {
            "messageStart" => Self::MessageStart,
            "contentBlockStart" => Self::BlockStart,
            "contentBlockDelta" => Self::BlockDelta,
            "contentBlockStop" => Self::BlockStop,
            "messageStop" => Self::MessageStop,
            "metadata" => Self::Metadata,
            EXCEPTION => Self::Exception,
            _ => Self::Other,
        }
    }
}

/// The payload of any event.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(in crate::bedrock) struct Payload<'a> {
    content_block_index: Count,
    start: Obj<Start<'a>>,
    delta: Obj<Delta<'a>>,
    stop_reason: Text<'a>,
    usage: Obj<Tokens>,
    message: Text<'a>,
    original_message: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Start<'a> {
    tool_use: Obj<Call<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Delta<'a> {
    text: Text<'a>,
    tool_use: Obj<Arguments<'a>>,
    reasoning_content: Obj<Thought<'a>>,
    citation: Obj<Source<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Arguments<'a> {
    input: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Said<'a> {
    text: Text<'a>,
}

/// Of a stream, or inside `reasoningText` of a body.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Thought<'a> {
    text: Text<'a>,
    reasoning_text: Obj<Said<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Call<'a> {
    tool_use_id: Text<'a>,
    name: Text<'a>,
    #[serde(rename = "type")]
    kind: Text<'a>,
    input: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Source<'a> {
    title: Text<'a>,
    source: Text<'a>,
    source_content: List<Obj<Said<'a>>>,
    location: Obj<Location<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Location<'a> {
    web: Obj<Web<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Web<'a> {
    url: Text<'a>,
}

/// A block of a body.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Block<'a> {
    text: Text<'a>,
    tool_use: Obj<Call<'a>>,
    reasoning_content: Obj<Thought<'a>>,
    citations_content: Obj<Cited<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Cited<'a> {
    content: List<Obj<Said<'a>>>,
    citations: List<Obj<Source<'a>>>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Tokens {
    input_tokens: Count,
    output_tokens: Count,
}

/// A client-side call whose block is open.
struct OpenCall {
    index: u64,
    call: u32,
    arguments: bool,
}

/// One stream's state.
#[derive(Default)]
pub(in crate::bedrock) struct Decoder {
    kind: Kind,
    offsets: Offsets,
    calls: u32,
    open: SmallVec<[OpenCall; 2]>,
}

impl EventDecoder for Decoder {
    fn decode(&mut self, name: Option<&str>, data: &[u8], out: &mut Events) {
        self.kind = Kind::of(name);
        // What begins some streams of AWS's says nothing.
        if !data.trim_ascii().is_empty() {
            loose::decode(self, data, out);
        }
    }

    fn finish(&mut self, out: &mut Events) {
        for open in self.open.drain(..) {
            out.push(Event::ToolEnd { choice: 0, call: open.call });
        }
    }
}

impl Reads for Decoder {
    type Payload<'a> = Payload<'a>;

    fn read(&mut self, payload: Payload<'_>, out: &mut Events) {
        self.event(self.kind, payload, out);
    }
}

impl Decoder {
    /// One event of a stream.
    pub(in crate::bedrock) fn event(&mut self, kind: Kind, payload: Payload<'_>, out: &mut Events) {
        let index = payload.content_block_index.0.unwrap_or_default();
        match kind {
            Kind::MessageStart => {
                self.finish(out);
                self.offsets.gap(0);
            }
            Kind::BlockStart => match payload.start.0.and_then(|start| start.tool_use.0) {
                Some(call) => self.call(index, call, out),
                None => self.offsets.gap(0),
            },
            Kind::BlockDelta => {
                if let Some(delta) = payload.delta.0 {
                    self.delta(index, delta, out);
                }
            }
            Kind::BlockStop => self.stop(index, out),
            Kind::MessageStop => ended(payload.stop_reason, out),
            Kind::Metadata => {
                counted(payload.usage.0, out);
                out.push(Event::End);
            }
            Kind::Exception => {
                let told = payload.message.filled().or_else(|| payload.original_message.filled());
                out.push(Event::Error { message: told.unwrap_or_else(|| "error".to_owned()) });
            }
            Kind::Other => {}
        }
    }

    /// A block of a body.
    pub(super) fn block(&mut self, index: u64, block: Block<'_>, out: &mut Events) {
        if let Some(cited) = block.citations_content.0 {
            for said in cited.content.0.into_iter().filter_map(|said| said.0) {
                self.offsets.text(0, said.text.into_string(), out);
            }
            out.extend(cited.citations.0.into_iter().filter_map(|source| source.0).map(citation));
        } else if block.text.0.is_some() {
            self.offsets.text(0, block.text.into_string(), out);
        } else if let Some(call) = block.tool_use.0 {
            self.call(index, call, out);
            self.stop(index, out);
        } else {
            if let Some(thought) = block.reasoning_content.0 {
                self.thought(thought, out);
            }
            self.offsets.gap(0);
        }
    }

    fn delta(&mut self, index: u64, delta: Delta<'_>, out: &mut Events) {
        if delta.text.0.is_some() {
            self.offsets.text(0, delta.text.into_string(), out);
        } else if let Some(arguments) = delta.tool_use.0 {
            if let Some(open) = self.open.iter_mut().find(|open| open.index == index)
                && let Some(fragment) = arguments.input.filled()
            {
                open.arguments = true;
                out.push(Event::ToolArguments { choice: 0, call: open.call, fragment });
            }
        } else if let Some(source) = delta.citation.0 {
            out.push(citation(source));
        } else {
            if let Some(thought) = delta.reasoning_content.0 {
                self.thought(thought, out);
            }
            self.offsets.gap(0);
        }
    }

    fn thought(&mut self, thought: Thought<'_>, out: &mut Events) {
        let inner = thought.reasoning_text.0.and_then(|said| said.text.filled());
        let text = thought.text.filled().or(inner);
        out.extend(text.map(|text| Event::Reasoning { choice: 0, text }));
    }

    fn call(&mut self, index: u64, given: Call<'_>, out: &mut Events) {
        self.offsets.gap(0);
        if given.kind.as_str() == "server_tool_use" {
            return;
        }
        let call = self.calls;
        self.calls = (self.calls + 1).min(MAX_TOOL_CALLS as u32);
        let (id, name) = (given.tool_use_id.into_string(), given.name.into_string());
        out.push(Event::ToolStart { choice: 0, call, id, name });
        let input = given.input.filter(|input| !input.is_null()).map(|input| loose::text_of(&input));
        let arguments = input.is_some();
        out.extend(input.map(|fragment| Event::ToolArguments { choice: 0, call, fragment }));
        if self.open.len() < MAX_TOOL_CALLS {
            self.open.push(OpenCall { index, call, arguments });
        }
    }

    fn stop(&mut self, index: u64, out: &mut Events) {
        let Some(at) = self.open.iter().position(|open| open.index == index) else { return };
        let OpenCall { call, arguments, .. } = self.open.remove(at);
        if !arguments {
            // A call without arguments streams none, and reads `{}` unstreamed.
            out.push(Event::ToolArguments { choice: 0, call, fragment: "{}".to_owned() });
        }
        out.push(Event::ToolEnd { choice: 0, call });
    }
}

fn citation(source: Source<'_>) -> Event {
    let url = source.location.0.and_then(|location| location.web.0).and_then(|web| web.url.filled());
    let quotes = source.source_content.0.into_iter().filter_map(|said| said.0?.text.filled());
    let citation = Citation {
        source: url.unwrap_or_else(|| source.source.into_string()),
        title: source.title.into_string(),
        quote: quotes.collect::<Vec<_>>().join("\n"),
    };
    Event::Citation { choice: 0, citation }
}

pub(super) fn counted(tokens: Option<Tokens>, out: &mut Events) {
    let Some(tokens) = tokens else { return };
    let [input, output] =
        [tokens.input_tokens, tokens.output_tokens].map(|count| count.0.unwrap_or_default());
    out.push(Event::Usage(Usage { input, output }));
}

pub(super) fn ended(reason: Text<'_>, out: &mut Events) {
    let Some(reason) = reason.filled() else { return };
    let reason = match reason.as_str() {
        "end_turn" | "stop_sequence" => Finish::Stop,
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        "tool_use" => Finish::ToolCalls,
        "content_filtered" | "guardrail_intervened" => Finish::ContentFilter,
        _ => Finish::Other(reason),
    };
    out.push(Event::Finish { choice: 0, reason });
}
