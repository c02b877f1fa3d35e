//! Edits in chunks and in answers, and the chunks that end a stream early.

use serde_json::{Value, json};

use super::CHAT;
use crate::codec::{EventEncoder, ParseError, Payload};
use crate::event::Events;
use crate::loose::{self, count_of};
use crate::offsets::{Rewrite, touched};
use crate::openai::shape::{Delivered, choice_index};
use crate::{Edits, Notice};

#[derive(Debug, Default)]
pub(super) struct Encoder {
    delivered: Delivered,
}

impl EventEncoder for Encoder {
    fn delivered(&mut self, _: Option<&str>, data: &[u8], _: &Events) {
        self.delivered.note(data);
    }

    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>> {
        if !touched(events, edits) {
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
        self.delivered.cut(("chat.completion.chunk", "chatcmpl-"), ("delta", json!({})), notice)
    }
}

/// Edits the texts of a choice, and takes with them what would give the removed text away.
fn edit_choice<'e>(choice: &mut Value, rewrite: &mut Rewrite<'e>, edits: &'e Edits) {
    let index = choice_index(count_of(choice, "index"));
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
