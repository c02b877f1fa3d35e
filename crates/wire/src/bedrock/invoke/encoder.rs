//! Editing and ending a stream of chunks: what the model's own format would do, wrapped as a chunk.

use serde_json::{Value, json};

use super::DIALECT;
use super::decoder::{unwrapped, wrapped};
use super::family::Family;
use crate::codec::{EventEncoder, Payload};
use crate::event::Events;
use crate::{Edits, Notice, loose};

#[derive(Default)]
pub(super) struct Encoder {
    /// Told from the first payload that went out.
    inner: Option<Box<dyn EventEncoder>>,
}

impl EventEncoder for Encoder {
    fn delivered(&mut self, name: Option<&str>, data: &[u8], events: &Events) {
        if name == Some("chunk")
            && let Some((_, payload)) = opened(data)
            && let Some(inner) = self.inner(&payload)
        {
            inner.delivered(None, &payload, events);
        }
    }

    fn redact(&mut self, data: &[u8], events: &Events, edits: &Edits) -> Option<Vec<u8>> {
        if events.is_empty() || edits.is_empty() {
            return None;
        }
        let (chunk, payload) = opened(data)?;
        let edited = self.inner(&payload)?.redact(&payload, events, edits)?;
        Some(wrapped(chunk, &edited))
    }

    fn cut(&mut self, notice: &Notice) -> Vec<Payload> {
        let Some(inner) = &mut self.inner else {
            // Nothing tells the model's format yet: the service's own error is understood by every client.
            return vec![(Some("modelStreamErrorException"), loose::bytes(&json!({"message": notice.message})))];
        };
        let payloads = inner.cut(notice).into_iter().map(|(_, payload)| payload);
        // What is not JSON ends a stream of server-sent events, and there is none.
        let payloads = payloads.filter(|payload| payload.starts_with(b"{"));
        payloads.map(|payload| (Some("chunk"), wrapped(json!({}), &payload))).collect()
    }
}

impl Encoder {
    fn inner(&mut self, payload: &[u8]) -> Option<&mut Box<dyn EventEncoder>> {
        if self.inner.is_none() {
            let value = loose::object(DIALECT, payload).ok()?;
            self.inner = Some(Family::of(&value).encoder());
        }
        self.inner.as_mut()
    }
}

fn opened(data: &[u8]) -> Option<(Value, Vec<u8>)> {
    let chunk = loose::value(DIALECT, data).ok()?;
    let payload = unwrapped(&chunk)?;
    Some((chunk, payload))
}
