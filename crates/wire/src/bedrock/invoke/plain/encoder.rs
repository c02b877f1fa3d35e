//! Editing and ending a stream, and editing bodies.

use serde_json::Value;

use super::shape::{Shape, texts_mut};
use super::{DIALECT, end};
use crate::codec::{EventEncoder, Payload};
use crate::cohere::citation::{Effect, adjust};
use crate::event::Events;
use crate::offsets::Rewrite;
use crate::{Edits, Event, Notice, loose};

#[derive(Default)]
pub(in crate::bedrock::invoke) struct Encoder {
    shape: Option<Shape>,
    finished: bool,
}

impl EventEncoder for Encoder {
    fn delivered(&mut self, _name: Option<&str>, data: &[u8], events: &Events) {
        self.finished |= events.iter().any(|event| matches!(event, Event::Finish { .. }));
        if self.shape.is_none() {
            self.shape = loose::value(DIALECT, data).ok().as_ref().and_then(Shape::of);
        }
    }

    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>> {
        let mut payload = loose::value(DIALECT, data).ok()?;
        let mut rewrite = Rewrite::payload(edits, events);
        edit(&mut payload, &mut rewrite, edits);
        // The end of a stream repeats everything.
        if let Some(response) = payload.get_mut("response").filter(|response| response.is_object()) {
            let mut whole = Rewrite::body(edits);
            edit(response, &mut whole, edits);
            if whole.changed() {
                rewrite.touch();
            }
        }
        rewrite.changed().then(|| loose::bytes(&payload))
    }

    fn cut(&mut self, notice: &Notice) -> Vec<Payload> {
        if std::mem::replace(&mut self.finished, true) {
            return Vec::new();
        }
        vec![(None, loose::bytes(&end(self.shape.unwrap_or(Shape::Generation), notice)))]
    }
}

/// Makes the edits in a whole body.
pub(in crate::bedrock::invoke) fn redact(body: &mut Value, edits: &Edits) {
    edit(body, &mut Rewrite::body(edits), edits);
}

fn edit(payload: &mut Value, rewrite: &mut Rewrite<'_>, edits: &Edits) {
    let mut changes = Vec::new();
    for (choice, text) in texts_mut(payload) {
        let was = text.clone();
        if rewrite.text(choice, text) {
            changes.push((was, text.clone()));
        }
    }
    // Command R repeats its answer as the last turn of the conversation.
    let history = payload.get_mut("chat_history").and_then(Value::as_array_mut).into_iter().flatten();
    for turn in history.filter_map(|turn| turn.get_mut("message")) {
        if let Some((_, now)) = changes.iter().find(|(was, _)| *was == *turn) {
            turn.clone_from(now);
        }
    }
    if let Some(Value::Array(citations)) = payload.get_mut("citations") {
        citations.retain_mut(|citation| {
            let effect = adjust(citation, 0, edits);
            if effect != Effect::None {
                rewrite.touch();
            }
            effect != Effect::Gone
        });
    }
}
