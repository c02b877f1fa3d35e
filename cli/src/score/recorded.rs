//! A response as it lies in a file: one JSON body, or a stream as SSE, NDJSON, a JSON array or AWS's event stream.

use agentguard_wire::framing::event_stream::Message;
use agentguard_wire::{Answer, Dialect, Framing, StreamDecoder};
use bytes::Bytes;
use serde_json::{Value, json};

/// How the file is laid out; `None`: one JSON body.
fn framing(body: &[u8]) -> Option<Framing> {
    if message(body).is_some() {
        return Some(Framing::EventStream);
    }
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    let starts = |prefix: &str| text.starts_with(prefix.as_bytes());
    if ["data:", "event:", "id:", "retry:", ":"].into_iter().any(starts) {
        Some(Framing::Sse)
    } else if starts("[") {
        Some(Framing::JsonArray)
    } else if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
        None
    } else {
        Some(Framing::Ndjson)
    }
}

/// The message of AWS's binary event stream that the file begins with.
fn message(body: &[u8]) -> Option<Message<'_>> {
    let length = u32::from_be_bytes(*body.first_chunk()?) as usize;
    Message::parse(body.get(..length)?).ok()
}

/// The answer, and whether it was recorded as a stream. The error says why it cannot be read.
pub(crate) fn read(dialect: Dialect, body: Vec<u8>) -> Result<(Answer, bool), String> {
    let Some(framing) = framing(&body) else {
        return match agentguard_wire::parse_answer(dialect, &body) {
            Ok(answer) => Ok((answer, false)),
            // A stream of one line is both: Ollama's shortest answers are.
            Err(error) => match streamed(dialect, Framing::Ndjson, body) {
                Ok(answer) if !answer.choices.is_empty() => Ok((answer, true)),
                _ => Err(error.to_string()),
            },
        };
    };
    let answer = streamed(dialect, framing, body)?;
    Ok((answer, true))
}

fn streamed(dialect: Dialect, framing: Framing, body: Vec<u8>) -> Result<Answer, String> {
    let mut decoder = StreamDecoder::new(dialect, framing);
    let mut frames = Vec::new();
    decoder.feed(&Bytes::from(body), &mut frames);
    decoder.finish(&mut frames);
    let mut answer = Answer::default();
    for event in frames.iter().flat_map(|frame| &frame.events) {
        answer.apply(event);
    }
    if frames.iter().all(|frame| frame.events.is_empty()) {
        return Err("no event of the stream is one of this format".to_owned());
    }
    Ok(answer)
}

/// The first JSON object of the response, however it is laid out.
pub(crate) fn first(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body));
    match framing(body) {
        None => serde_json::from_slice(body).ok(),
        Some(Framing::JsonArray) => {
            let inside = text.trim_start().strip_prefix('[')?;
            serde_json::Deserializer::from_str(inside).into_iter::<Value>().next()?.ok()
        }
        // What it says stands in a field that is named after the event.
        Some(Framing::EventStream) => {
            let message = message(body)?;
            let said: Value = serde_json::from_slice(message.payload).ok()?;
            Some(json!({message.string(":event-type")?: said}))
        }
        Some(Framing::Sse | Framing::Ndjson) => text
            .split(['\n', '\r'])
            .map(|line| line.strip_prefix("data:").unwrap_or(line).trim())
            .filter(|line| line.starts_with('{'))
            .find_map(|line| serde_json::from_str(line).ok()),
    }
}
