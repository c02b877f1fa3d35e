//! Amazon Nova's own stream: Converse's events, each in a field that is named after it.

use serde_json::{Value, json};

use super::DIALECT;
use crate::bedrock::converse::{decoder, encoder};
use crate::codec::{EventDecoder, EventEncoder, Payload};
use crate::event::Events;
use crate::{Edits, Event, Notice, loose};

const EVENTS: [&str; 6] =
    ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"];

/// The event that a payload holds.
pub(super) fn event(payload: &Value) -> Option<&'static str> {
    EVENTS.into_iter().find(|name| payload.get(name).is_some())
}

fn opened(data: &[u8]) -> Option<(&'static str, Value)> {
    let payload = loose::value(DIALECT, data).ok()?;
    Some((event(&payload)?, payload))
}

#[derive(Default)]
pub(super) struct Decoder(decoder::Decoder);

impl EventDecoder for Decoder {
    fn decode(&mut self, _name: Option<&str>, data: &[u8], out: &mut Events) {
        match loose::value(DIALECT, data) {
            Ok(payload) => {
                if let Some(name) = event(&payload) {
                    self.0.decode(Some(name), &loose::bytes(&payload[name]), out);
                }
            }
            Err(_) => out.push(Event::Unreadable),
        }
    }

    fn finish(&mut self, out: &mut Events) {
        self.0.finish(out);
    }
}

#[derive(Default)]
pub(super) struct Encoder(encoder::Encoder);

impl EventEncoder for Encoder {
    fn delivered(&mut self, _name: Option<&str>, data: &[u8], events: &Events) {
        if let Some((name, payload)) = opened(data) {
            self.0.delivered(Some(name), &loose::bytes(&payload[name]), events);
        }
    }

    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>> {
        let (name, mut payload) = opened(data)?;
        self.0.edit(payload.get_mut(name)?, events, edits).then(|| loose::bytes(&payload))
    }

    fn cut(&mut self, notice: &Notice) -> Vec<Payload> {
        let end = self.0.end(notice).into_iter();
        end.map(|(name, payload)| (None, loose::bytes(&json!({name: payload})))).collect()
    }
}
