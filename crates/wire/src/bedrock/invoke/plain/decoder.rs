//! Payloads and bodies → events.

use serde_json::Value;

use super::shape::{Shape, answers};
use super::{DIALECT, no_text};
use crate::bedrock::invoke::finish;
use crate::codec::{EventDecoder, ParseError};
use crate::event::Events;
use crate::loose::{self, count_of, items, str_of, text_of};
use crate::offsets::Offsets;
use crate::response::MAX_TOOL_CALLS;
use crate::{Answer, Citation, Event, Usage};

/// Reads a body as a stream of one payload.
pub(in crate::bedrock::invoke) fn read(body: &Value) -> Result<Answer, ParseError> {
    if Shape::of(body).is_none() {
        return Err(no_text());
    }
    let (mut decoder, mut events) = (Decoder::default(), Events::new());
    decoder.payload(body, &mut events);
    Ok(Answer::from_iter(&events))
}

#[derive(Default)]
pub(in crate::bedrock::invoke) struct Decoder {
    offsets: Offsets,
    calls: u32,
    usage: Usage,
}

impl EventDecoder for Decoder {
    fn decode(&mut self, _name: Option<&str>, data: &[u8], out: &mut Events) {
        match loose::value(DIALECT, data) {
            Ok(payload) => self.payload(&payload, out),
            Err(_) => out.push(Event::Unreadable),
        }
    }

    /// Calls come whole: nothing stays open.
    fn finish(&mut self, _: &mut Events) {}
}

impl Decoder {
    fn payload(&mut self, payload: &Value, out: &mut Events) {
        let Some(shape) = Shape::of(payload) else { return };
        let answers = answers(payload);
        for (choice, answer) in &answers {
            let text = answer.get(shape.text()).and_then(Value::as_str).unwrap_or_default();
            self.offsets.text(*choice, text.to_owned(), out);
        }
        let event = str_of(payload, "event_type");
        // A stream that calls tools tells them piece by piece before, and whole in its end.
        if event != "stream-end" {
            items(payload, "tool_calls").iter().for_each(|call| self.call(call, out));
            items(payload, "citations").iter().for_each(|cited| citations(cited, payload, out));
        } else if payload.pointer("/response/text").is_some() {
            out.push(Event::Snapshot { choice: 0 });
        }
        let counts = match answers.first() {
            Some((_, first)) if shape.list().is_some() => [Some(*first), Some(payload)],
            _ => [Some(payload), None],
        };
        self.count(counts.into_iter().flatten(), out);
        let ends = answers.iter().map(|(choice, answer)| (*choice, *answer));
        for (choice, answer) in ends.chain((event == "stream-end").then_some((0, payload))) {
            let reasons =
                ["stop_reason", "finish_reason", "completionReason"].map(|name| str_of(answer, name));
            let reason = reasons.into_iter().find_map(finish);
            out.extend(reason.map(|reason| Event::Finish { choice, reason }));
        }
    }

    /// Cohere's calls: their parameters are an object, and they have no id.
    fn call(&mut self, given: &Value, out: &mut Events) {
        self.offsets.gap(0);
        let (choice, call) = (0, self.calls);
        self.calls = (self.calls + 1).min(MAX_TOOL_CALLS as u32);
        let name = str_of(given, "name").to_owned();
        out.push(Event::ToolStart { choice, call, id: String::new(), name });
        let arguments = given.get("parameters").map_or_else(|| "{}".to_owned(), text_of);
        out.push(Event::ToolArguments { choice, call, fragment: arguments });
        out.push(Event::ToolEnd { choice, call });
    }

    /// Counts are running totals; those left out keep their last value.
    fn count<'v>(&mut self, holders: impl Iterator<Item = &'v Value>, out: &mut Events) {
        let mut said = false;
        for holder in holders {
            let count = |names: [&str; 3]| names.into_iter().find_map(|name| count_of(holder, name));
            let input = count(["prompt_token_count", "inputTextTokenCount", ""]);
            let output = count(["generation_token_count", "totalOutputTextTokenCount", "tokenCount"]);
            said |= input.is_some() || output.is_some();
            self.usage.input = input.unwrap_or(self.usage.input);
            self.usage.output = output.unwrap_or(self.usage.output);
        }
        if said {
            out.push(Event::Usage(self.usage));
        }
    }
}

/// One event for every document that a citation names.
fn citations(cited: &Value, payload: &Value, out: &mut Events) {
    for id in items(cited, "document_ids").iter().filter_map(Value::as_str) {
        let document = items(payload, "documents").iter().find(|document| str_of(document, "id") == id);
        let document = document.unwrap_or(&Value::Null);
        let citation = Citation {
            source: id.to_owned(),
            title: str_of(document, "title").to_owned(),
            quote: ["snippet", "text"].map(|name| str_of(document, name)).concat(),
        };
        out.push(Event::Citation { choice: 0, citation });
    }
}
