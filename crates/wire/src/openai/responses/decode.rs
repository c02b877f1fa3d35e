//! Stream events → events. Text is taken from deltas; where a provider sends none, from the first event that has the text
//! whole. What repeats text is an [`Event::Snapshot`]; where it has more than the deltas had, that is text, too.

use std::collections::BTreeMap;

use super::parts::{Key, Kind, parts};
use super::shape::{Annotation, Item, Part, Payload, Response, either};
use crate::Event;
use crate::codec::EventDecoder;
use crate::event::Events;
use crate::loose::lenient::{List, Obj};
use crate::loose::{self, Reads};
use crate::offsets::Offsets;
use crate::openai::error_message;
use crate::openai::shape::{Token, report, tokens};
use crate::response::{Citation, Finish, MAX_TOOL_CALLS};

/// More items and parts than any response has; what lies beyond is read as if it were new each time.
const MAX_KNOWN: usize = 4096;

/// Where the items of a whole response are put, apart from those of the stream.
const NOT_STREAMED: u64 = 1 << 20;
/// How far apart the items of responses that follow each other in one stream are put.
const NEXT_RESPONSE: u64 = 1 << 24;

/// What is known of a stream so far.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    started: bool,
    /// Whether the response at hand is over; another may follow.
    over: bool,
    /// Position of the first item of the response at hand.
    base: u64,
    text: Offsets,
    /// The part that the last text belonged to.
    current: Option<Key>,
    parts: BTreeMap<Key, Seen>,
    calls: BTreeMap<u64, Call>,
}

/// What was reported of a part.
#[derive(Debug, Default)]
struct Seen {
    /// Unicode scalar values of its text.
    chars: usize,
    logprobs: bool,
    annotations: usize,
}

#[derive(Debug, Default)]
struct Call {
    number: u32,
    arguments: bool,
    ended: bool,
}

impl EventDecoder for Decoder {
    fn decode(&mut self, _: Option<&str>, data: &[u8], out: &mut Events) {
        if data.trim_ascii() == b"[DONE]" {
            out.push(Event::End);
        } else {
            loose::decode(self, data, out);
        }
    }

    fn finish(&mut self, out: &mut Events) {
        for call in self.calls.values_mut().filter(|call| !call.ended) {
            call.ended = true;
            out.push(Event::ToolEnd { choice: 0, call: call.number });
        }
    }
}

impl Reads for Decoder {
    type Payload<'a> = Payload<'a>;

    fn read(&mut self, event: Payload<'_>, out: &mut Events) {
        if event.kind.as_str() == "response.created" && std::mem::take(&mut self.over) {
            self.base += NEXT_RESPONSE;
            self.started = false;
        }
        let item = self.base + event.output_index.0.unwrap_or_default().min(NOT_STREAMED - 1);
        let key = |kind: Kind| {
            let index = if kind == Kind::Summary { event.summary_index } else { event.content_index };
            Key { item, kind, index: index.0.unwrap_or_default() }
        };
        match event.kind.as_str() {
            name if let Some((kind, piece)) = Kind::of_event(name) => {
                if piece {
                    self.piece(key(kind), event.delta.as_str(), out);
                    self.logprobs(key(kind), &event.logprobs, out);
                } else {
                    self.whole(key(kind), either(&event.text, &event.refusal), out);
                    self.whole_logprobs(key(kind), &event.logprobs, out);
                }
            }
            "response.content_part.added"
            | "response.content_part.done"
            | "response.reasoning_summary_part.added"
            | "response.reasoning_summary_part.done" => {
                let given = event.part.0.iter();
                given.for_each(|part| self.part(key(Kind::of_part(part.kind.as_str())), part, out));
            }
            "response.output_text.annotation.added" => {
                self.known(key(Kind::Text)).annotations += 1;
                out.extend(event.annotation.0.as_ref().map(citation));
            }
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                self.arguments(item, event.delta.as_str(), out);
            }
            "response.function_call_arguments.done" | "response.custom_tool_call_input.done" => {
                self.whole_arguments(item, either(&event.arguments, &event.input), out);
            }
            "response.output_item.added" => match &event.item.0 {
                // Deltas follow; the pieces of a call add up to its arguments, which are taken from them or from the end.
                Some(call) if call.is_call() => self.begin(item, call, out),
                given => given.iter().for_each(|given| self.item(item, given, out)),
            },
            "response.output_item.done" => event.item.0.iter().for_each(|given| self.item(item, given, out)),
            "response.created" | "response.in_progress" | "response.queued" => {
                event.response.0.iter().for_each(|response| self.start(response, out));
            }
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" => {
                event.response.0.iter().for_each(|response| self.response(response, out));
                out.push(Event::End);
            }
            "error" if event.error.is_null() => {
                out.push(Event::Error { message: event.message.as_str().to_owned() });
            }
            _ => out.extend(error_message(&event.error).map(|message| Event::Error { message })),
        }
    }
}

