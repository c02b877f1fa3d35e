//! Editing and ending a stream. Knows which blocks the client has open, since only what was delivered is counted.

use serde::Deserialize;
use serde_json::{Value, json};
use smallvec::SmallVec;

use super::{DIALECT, stop_details};
use crate::codec::{EventEncoder, Payload};
use crate::event::Events;
use crate::loose::lenient::{Count, Obj, Text};
use crate::offsets::Rewrite;
use crate::{Edits, Event, Notice, loose};

/// More blocks than a message has open at once; beyond it they are not closed one by one.
const MAX_OPEN: usize = 1024;

#[derive(Default)]
pub(super) struct Encoder {
    started: bool,
    open: SmallVec<[u64; 2]>,
    output_tokens: u64,
    /// Where the current block's text began and where the text stands now, in Unicode scalar values.
    block: usize,
    at: usize,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Outline<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    index: Count,
}

impl EventEncoder for Encoder {
    fn delivered(&mut self, name: Option<&str>, data: &[u8], events: &Events) {
        for event in events {
            match event {
                Event::Text { start, text, .. } => self.at = start + text.chars().count(),
                Event::Usage(usage) => self.output_tokens = usage.output,
                _ => {}
            }
        }
        if matches!(name, Some("content_block_delta" | "ping")) {
            return;
        }
        let Ok(Obj(Some(outline))) = serde_json::from_slice::<Obj<Outline<'_>>>(data) else { return };
        let index = outline.index.0.unwrap_or_default();
        match outline.kind.as_str() {
            "message_start" => {
                self.started = true;
                self.open.clear();
            }
            "content_block_start" => {
                self.block = events.iter().find_map(text_start).unwrap_or(self.at);
                if self.open.len() < MAX_OPEN {
                    self.open.push(index);
                }
            }
            "content_block_stop" => self.open.retain(|open| *open != index),
            _ => {}
        }
    }

    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>> {
        let touches_text =
            events.iter().any(|event| matches!(event, Event::Text { .. } | Event::Citation { .. }));
        if !touches_text {
            return None;
        }
        let mut payload = loose::value(DIALECT, data).ok()?;
        let mut rewrite = Rewrite::payload(edits, events);
        if let Some(delta) = payload.get_mut("delta") {
            if let Some(text) = delta.get_mut("text") {
                rewrite.text(0, text);
            }
            if delta.get("citation").is_some() && self.cites_removed(edits) {
                // A frame cannot vanish, so it becomes one that adds nothing.
                *delta = json!({"type": "text_delta", "text": ""});
                rewrite.touch();
            }
        }
        if let Some(block) = payload.get_mut("content_block") {
            let changed = block.get_mut("text").is_some_and(|text| rewrite.text(0, text));
            if let Some(citations) = block.get_mut("citations")
                && changed
            {
                *citations = Value::Array(Vec::new());
            }
        }
        rewrite.changed().then(|| loose::bytes(&payload))
    }

    fn cut(&mut self, notice: &Notice) -> Vec<Payload> {
        let mut out = Vec::new();
        let mut add = |name: &'static str, data: Value| out.push((Some(name), loose::bytes(&data)));
        if !std::mem::replace(&mut self.started, true) {
            let message = json!({
                "id": format!("msg_{}", notice.id), "type": "message", "role": "assistant", "model": "", "content": [],
                "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 0, "output_tokens": 0},
            });
            add("message_start", json!({"type": "message_start", "message": message}));
        }
        for index in self.open.drain(..) {
            add("content_block_stop", json!({"type": "content_block_stop", "index": index}));
        }
        add(
            "message_delta",
            json!({
                "type": "message_delta",
                "delta": {"stop_reason": "refusal", "stop_sequence": null, "stop_details": stop_details(notice)},
                "usage": {"output_tokens": self.output_tokens},
            }),
        );
        add("message_stop", json!({"type": "message_stop"}));
        out
    }
}

impl Encoder {
    /// Whether a citation of the current block vouches for text that goes: before it in the block, or right behind it
    /// (citations come before the text they belong to).
    fn cites_removed(&self, edits: &Edits) -> bool {
        edits.of(0).iter().any(|edit| edit.start <= self.at && self.block < edit.end)
    }
}

fn text_start(event: &Event) -> Option<usize> {
    match event {
        Event::Text { start, .. } => Some(*start),
        _ => None,
    }
}
