//! What the client was given of a stream: enough to repeat its texts in later events and to close what is open.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::parts::{Key, Kind, parts};
use super::shape::{Item, Part, either};
use crate::loose::lenient::{Count, Obj, Text};

#[derive(Debug, Default)]
pub(super) struct Delivered {
    /// The response object, as last given.
    pub(super) response: Option<Value>,
    /// The last `sequence_number`.
    pub(super) sequence: Option<u64>,
    pub(super) texts: BTreeMap<Key, String>,
    pub(super) parts: BTreeMap<Key, Steps>,
    /// By `output_index`.
    pub(super) items: BTreeMap<u64, Sent>,
}

/// Which of a part's events went out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steps {
    pub(super) added: bool,
    pub(super) said: bool,
    pub(super) done: bool,
}

/// An output item.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// As it was when it was added, or when it was done.
    pub(super) item: Value,
    pub(super) done: bool,
    /// The arguments of a call so far, or a custom tool's input.
    pub(super) arguments: String,
}

/// An event, as far as it matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Payload<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    sequence_number: Count,
    output_index: Count,
    content_index: Count,
    summary_index: Count,
    delta: Text<'a>,
    text: Text<'a>,
    refusal: Text<'a>,
    part: Obj<Part<'a>>,
    item: Value,
    response: Value,
}

impl Delivered {
    /// Notes an event. `with_text`: it carried text of the answer, even if an edit left nothing of it.
    pub(super) fn note(&mut self, data: &[u8], with_text: bool) {
        let Ok(Obj(Some(event))) = serde_json::from_slice::<Obj<Payload<'_>>>(data) else {
            return;
        };
        if event.kind.as_str() == "response.created" {
            // Also of a response that follows another one.
            *self = Self::default();
        }
        self.sequence = event.sequence_number.0.max(self.sequence);
        let item = event.output_index.0.unwrap_or_default();
        let key = |kind: Kind| {
            let index = if kind == Kind::Summary { event.summary_index } else { event.content_index };
            Key { item, kind, index: index.0.unwrap_or_default() }
        };
        match event.kind.as_str() {
            name if let Some((kind, piece)) = Kind::of_event(name) => {
                self.say(
                    key(kind),
                    if piece { event.delta.as_str() } else { either(&event.text, &event.refusal) },
                    (piece, with_text),
                );
                self.parts.entry(key(kind)).or_default().said |= !piece;
            }
            name @ ("response.content_part.added"
            | "response.content_part.done"
            | "response.reasoning_summary_part.added"
            | "response.reasoning_summary_part.done") => {
                let Some(part) = &event.part.0 else { return };
                let key = key(Kind::of_part(part.kind.as_str()));
                self.say(key, part.said(), (false, with_text));
                let steps = self.parts.entry(key).or_default();
                steps.added = true;
                steps.done |= name.ends_with(".done");
            }
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                self.items.entry(item).or_default().arguments.push_str(event.delta.as_str());
            }
            name @ ("response.output_item.added" | "response.output_item.done") => {
                if let Ok(Obj(Some(given))) = Obj::<Item<'_>>::deserialize(&event.item) {
                    for (kind, index, part) in parts(&given) {
                        self.say(Key { item, kind, index }, part.said(), (false, with_text));
                    }
                }
                let sent = self.items.entry(item).or_default();
                sent.item = event.item;
                sent.done |= name.ends_with(".done");
            }
            "response.created" | "response.in_progress" | "response.queued" => {
                self.response = Some(event.response);
            }
            _ => {}
        }
    }

    /// A piece of a text, or the whole.
    fn say(&mut self, key: Key, text: &str, (piece, with_text): (bool, bool)) {
        if text.is_empty() && !(with_text && key.kind == Kind::Text) {
            return;
        }
        let said = self.texts.entry(key).or_default();
        if !piece {
            said.clear();
        }
        said.push_str(text);
    }

    /// What the client has of the answer's texts, in order.
    pub(super) fn answer_texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().filter(|(key, _)| key.kind == Kind::Text).map(|(_, text)| text.as_str())
    }
}