impl Decoder {
    /// A whole response: an unstreamed body, or the last event of a stream, which then adds only what is new in it.
    pub(super) fn response(&mut self, response: &Response<'_>, out: &mut Events) {
        self.start(response, out);
        self.over = true;
        self.output(response, out);
        self.finish(out);
        response.usage.0.iter().for_each(|usage| report(usage.input_tokens, usage.output_tokens, out));
        let detailed = response.status_details.0.as_ref().and_then(|details| error_message(&details.error));
        let error = error_message(&response.error).or(detailed);
        out.extend(error.map(|message| Event::Error { message }));
        out.extend(self.finished(response).map(|reason| Event::Finish { choice: 0, reason }));
    }

    /// The n-th text of the output is the n-th text of the stream, and so with calls; positions are not relied on.
    fn output(&mut self, response: &Response<'_>, out: &mut Events) {
        let mut known = Kind::ALL.map(|kind| {
            let mut known: Vec<Key> =
                self.parts.iter().filter(|(_, seen)| seen.chars > 0).map(|(key, _)| *key).collect();
            known.retain(|key| key.kind == kind && key.item >= self.base);
            known.into_iter()
        });
        let mut calls = self.calls.range(self.base..).count();
        let items = response.output.iter().flat_map(|output| &output.0).filter_map(|item| item.0.as_ref());
        for (position, item) in (self.base + NOT_STREAMED..).zip(items) {
            if item.is_call() && calls > 0 {
                calls -= 1;
            } else if item.is_call() {
                self.item(position, item, out);
            }
            for (kind, index, part) in parts(item).filter(|(_, _, part)| !part.said().is_empty()) {
                let key = known[kind as usize].next().unwrap_or(Key { item: position, kind, index });
                self.part(key, part, out);
            }
        }
    }

    fn finished(&self, response: &Response<'_>) -> Option<Finish> {
        let details = response.incomplete_details.0.as_ref().or(response.status_details.0.as_ref());
        let reason = details.map_or("", |details| details.reason.as_str());
        Some(match (response.status.as_str(), reason) {
            ("" | "queued" | "in_progress", _) => return None,
            ("completed", _) if self.calls.range(self.base..).next().is_some() => Finish::ToolCalls,
            ("completed", _) => Finish::Stop,
            ("incomplete", "max_output_tokens") => Finish::Length,
            ("incomplete", "content_filter") => Finish::ContentFilter,
            ("incomplete", reason) if !reason.is_empty() => Finish::Other(reason.to_owned()),
            (status, _) => Finish::Other(status.to_owned()),
        })
    }

    fn start(&mut self, response: &Response<'_>, out: &mut Events) {
        let (id, model) = (response.id.as_str().to_owned(), response.model.as_str().to_owned());
        if !self.started && (!id.is_empty() || !model.is_empty()) {
            self.started = true;
            out.push(Event::Start { id, model });
        }
    }

    /// A call begins. Its arguments are taken from the events that follow.
    fn begin(&mut self, position: u64, item: &Item<'_>, out: &mut Events) {
        if self.calls.contains_key(&position) {
            return;
        }
        let number = self.calls.len().min(MAX_TOOL_CALLS - 1) as u32;
        if self.calls.len() < MAX_TOOL_CALLS {
            self.calls.insert(position, Call { number, ..Call::default() });
        }
        let (id, name) = (either(&item.call_id, &item.id).to_owned(), item.name.as_str().to_owned());
        out.push(Event::ToolStart { choice: 0, call: number, id, name });
    }

