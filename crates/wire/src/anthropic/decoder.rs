//! Stream payloads → events. Unstreamed bodies go through the same blocks, so that both say the same.

use serde::Deserialize;
use serde_json::Value;
use smallvec::SmallVec;

use crate::codec::EventDecoder;
use crate::event::Events;
use crate::loose::lenient::{Count, List, Obj, Text};
use crate::loose::{self, Reads};
use crate::offsets::Offsets;
use crate::response::MAX_TOOL_CALLS;
use crate::{Citation, Event, Finish, Usage};

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Payload<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    index: Count,
    delta: Obj<Delta<'a>>,
    content_block: Obj<Block<'a>>,
    message: Obj<Message<'a>>,
    usage: Obj<Tokens>,
    error: Obj<Failure<'a>>,
}

/// A whole message: an unstreamed body, or what `message_start` announces.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Message<'a> {
    id: Text<'a>,
    model: Text<'a>,
    content: Option<List<Obj<Block<'a>>>>,
    stop_reason: Text<'a>,
    stop_details: Obj<StopDetails<'a>>,
    usage: Obj<Tokens>,
    error: Obj<Failure<'a>>,
}

impl Message<'_> {
    /// Whether this is a message of this dialect at all.
    pub(super) fn is_known(&self) -> bool {
        self.content.is_some() || self.error.0.is_some()
    }
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Block<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    text: Text<'a>,
    thinking: Text<'a>,
    id: Text<'a>,
    name: Text<'a>,
    input: Option<Value>,
    citations: List<Obj<Source<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Delta<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    text: Text<'a>,
    thinking: Text<'a>,
    partial_json: Text<'a>,
    citation: Obj<Source<'a>>,
    stop_reason: Text<'a>,
    stop_details: Obj<StopDetails<'a>>,
}

/// Any of the citation locations: in a document, a search result, the web.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Source<'a> {
    cited_text: Text<'a>,
    url: Text<'a>,
    source: Text<'a>,
    file_id: Text<'a>,
    title: Text<'a>,
    document_title: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct StopDetails<'a> {
    explanation: Text<'a>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Tokens {
    input_tokens: Count,
    output_tokens: Count,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Failure<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    message: Text<'a>,
}

/// A client-side call whose block is open.
struct OpenCall {
    index: u64,
    call: u32,
    arguments: bool,
}

/// One stream's state: text offset, open calls, token counts.
#[derive(Default)]
pub(super) struct Decoder {
    offsets: Offsets,
    calls: u32,
    open: SmallVec<[OpenCall; 2]>,
    usage: Usage,
}

impl EventDecoder for Decoder {
    fn decode(&mut self, _name: Option<&str>, data: &[u8], out: &mut Events) {
        loose::decode(self, data, out);
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
        let index = payload.index.0.unwrap_or_default();
        match payload.kind.as_str() {
            "content_block_delta" => {
                if let Some(delta) = payload.delta.0 {
                    self.delta(index, delta, out);
                }
            }
            "content_block_start" => {
                if let Some(block) = payload.content_block.0 {
                    self.start(index, block, out);
                }
            }
            "content_block_stop" => self.stop(index, out),
            "message_start" => {
                // A gateway that retries upstream splices a second message in: what was open will not go on.
                self.finish(out);
                self.offsets.gap(0);
                if let Some(message) = payload.message.0 {
                    self.message(message, out);
                }
            }
            "message_delta" => {
                self.usage(payload.usage.0, out);
                if let Some(delta) = payload.delta.0 {
                    ended(delta.stop_reason, delta.stop_details.0, out);
                }
            }
            "message_stop" => out.push(Event::End),
            "error" => failed(payload.error.0, out),
            _ => {}
        }
    }
}

impl Decoder {
    /// A whole message, with whatever blocks it already holds.
    pub(super) fn message(&mut self, message: Message<'_>, out: &mut Events) {
        if message.error.0.is_some() {
            failed(message.error.0, out);
            return;
        }
        out.push(Event::Start { id: message.id.into_string(), model: message.model.into_string() });
        for (index, block) in (0..).zip(message.content.unwrap_or_default().0) {
            if let Some(block) = block.0 {
                self.start(index, block, out);
                self.stop(index, out);
            }
        }
        self.usage(message.usage.0, out);
        ended(message.stop_reason, message.stop_details.0, out);
    }

