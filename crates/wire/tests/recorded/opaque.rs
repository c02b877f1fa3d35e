//! What is recorded of other protocols (OpenAI Realtime, Gemini Live and Interactions, Bedrock) and what answers other paths:
//! it is not read, but it passes byte for byte whichever dialect it is taken for.

use agentguard_wire::framing::Framing;
use agentguard_wire::{Dialect, Edit, Edits, StreamDecoder, StreamEncoder, parse_answer};
use bytes::Bytes;
use serde_json::Value;

use super::check::{concat, notice};
use super::fixtures::{exchanges, streams};

fn passes(name: &str, stream: &Bytes) {
    let mut edits = Edits::default();
    edits.add(0, Edit { start: 2, end: 40, replacement: String::new() });
    for dialect in Dialect::ALL {
        for framing in [Framing::Sse, Framing::Ndjson, Framing::JsonArray] {
            let (mut decoder, mut frames) = (StreamDecoder::new(dialect, framing), Vec::new());
            for piece in stream.chunks(997) {
                decoder.feed(&Bytes::copy_from_slice(piece), &mut frames);
            }
            decoder.finish(&mut frames);
            assert_eq!(concat(&frames), stream, "{name} as {dialect}");
            let mut encoder = StreamEncoder::new(dialect, framing);
            for frame in &frames {
                let _ = encoder.redact(frame, &edits);
            }
            let _ = encoder.cut(&notice());
        }
    }
}

#[test]
fn other_protocols_pass() {
    for folder in ["openai-speech", "google-interactions", "google-speech", "amazon-bedrock"] {
        for (name, payloads) in streams(folder) {
            let sse: String = payloads.iter().map(|payload| format!("data: {payload}\n\n")).collect();
            passes(&name, &sse.into());
            passes(&name, &payloads.join("\n").into());
        }
    }
}

#[test]
fn other_answers_pass() {
    for exchange in exchanges(&["bedrock", "cohere", "vertex"]) {
        let body = match &exchange.response {
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        passes(&exchange.id, &body.clone().into());
        for dialect in Dialect::ALL {
            let _ = parse_answer(dialect, body.as_bytes());
        }
    }
}
