//! Edits in a stream's events. Deltas are edited where they stand; events that repeat a text get the text that went out.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::RESPONSES;
use super::answer::{forget, join, texts};
use super::delivered::Delivered;
use super::parts::{Key, Kind};
use crate::codec::{EventEncoder, Payload};
use crate::event::Events;
use crate::loose::{self, bytes, count_of, str_of};
use crate::offsets::{Rewrite, touched};
use crate::{Edits, Event, Notice};

#[derive(Debug, Default)]
pub(super) struct Encoder {
    delivered: Delivered,
}

impl EventEncoder for Encoder {
    fn delivered(&mut self, _: Option<&str>, data: &[u8], events: &Events) {
        self.delivered.note(data, events.iter().any(|event| matches!(event, Event::Text { .. })));
    }

    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>> {
        if !touched(events, edits) {
            return None;
        }
        let mut event = loose::object(RESPONSES, data).ok()?;
        let mut settle = Settle { delivered: &self.delivered, new: new_texts(events), edits, changed: false };
        let item = count_of(&event, "output_index").unwrap_or_default();
        let index = count_of(&event, "content_index").unwrap_or_default();
        let key = |index: u64| Key { item, kind: Kind::Text, index };
        match str_of(&event, "type") {
            "response.output_text.delta" => {
                let mut rewrite = Rewrite::payload(edits, events);
                if rewrite.text(0, event.get_mut("delta")?) {
                    event["logprobs"] = json!([]);
                    settle.changed = true;
                }
            }
            "response.output_text.done" => settle.part(key(index), &mut event),
            "response.content_part.added" | "response.content_part.done" => {
                settle.part(key(index), event.get_mut("part")?);
            }
            "response.output_item.added" | "response.output_item.done" => {
                let parts = event.get_mut("item")?.get_mut("content")?.as_array_mut()?;
                for (index, part) in (0..).zip(parts).filter(|(_, part)| str_of(part, "type") != "refusal") {
                    settle.part(key(index), part);
                }
            }
            _ => settle.all(event.get_mut("response")?),
        }
        settle.changed.then(|| bytes(&event))
    }

    fn cut(&mut self, notice: &Notice) -> Vec<Payload> {
        std::mem::take(&mut self.delivered).close(notice)
    }
}

/// Where the texts of an event begin in the answer's text, and what they are.
fn new_texts(events: &Events) -> VecDeque<(usize, &str)> {
    let texts = events.iter().filter_map(|event| match event {
        Event::Text { start, text, .. } => Some((*start, text.as_str())),
        _ => None,
    });
    texts.collect()
}

/// Puts texts that went out in place of those that repeat them, and edits what an event has beyond that.
struct Settle<'a> {
    delivered: &'a Delivered,
    /// The event's texts that are new, in order.
    new: VecDeque<(usize, &'a str)>,
    edits: &'a Edits,
    changed: bool,
}

impl Settle<'_> {
    fn part(&mut self, key: Key, part: &mut Value) {
        let sent = self.delivered.texts.get(&key).map_or("", String::as_str);
        self.text(sent, part);
    }

    /// The n-th text of a whole response is the n-th that went out.
    fn all(&mut self, response: &mut Value) {
        let mut sent = self.delivered.answer_texts();
        for part in texts(response).filter(|part| !str_of(part, "text").is_empty()) {
            self.text(sent.next().unwrap_or_default(), part);
        }
        if self.changed {
            join(response);
        }
    }

    fn text(&mut self, sent: &str, part: &mut Value) {
        let text = str_of(part, "text");
        if text == sent {
            return;
        }
        let new = self.new.pop_front_if(|(_, new)| text.ends_with(*new));
        let new = new.map(|(start, new)| self.edits.apply(0, start, new)).unwrap_or_default();
        let settled = [sent, &new].concat();
        if settled != text {
            part["text"] = settled.into();
            forget(part);
            self.changed = true;
        }
    }
}
