//! Edits in chunks and in answers, and the chunks that end a stream early.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::CHAT;
use crate::codec::{EventEncoder, ParseError, Payload};
use crate::event::Events;
use crate::loose::lenient::{Count, List, Obj, Text};
use crate::loose::{self, count_of};
use crate::offsets::{Rewrite, overlaps};
use crate::response::MAX_CHOICES;
use crate::{Edits, Event, Notice};

/// What the client was given of a stream.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    id: String,
    model: String,
    created: u64,
    /// Every choice that began, with whether it ended.
    choices: BTreeMap<u64, bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Head<'a> {
    id: Text<'a>,
    model: Text<'a>,
    created: Count,
    choices: List<Obj<Begun<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Begun<'a> {
    index: Count,
    finish_reason: Text<'a>,
}

impl EventEncoder for Encoder {
    fn delivered(&mut self, _: Option<&str>, data: &[u8], _: &Events) {
        let Ok(Obj(Some(head))) = serde_json::from_slice::<Obj<Head<'_>>>(data) else {
            return;
        };
        if self.id.is_empty() {
            self.id = head.id.into_string();
        }
        if self.model.is_empty() {
            self.model = head.model.into_string();
        }
        if self.created == 0 {
            self.created = head.created.0.unwrap_or_default();
        }
        for choice in head.choices.0.into_iter().filter_map(|choice| choice.0) {
            let index = choice.index.0.unwrap_or_default();
            let ended = !choice.finish_reason.as_str().is_empty();
            if self.choices.len() < MAX_CHOICES || self.choices.contains_key(&index) {
                *self.choices.entry(index).or_default() |= ended;
            }
        }
    }

    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>> {
        let touched = |event: &Event| match event {
            Event::Text { choice, start, text } => {
                overlaps(edits, *choice, *start, start + text.chars().count())
            }
            Event::Snapshot { choice } => !edits.of(*choice).is_empty(),
            _ => false,
        };
        if !events.iter().any(touched) {
            return None;
        }
        let mut chunk = loose::object(CHAT, data).ok()?;
        let mut rewrite = Rewrite::payload(edits, events);
        for choice in chunk.get_mut("choices")?.as_array_mut()? {
            edit_choice(choice, &mut rewrite, edits);
        }
        rewrite.changed().then(|| loose::bytes(&chunk))
    }

    fn cut(&mut self, notice: &Notice) -> Vec<Payload> {
        if self.id.is_empty() {
            self.id = format!("chatcmpl-{}", notice.id);
        }
        if self.choices.is_empty() {
            self.choices.insert(0, false);
        }
        let open = self.choices.iter().filter(|(_, ended)| !**ended);
        let chunk = |index: u64| {
            json!({
                "id": self.id,
                "object": "chat.completion.chunk",
                "created": self.created,
                "model": self.model,
                "choices": [{"index": index, "delta": {}, "logprobs": null, "finish_reason": "content_filter"}],
                "agentguard": {"id": notice.id, "message": notice.message},
            })
        };
        let mut out: Vec<Payload> = open.map(|(index, _)| (None, loose::bytes(&chunk(*index)))).collect();
        out.push((None, b"[DONE]".to_vec()));
        out
    }
}

fn index(choice: &Value) -> u32 {
    // What lies beyond the bound was read as the last choice.
    count_of(choice, "index").unwrap_or_default().min(MAX_CHOICES as u64 - 1) as u32
}

/// Edits the texts of a choice, and takes with them what would give the removed text away.
fn edit_choice<'e>(choice: &mut Value, rewrite: &mut Rewrite<'e>, edits: &'e Edits) {
    let index = index(choice);
    let start = rewrite.position(index);
    let streamed = choice.get("delta").is_some_and(Value::is_object);
    let mut changed = false;
    if let Some(delta) = choice.get_mut("delta") {
        changed |= edit_message(delta, index, rewrite);
    }
    if let Some(message) = choice.get_mut("message") {
        // Beside a delta it repeats the whole text.
        let mut whole = Rewrite::body(edits);
        changed |= edit_message(message, index, if streamed { &mut whole } else { &mut *rewrite });
    }
    if !changed {
        return;
    }
    rewrite.touch();
    let Some(choice) = choice.as_object_mut() else { return };
    if let Some(Value::String(text)) = choice.get_mut("text") {
        // Together repeats the delta in it.
        *text = edits.apply(index, start, text);
    }
    for key in ["logprobs", "token_ids"] {
        choice.entry(key).and_modify(|value| *value = Value::Null);
    }
}

fn edit_message(message: &mut Value, choice: u32, rewrite: &mut Rewrite<'_>) -> bool {
    let changed = match message.get_mut("content") {
        Some(Value::Array(parts)) => {
            let texts = parts.iter_mut().filter_map(|part| part.get_mut("text"));
            texts.fold(false, |changed, text| rewrite.text(choice, text) | changed)
        }
        Some(content) => rewrite.text(choice, content),
        None => false,
    };
    if changed && let Some(message) = message.as_object_mut() {
        // Their offsets point into the text that was.
        message.shift_remove("annotations");
    }
    changed
}

/// Makes the edits in an unstreamed answer.
pub(super) fn redact(body: &[u8], edits: &Edits) -> Result<Vec<u8>, ParseError> {
    let mut answer = loose::object(CHAT, body)?;
    let mut rewrite = Rewrite::body(edits);
    for choice in choices(&mut answer)? {
        edit_choice(choice, &mut rewrite, edits);
    }
    Ok(loose::bytes(&answer))
}

/// Puts the notice in place of every message; nothing that the model wrote stays.
pub(super) fn replace(body: &[u8], notice: &Notice) -> Result<Vec<u8>, ParseError> {
    let mut answer = loose::object(CHAT, body)?;
    for choice in choices(&mut answer)? {
        choice["message"] = json!({"role": "assistant", "content": notice.message, "refusal": null});
        choice["finish_reason"] = "content_filter".into();
        if let Some(choice) = choice.as_object_mut() {
            choice.entry("logprobs").and_modify(|value| *value = Value::Null);
            choice.shift_remove("text");
            choice.shift_remove("token_ids");
        }
    }
    Ok(loose::bytes(&answer))
}

fn choices(answer: &mut Value) -> Result<&mut Vec<Value>, ParseError> {
    answer
        .get_mut("choices")
        .and_then(Value::as_array_mut)
        .ok_or_else(|| ParseError::shape(CHAT, "it has no list of choices"))
}
