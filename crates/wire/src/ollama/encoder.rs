//! Editing and ending a stream.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Ollama;
use crate::codec::{EventEncoder, Payload};
use crate::event::Events;
use crate::loose;
use crate::loose::lenient::{Obj, Text};
use crate::offsets::Rewrite;
use crate::{Edits, Event, Notice};

pub(super) struct Encoder {
    endpoint: Ollama,
    model: String,
    /// The time of the last line; before any, Go's zero time, as Ollama itself writes for a time that is not set.
    created_at: String,
    /// How far the text has come, in Unicode scalar values.
    at: usize,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Outline<'a> {
    created_at: Text<'a>,
}

impl Encoder {
    pub(super) fn new(endpoint: Ollama) -> Self {
        Self { endpoint, model: String::new(), created_at: "0001-01-01T00:00:00Z".to_owned(), at: 0 }
    }
}

impl EventEncoder for Encoder {
    fn delivered(&mut self, _name: Option<&str>, data: &[u8], events: &Events) {
        for event in events {
            match event {
                Event::Start { model, .. } => self.model.clone_from(model),
                Event::Text { start, text, .. } => self.at = start + text.chars().count(),
                _ => {}
            }
        }
        if let Ok(Obj(Some(outline))) = serde_json::from_slice::<Obj<Outline<'_>>>(data)
            && !outline.created_at.as_str().is_empty()
        {
            outline.created_at.as_str().clone_into(&mut self.created_at);
        }
    }

    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>> {
        if edits.is_empty() {
            return None;
        }
        let mut line = loose::value(self.endpoint.dialect(), data).ok()?;
        let mut rewrite = Rewrite::payload(edits, events);
        redact(&mut line, &mut rewrite, self.at);
        rewrite.changed().then(|| loose::bytes(&line))
    }

    fn cut(&mut self, notice: &Notice) -> Vec<Payload> {
        let mut line = json!({"model": self.model, "created_at": self.created_at});
        self.endpoint.set_text(&mut line, "");
        line["done"] = true.into();
        line["done_reason"] = "content_filter".into();
        line["agentguard"] = json!({"id": notice.id, "message": notice.message});
        vec![(None, loose::bytes(&line))]
    }
}

/// Edits one line. `at` says how far the text had come before it.
pub(super) fn redact(line: &mut Value, rewrite: &mut Rewrite<'_>, at: usize) {
    let before = rewrite.position(0);
    if let Some(content) = line.pointer_mut("/message/content") {
        rewrite.text(0, content);
    }
    if let Some(response) = line.get_mut("response") {
        rewrite.text(0, response);
    }
    let Value::Object(fields) = line else { return };
    if rewrite.changed() {
        fields.shift_remove("logprobs");
    }
    // The tokens of the whole conversation, this answer included.
    let end = at.max(before).max(rewrite.position(0));
    if rewrite.edited_before(0, end) && fields.shift_remove("context").is_some() {
        rewrite.touch();
    }
}
