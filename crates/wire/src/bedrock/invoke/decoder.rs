//! Chunks → events.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::DIALECT;
use super::family::{Family, messages_to_deltas, stop_reasons};
use crate::codec::EventDecoder;
use crate::event::Events;
use crate::framing::event_stream::EXCEPTION;
use crate::loose::{self, count_of, str_of};
use crate::{Event, Usage};

/// Base64 as AWS writes it; padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the last chunk of a stream adds, whatever the model.
const METRICS: &str = "amazon-bedrock-invocationMetrics";

/// The model's own payload inside a chunk.
pub(super) fn unwrapped(chunk: &Value) -> Option<Vec<u8>> {
    BASE64.decode(chunk.get("bytes")?.as_str()?).ok()
}

/// A chunk, or what is left of it, with that payload inside.
pub(super) fn wrapped(mut chunk: Value, payload: &[u8]) -> Vec<u8> {
    chunk["bytes"] = BASE64.encode(payload).into();
    loose::bytes(&chunk)
}

#[derive(Default)]
pub(super) struct Decoder {
    /// Told from the first payload.
    inner: Option<(Family, Box<dyn EventDecoder>)>,
}

impl EventDecoder for Decoder {
    fn decode(&mut self, name: Option<&str>, data: &[u8], out: &mut Events) {
        match name {
            Some("chunk") => self.chunk(data, out),
            Some(EXCEPTION) => {
                let told = loose::value(DIALECT, data).unwrap_or_default();
                let told = ["message", "originalMessage"].map(|name| str_of(&told, name).to_owned());
                let message = told.into_iter().find(|told| !told.is_empty());
                out.push(Event::Error { message: message.unwrap_or_else(|| "error".to_owned()) });
            }
            _ => {}
        }
    }

    fn finish(&mut self, out: &mut Events) {
        if let Some((_, inner)) = &mut self.inner {
            inner.finish(out);
        }
    }
}

impl Decoder {
    fn chunk(&mut self, data: &[u8], out: &mut Events) {
        let Ok(chunk) = loose::value(DIALECT, data) else { return out.push(Event::Unreadable) };
        if !chunk.is_object() {
            return;
        }
        let Some(mut payload) = unwrapped(&chunk) else { return out.push(Event::Unreadable) };
        let Ok(mut value) = loose::value(DIALECT, &payload) else { return out.push(Event::Unreadable) };
        if !value.is_object() {
            return;
        }
        let (family, inner) = self.inner.get_or_insert_with(|| {
            let family = Family::of(&value);
            (family, family.decoder())
        });
        if *family == Family::Chat && messages_to_deltas(&mut value) {
            payload = loose::bytes(&value);
        }
        inner.decode(None, &payload, out);
        if *family == Family::Chat && !out.iter().any(|event| matches!(event, Event::Finish { .. })) {
            out.extend(stop_reasons(&value).map(|(choice, reason)| Event::Finish { choice, reason }));
        }
        // Anthropic's events count and end themselves.
        if let Some(metrics) = value.get(METRICS).filter(|_| *family != Family::Anthropic) {
            let count = |name| count_of(metrics, name).unwrap_or_default();
            out.push(Event::Usage(Usage {
                input: count("inputTokenCount"),
                output: count("outputTokenCount"),
            }));
            if !out.contains(&Event::End) {
                out.push(Event::End);
            }
        }
    }
}
