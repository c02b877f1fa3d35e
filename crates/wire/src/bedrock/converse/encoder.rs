//! Editing and ending a stream. Knows which blocks the client has open, since only what was delivered is counted.

use serde::Deserialize;
use serde_json::{Value, json};
use smallvec::SmallVec;

use super::decoder::Kind;
use super::{FILTERED, told, untrace};
use crate::codec::{EventEncoder, Payload};
use crate::event::Events;
use crate::loose::lenient::{Count, Obj};
use crate::offsets::Rewrite;
use crate::{Dialect, Edits, Event, Notice, loose};

/// More blocks than a message has open at once; beyond it they are not closed one by one.
const MAX_OPEN: usize = 1024;

#[derive(Default)]
pub(in crate::bedrock) struct Encoder {
    started: bool,
    stopped: bool,
    open: SmallVec<[u64; 2]>,
    /// The block that the text is in, where its text began and where the text stands now, in Unicode scalar values.
    current: Option<u64>,
    block: usize,
    at: usize,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Outline {
    content_block_index: Count,
}

impl EventEncoder for Encoder {
    fn delivered(&mut self, name: Option<&str>, data: &[u8], events: &Events) {
        let index = || {
            let outline = serde_json::from_slice::<Obj<Outline>>(data).ok().and_then(|outline| outline.0);
            outline.and_then(|outline| outline.content_block_index.0).unwrap_or_default()
        };
        match Kind::of(name) {
            Kind::MessageStart => {
                self.started = true;
                self.stopped = false;
                self.open.clear();
                self.current = None;
            }
            // A block of text begins with its first delta.
            Kind::BlockStart | Kind::BlockDelta => {
                self.started = true;
                let index = index();
                if !self.open.contains(&index) && self.open.len() < MAX_OPEN {
                    self.open.push(index);
                }
                self.enter(index);
            }
            Kind::BlockStop => {
                let index = index();
                self.open.retain(|open| *open != index);
            }
            Kind::MessageStop => self.stopped = true,
            Kind::Metadata | Kind::Exception | Kind::Other => {}
        }
        for event in events {
            if let Event::Text { start, text, .. } = event {
                self.at = start + text.chars().count();
            }
        }
    }

    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>> {
        // Only metadata ends a stream, and only it holds a guardrail's trace.
        let relevant =
            |event: &Event| matches!(event, Event::Text { .. } | Event::Citation { .. } | Event::End);
        if !events.iter().any(relevant) {
            return None;
        }
        let mut payload = loose::value(Dialect::BedrockConverse, data).ok()?;
        self.edit(&mut payload, events, edits).then(|| loose::bytes(&payload))
    }

    fn cut(&mut self, notice: &Notice) -> Vec<Payload> {
        self.end(notice).into_iter().map(|(name, data)| (Some(name), loose::bytes(&data))).collect()
    }
}

impl Encoder {
    /// Edits a payload. Whether that changed it.
    pub(in crate::bedrock) fn edit(&mut self, payload: &mut Value, events: &Events, edits: &Edits) -> bool {
        let mut rewrite = Rewrite::payload(edits, events);
        let index = loose::count_of(payload, "contentBlockIndex");
        if let Some(delta) = payload.get_mut("delta") {
            self.enter(index.unwrap_or_default());
            if let Some(text) = delta.get_mut("text") {
                rewrite.text(0, text);
            }
            if delta.get("citation").is_some() && self.cites_removed(edits) {
                // A frame cannot vanish, so it becomes one that adds nothing.
                *delta = json!({"text": ""});
                rewrite.touch();
            }
        }
        if rewrite.edited_before(0, self.at) && untrace(payload) {
            rewrite.touch();
        }
        rewrite.changed()
    }

    /// Names and payloads of what ends the stream.
    pub(in crate::bedrock) fn end(&mut self, notice: &Notice) -> Vec<(&'static str, Value)> {
        let mut out = Vec::new();
        if std::mem::replace(&mut self.stopped, true) {
            return out;
        }
        if !std::mem::replace(&mut self.started, true) {
            out.push(("messageStart", json!({"role": "assistant"})));
        }
        for index in self.open.drain(..) {
            out.push(("contentBlockStop", json!({"contentBlockIndex": index})));
        }
        let stop = json!({"stopReason": FILTERED, "additionalModelResponseFields": told(notice)});
        out.push(("messageStop", stop));
        out
    }

    /// Text from here on is in that block.
    fn enter(&mut self, index: u64) {
        if self.current.replace(index) != Some(index) {
            self.block = self.at;
        }
    }

    /// Whether a citation of the current block vouches for text that goes: in the block, or right behind what came of it.
    fn cites_removed(&self, edits: &Edits) -> bool {
        edits.of(0).iter().any(|edit| edit.start <= self.at && self.block < edit.end)
    }
}
