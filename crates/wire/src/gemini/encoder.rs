//! Editing and ending a stream.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use smallvec::SmallVec;

use super::{DIALECT, blocked};
use crate::codec::{EventEncoder, Payload};
use crate::event::Events;
use crate::loose;
use crate::offsets::Rewrite;
use crate::response::MAX_CHOICES;
use crate::{Edits, Event, Notice};

#[derive(Default)]
pub(super) struct Encoder {
    id: String,
    model: String,
    /// Candidates seen, with the length of their text in Unicode scalar values.
    candidates: SmallVec<[(u32, usize); 1]>,
    /// The last counts as they came: clients keep those of the last element.
    usage: Option<Box<RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Outline<'a> {
    #[serde(rename = "usageMetadata")]
    usage: Option<&'a RawValue>,
}

impl EventEncoder for Encoder {
    fn delivered(&mut self, _name: Option<&str>, data: &[u8], events: &Events) {
        for event in events {
            match event {
                Event::Start { id, model } => (self.id, self.model) = (id.clone(), model.clone()),
                Event::Text { choice, start, text } => *self.end_of(*choice) = start + text.chars().count(),
                Event::Reasoning { choice, .. }
                | Event::ToolStart { choice, .. }
                | Event::Finish { choice, .. } => {
                    self.end_of(*choice);
                }
                Event::Usage(_) => {
                    let outline = serde_json::from_slice::<Outline<'_>>(data).ok();
                    self.usage = outline
                        .and_then(|outline| outline.usage)
                        .map(RawValue::to_owned)
                        .or(self.usage.take());
                }
                _ => {}
            }
        }
    }

    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>> {
        if edits.is_empty() {
            return None;
        }
        let mut element = loose::value(DIALECT, data).ok()?;
        let mut rewrite = Rewrite::payload(edits, events);
        let known = &self.candidates;
        redact(&mut element, &mut rewrite, |choice| {
            known.iter().find(|(c, _)| *c == choice).map_or(0, |(_, end)| *end)
        });
        rewrite.changed().then(|| loose::bytes(&element))
    }

    fn cut(&mut self, notice: &Notice) -> Vec<Payload> {
        if self.candidates.is_empty() {
            self.candidates.push((0, 0));
        }
        // An empty text part, as in Google's own last elements: clients take the first part's text without asking.
        let candidates: Vec<Value> =
            self.candidates.iter().map(|(choice, _)| blocked(&(*choice).into(), "", notice)).collect();
        let mut element = json!({"candidates": candidates});
        let usage = self.usage.take().and_then(|usage| serde_json::from_str(usage.get()).ok());
        let mut field = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                element[name] = value;
            }
        };
        field("usageMetadata", usage);
        field("modelVersion", (!self.model.is_empty()).then(|| self.model.as_str().into()));
        field("responseId", (!self.id.is_empty()).then(|| self.id.as_str().into()));
        vec![(None, loose::bytes(&element))]
    }
}

impl Encoder {
    fn end_of(&mut self, choice: u32) -> &mut usize {
        let at = self.candidates.iter().position(|(c, _)| *c == choice).unwrap_or_else(|| {
            self.candidates.push((choice, 0));
            self.candidates.len() - 1
        });
        &mut self.candidates[at].1
    }
}

/// Edits one element or body. `end` says how far a candidate's text had come before it.
pub(super) fn redact(element: &mut Value, rewrite: &mut Rewrite<'_>, end: impl Fn(u32) -> usize) {
    let Some(candidates) = element.get_mut("candidates").and_then(Value::as_array_mut) else { return };
    for (position, candidate) in (0..MAX_CHOICES as u64).zip(candidates) {
        let index = loose::count_of(candidate, "index").unwrap_or(position);
        let choice = index.min(MAX_CHOICES as u64 - 1) as u32;
        let parts = candidate.pointer_mut("/content/parts").and_then(Value::as_array_mut);
        for part in parts.into_iter().flatten() {
            let thought = part.get("thought").and_then(Value::as_bool).unwrap_or(false);
            if let Some(text) = part.get_mut("text")
                && !thought
            {
                rewrite.text(choice, text);
            }
        }
        let end = end(choice).max(rewrite.position(choice));
        if rewrite.edited_before(choice, end) {
            strip(candidate, rewrite);
        }
    }
}

/// Takes out what quotes the text, counts in it or gives its tokens: it no longer holds once the text is edited, and
/// would tell what was removed.
fn strip(candidate: &mut Value, rewrite: &mut Rewrite<'_>) {
    let Value::Object(fields) = candidate else { return };
    for name in ["logprobsResult", "avgLogprobs", "citationMetadata"] {
        if fields.shift_remove(name).is_some() {
            rewrite.touch();
        }
    }
    if let Some(Value::Object(grounding)) = fields.get_mut("groundingMetadata")
        && grounding.shift_remove("groundingSupports").is_some()
    {
        rewrite.touch();
    }
}