    /// A whole item: new, or repeating what its deltas said.
    fn item(&mut self, position: u64, item: &Item<'_>, out: &mut Events) {
        if item.is_call() {
            self.begin(position, item, out);
            self.whole_arguments(position, item.arguments(), out);
            if let Some(call) = self.calls.get_mut(&position)
                && !std::mem::replace(&mut call.ended, true)
            {
                out.push(Event::ToolEnd { choice: 0, call: call.number });
            }
        }
        for (kind, index, part) in parts(item) {
            self.part(Key { item: position, kind, index }, part, out);
        }
    }

    /// A whole part: new, or repeating what its deltas said.
    fn part(&mut self, key: Key, part: &Part<'_>, out: &mut Events) {
        self.whole(key, part.said(), out);
        if key.kind != Kind::Text {
            return;
        }
        self.whole_logprobs(key, &part.logprobs, out);
        let known = self.known(key);
        let new = part.annotations.0.iter().skip(known.annotations);
        known.annotations = known.annotations.max(part.annotations.0.len());
        out.extend(new.filter_map(|annotation| annotation.0.as_ref()).map(citation));
    }

    fn known(&mut self, key: Key) -> &mut Seen {
        if self.parts.len() >= MAX_KNOWN && !self.parts.contains_key(&key) {
            self.parts.pop_first();
        }
        self.parts.entry(key).or_default()
    }

    /// More text of a part.
    fn piece(&mut self, key: Key, text: &str, out: &mut Events) {
        if text.is_empty() {
            return;
        }
        self.known(key).chars += text.chars().count();
        if self.current != Some(key) {
            self.text.gap(0);
            self.current = Some(key);
        }
        let text = text.to_owned();
        match key.kind {
            Kind::Text => self.text.text(0, text, out),
            Kind::Refusal => out.push(Event::Refusal { choice: 0, text }),
            Kind::Reasoning | Kind::Summary => out.push(Event::Reasoning { choice: 0, text }),
        }
    }

    /// The whole text of a part. What it has beyond its pieces is new.
    fn whole(&mut self, key: Key, text: &str, out: &mut Events) {
        let known = self.known(key).chars;
        if known > 0 && key.kind == Kind::Text && !out.contains(&Event::Snapshot { choice: 0 }) {
            out.push(Event::Snapshot { choice: 0 });
        }
        if let Some((new, _)) = text.char_indices().nth(known) {
            self.piece(key, &text[new..], out);
        }
    }

    fn logprobs(&mut self, key: Key, list: &List<Obj<Token<'_>>>, out: &mut Events) {
        if !list.0.is_empty() {
            self.known(key).logprobs = true;
            out.push(Event::Logprobs { choice: 0, tokens: tokens(list) });
        }
    }

    fn whole_logprobs(&mut self, key: Key, list: &List<Obj<Token<'_>>>, out: &mut Events) {
        if !self.known(key).logprobs {
            self.logprobs(key, list, out);
        }
    }

    fn arguments(&mut self, item: u64, fragment: &str, out: &mut Events) {
        if let Some(call) = self.calls.get_mut(&item)
            && !fragment.is_empty()
        {
            call.arguments = true;
            out.push(Event::ToolArguments { choice: 0, call: call.number, fragment: fragment.to_owned() });
        }
    }

    fn whole_arguments(&mut self, item: u64, arguments: &str, out: &mut Events) {
        if self.calls.get(&item).is_some_and(|call| !call.arguments) {
            self.arguments(item, arguments, out);
        }
    }
}

fn citation(given: &Annotation<'_>) -> Event {
    let citation = Citation {
        source: either(&given.url, &given.file_id).to_owned(),
        title: either(&given.title, &given.filename).to_owned(),
        quote: String::new(),
    };
    Event::Citation { choice: 0, citation }
}
