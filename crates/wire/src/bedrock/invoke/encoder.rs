//! Editing and ending a stream of chunks: what the model's own format would do, wrapped as a chunk.

use serde_json::{Value, json};

use super::DIALECT;
use super::decoder::{unwrapped, wrapped};
use super::family::{Family, deltas_to_messages, messages_to_deltas};
use crate::codec::{EventEncoder, Payload};
use crate::event::Events;
use crate::{Edits, Event, Notice, loose};

#[derive(Default)]
pub(super) struct Encoder {
    /// Told from the first payload that went out.
    inner: Option<(Family, Box<dyn EventEncoder>)>,
    /// Whether a chat's pieces come as messages rather than as deltas.
    messages: bool,
    /// Whether such a chat said why it ended, which its own encoder does not understand.
    finished: bool,
}

impl EventEncoder for Encoder {
    fn delivered(&mut self, name: Option<&str>, data: &[u8], events: &Events) {
        if name == Some("chunk")
            && let Some((_, payload)) = opened(data)
            && let Some((family, inner)) = self.inner(&payload)
        {
            inner.delivered(None, &payload, events);
            if *family == Family::Chat
                && let Ok(mut value) = loose::object(DIALECT, &payload)
            {
                self.messages |= messages_to_deltas(&mut value);
                let finished = events.iter().any(|event| matches!(event, Event::Finish { .. }));
                self.finished |= self.messages && finished;
            }
        }
    }

    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>> {
        if events.is_empty() || edits.is_empty() {
            return None;
        }
        let (chunk, payload) = opened(data)?;
        let edited = self.inner(&payload)?.1.redact(&payload, events, edits)?;
        Some(wrapped(chunk, &edited))
    }

    fn cut(&mut self, notice: &Notice) -> Vec<Payload> {
        let Some((_, inner)) = &mut self.inner else {
            // Nothing tells the model's format yet: the service's own error is understood by every client.
            return vec![(
                Some("modelStreamErrorException"),
                loose::bytes(&json!({"message": notice.message})),
            )];
        };
        if self.finished {
            return Vec::new();
        }
        let payloads = inner.cut(notice).into_iter().map(|(_, payload)| payload);
        // What is not JSON ends a stream of server-sent events, and there is none.
        let payloads = payloads.filter_map(|payload| loose::object(DIALECT, &payload).ok());
        let mut end = Vec::new();
        for mut payload in payloads {
            if self.messages {
                deltas_to_messages(&mut payload);
            }
            end.push((Some("chunk"), wrapped(json!({}), &loose::bytes(&payload))));
        }
        end
    }
}

impl Encoder {
    fn inner(&mut self, payload: &[u8]) -> Option<&mut (Family, Box<dyn EventEncoder>)> {
        if self.inner.is_none() {
            let value = loose::object(DIALECT, payload).ok()?;
            let family = Family::of(&value);
            self.inner = Some((family, family.encoder()));
        }
        self.inner.as_mut()
    }
}

fn opened(data: &[u8]) -> Option<(Value, Vec<u8>)> {
    let chunk = loose::value(DIALECT, data).ok()?;
    let payload = unwrapped(&chunk)?;
    Some((chunk, payload))
}
