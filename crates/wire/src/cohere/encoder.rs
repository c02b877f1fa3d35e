//! Editing and ending a stream, and editing bodies.

use serde::Deserialize;
use serde_json::{Value, json};
use smallvec::SmallVec;

use super::citation::{Effect, adjust, blank};
use super::{DIALECT, FILTERED};
use crate::codec::{EventEncoder, Payload};
use crate::event::Events;
use crate::loose::lenient::{Count, Obj, Text};
use crate::loose::{self, count_of};
use crate::offsets::Rewrite;
use crate::{Edits, Event, Notice};

/// More blocks than an answer has; beyond it they are neither closed one by one nor are their places known.
const MAX_BLOCKS: usize = 1024;

#[derive(Default)]
pub(super) struct Encoder {
    started: bool,
    /// The `…-end` event and the index of what the client has open.
    open: SmallVec<[(&'static str, u64); 2]>,
    /// Where content blocks begin in the text, in Unicode scalar values.
    blocks: SmallVec<[(u64, usize); 2]>,
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
        let before = self.at;
        for event in events {
            if let Event::Text { start, text, .. } = event {
                self.at = start + text.chars().count();
            }
        }
        if matches!(name, Some("content-delta" | "tool-plan-delta" | "tool-call-delta")) {
            return;
        }
        let Ok(Obj(Some(outline))) = serde_json::from_slice::<Obj<Outline<'_>>>(data) else { return };
        let index = outline.index.0.unwrap_or_default();
        match outline.kind.as_str() {
            "message-start" => self.started = true,
            "content-start" => {
                self.begin("content-end", index);
                if self.blocks.len() < MAX_BLOCKS {
                    self.blocks.push((index, before));
                }
            }
            "tool-call-start" => self.begin("tool-call-end", index),
            "citation-start" => self.begin("citation-end", index),
            end => self.open.retain(|(kind, open)| (*kind, *open) != (end, index)),
        }
    }

    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>> {
        let relevant = |event: &Event| matches!(event, Event::Text { .. } | Event::Citation { .. });
        if edits.is_empty() || !events.iter().any(relevant) {
            return None;
        }
        let mut payload = loose::value(DIALECT, data).ok()?;
        let mut rewrite = Rewrite::payload(edits, events);
        if let Some(text) = payload.pointer_mut("/delta/message/content/text")
            && rewrite.text(0, text)
            && let Value::Object(fields) = &mut payload
        {
            fields.shift_remove("logprobs");
        }
        if let Some(citation) = payload.pointer_mut("/delta/message/citations")
            && citation.is_object()
        {
            let block = count_of(citation, "content_index");
            let base = self.blocks.iter().rev().find(|(index, _)| Some(*index) == block);
            match adjust(citation, base.map_or(0, |(_, at)| *at), edits) {
                Effect::None => {}
                Effect::Moved => rewrite.touch(),
                Effect::Gone => {
                    // Its end will come as well, so that the frame has to stay.
                    blank(citation);
                    rewrite.touch();
                }
            }
        }
        rewrite.changed().then(|| loose::bytes(&payload))
    }

    fn cut(&mut self, notice: &Notice) -> Vec<Payload> {
        let mut out = Vec::new();
        let mut add = |name: &'static str, data: Value| out.push((Some(name), loose::bytes(&data)));
        if !std::mem::replace(&mut self.started, true) {
            let message = json!({"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []});
            let start = json!({"id": notice.id, "type": "message-start", "delta": {"message": message}});
            add("message-start", start);
        }
        for (end, index) in self.open.drain(..) {
            add(end, json!({"type": end, "index": index}));
        }
        // Clients expect counts here; there are none yet.
        let usage = json!({
            "billed_units": {"input_tokens": 0, "output_tokens": 0},
            "tokens": {"input_tokens": 0, "output_tokens": 0},
        });
        let delta = json!({"error": notice.message, "finish_reason": FILTERED, "usage": usage});
        add("message-end", json!({"type": "message-end", "delta": delta}));
        out
    }
}

impl Encoder {
    fn begin(&mut self, end: &'static str, index: u64) {
        if self.open.len() < MAX_BLOCKS {
            self.open.push((end, index));
        }
    }
}

/// Makes the edits in a whole body.
pub(super) fn redact_body(body: &mut Value, edits: &Edits) {
    let mut rewrite = Rewrite::body(edits);
    let mut places = Vec::new();
    match body.pointer_mut("/message/content") {
        Some(Value::Array(blocks)) => {
            for block in blocks {
                places.push(rewrite.position(0));
                if let Some(text) = block.get_mut("text") {
                    rewrite.text(0, text);
                }
            }
        }
        Some(text) => {
            rewrite.text(0, text);
        }
        None => {}
    }
    if let Some(Value::Array(citations)) = body.pointer_mut("/message/citations") {
        citations.retain_mut(|citation| {
            let block = count_of(citation, "content_index").and_then(|index| usize::try_from(index).ok());
            let base = block.and_then(|index| places.get(index)).copied().unwrap_or_default();
            adjust(citation, base, edits) != Effect::Gone
        });
    }
    if rewrite.changed()
        && let Value::Object(fields) = body
    {
        fields.shift_remove("logprobs");
    }
}