    fn start(&mut self, index: u64, block: Block<'_>, out: &mut Events) {
        match block.kind.as_str() {
            "thinking" => {
                out.extend(block.thinking.filled().map(|text| Event::Reasoning { choice: 0, text }));
            }
            "tool_use" => self.call(index, block, out),
            // A block of a kind that is not known is text if it has some: better judged than overlooked.
            _ if block.text.0.is_some() => {
                self.offsets.text(0, block.text.into_string(), out);
                out.extend(block.citations.0.into_iter().filter_map(|source| source.0).map(cited));
                return;
            }
            _ => {}
        }
        self.offsets.gap(0);
    }

    fn call(&mut self, index: u64, block: Block<'_>, out: &mut Events) {
        let call = self.calls;
        self.calls = (self.calls + 1).min(MAX_TOOL_CALLS as u32);
        out.push(Event::ToolStart {
            choice: 0,
            call,
            id: block.id.into_string(),
            name: block.name.into_string(),
        });
        let given = match block.input {
            None | Some(Value::Null) => None,
            Some(Value::Object(input)) if input.is_empty() => None,
            Some(input) => Some(loose::text_of(&input)),
        };
        let arguments = given.is_some();
        out.extend(given.map(|fragment| Event::ToolArguments { choice: 0, call, fragment }));
        if self.open.len() < MAX_TOOL_CALLS {
            self.open.push(OpenCall { index, call, arguments });
        }
    }

    fn delta(&mut self, index: u64, delta: Delta<'_>, out: &mut Events) {
        match delta.kind.as_str() {
            "text_delta" => self.offsets.text(0, delta.text.into_string(), out),
            "thinking_delta" => {
                out.extend(delta.thinking.filled().map(|text| Event::Reasoning { choice: 0, text }));
            }
            "input_json_delta" => {
                if let Some(open) = self.open.iter_mut().find(|open| open.index == index)
                    && let Some(fragment) = delta.partial_json.filled()
                {
                    open.arguments = true;
                    out.push(Event::ToolArguments { choice: 0, call: open.call, fragment });
                }
            }
            "citations_delta" => out.extend(delta.citation.0.map(cited)),
            _ => {}
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

    /// Counts are running totals; those left out keep their last value.
    fn usage(&mut self, tokens: Option<Tokens>, out: &mut Events) {
        let Some(tokens) = tokens else { return };
        self.usage.input = tokens.input_tokens.0.unwrap_or(self.usage.input);
        self.usage.output = tokens.output_tokens.0.unwrap_or(self.usage.output);
        out.push(Event::Usage(self.usage));
    }
}

fn cited(source: Source<'_>) -> Event {
    let first = |texts: [Text<'_>; 3]| texts.into_iter().find_map(Text::filled).unwrap_or_default();
    let citation = Citation {
        source: first([source.url, source.source, source.file_id]),
        title: first([source.title, source.document_title, Text::default()]),
        quote: source.cited_text.into_string(),
    };
    Event::Citation { choice: 0, citation }
}

fn ended(reason: Text<'_>, details: Option<StopDetails<'_>>, out: &mut Events) {
    let Some(reason) = reason.filled() else { return };
    let explanation = details.and_then(|details| details.explanation.filled());
    out.extend(explanation.map(|text| Event::Refusal { choice: 0, text }));
    let reason = match reason.as_str() {
        "end_turn" | "stop_sequence" => Finish::Stop,
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        "tool_use" => Finish::ToolCalls,
        "refusal" => Finish::ContentFilter,
        _ => Finish::Other(reason),
    };
    out.push(Event::Finish { choice: 0, reason });
}

fn failed(failure: Option<Failure<'_>>, out: &mut Events) {
    let message = failure.and_then(|failure| failure.message.filled().or_else(|| failure.kind.filled()));
    out.push(Event::Error { message: message.unwrap_or_else(|| "error".to_owned()) });
}
