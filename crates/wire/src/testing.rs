//! What the dialects' unit tests share: streams from JSON values, answers, edits.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::framing::event_stream::Message;
use crate::{
    Answer, Dialect, Edit, Edits, Endpoint, Event, Frame, Framing, Notice, Request, StreamDecoder,
    StreamEncoder, parse_request,
};

/// The dialect's framing, and its frames for those payloads. Payloads with a `type` get it as their event name.
pub(crate) fn frames(dialect: Dialect, payloads: &[Value]) -> Vec<Frame> {
    let mut decoder = StreamDecoder::new(dialect, framing(dialect));
    let mut frames = Vec::new();
    for payload in payloads {
        decoder.feed(&raw(dialect, payload), &mut frames);
    }
    decoder.finish(&mut frames);
    frames
}

pub(crate) fn framing(dialect: Dialect) -> Framing {
    match dialect {
        Dialect::OllamaChat | Dialect::OllamaGenerate => Framing::Ndjson,
        Dialect::BedrockConverse | Dialect::BedrockInvoke => Framing::EventStream,
        _ => Framing::Sse,
    }
}

fn raw(dialect: Dialect, payload: &Value) -> Bytes {
    if framing(dialect) == Framing::EventStream {
        return message(payload);
    }
    match (framing(dialect), payload["type"].as_str()) {
        (Framing::Sse, Some(name)) => format!("event: {name}\ndata: {payload}\n\n").into(),
        (Framing::Sse, None) => format!("data: {payload}\n\n").into(),
        _ => format!("{payload}\n").into(),
    }
}

/// A payload of an event stream stands in a field that is named after the event; a model's own, in a chunk, is JSON here.
fn message(payload: &Value) -> Bytes {
    let (name, data) = payload.as_object().and_then(|fields| fields.iter().next()).expect("a named event");
    let data = match name.as_str() {
        "chunk" => json!({"bytes": STANDARD.encode(data.to_string())}),
        _ => data.clone(),
    };
    let mut out = Vec::new();
    Framing::EventStream.write(Some(name), data.to_string().as_bytes(), true, &mut out);
    out.into()
}

/// The same of a stream of such messages.
fn named(mut stream: &[u8]) -> Vec<Value> {
    let mut out = Vec::new();
    while let Some(length) = stream.first_chunk::<4>() {
        let (raw, rest) = stream.split_at(u32::from_be_bytes(*length) as usize);
        stream = rest;
        let message = Message::parse(raw).expect("a message");
        let name = [":event-type", ":exception-type"].into_iter().find_map(|name| message.string(name));
        let mut data: Value = serde_json::from_slice(message.payload).expect("JSON");
        if name == Some("chunk") {
            let bytes = data["bytes"].as_str().expect("a chunk has bytes");
            data = serde_json::from_slice(&STANDARD.decode(bytes).expect("base64")).expect("JSON");
        }
        out.push(json!({name.expect("a name"): data}));
    }
    out
}

pub(crate) fn events(dialect: Dialect, payloads: &[Value]) -> Vec<Event> {
    frames(dialect, payloads).into_iter().flat_map(|frame| frame.events).collect()
}

pub(crate) fn answer(dialect: Dialect, payloads: &[Value]) -> Answer {
    events(dialect, payloads).iter().collect()
}

/// The payloads that the client gets when the stream is cut after those frames.
pub(crate) fn cut(dialect: Dialect, delivered: &[Value]) -> Vec<Value> {
    let mut encoder = StreamEncoder::new(dialect, framing(dialect));
    frames(dialect, delivered).iter().for_each(|frame| encoder.delivered(frame));
    payloads(dialect, &encoder.cut(&notice()))
}

/// The payloads that the client gets with those edits made.
pub(crate) fn redacted(dialect: Dialect, payloads_in: &[Value], edits: &Edits) -> Vec<Value> {
    let mut encoder = StreamEncoder::new(dialect, framing(dialect));
    let out: Vec<u8> =
        frames(dialect, payloads_in).iter().flat_map(|frame| encoder.redact(frame, edits).to_vec()).collect();
    payloads(dialect, &out)
}

fn payloads(dialect: Dialect, stream: &[u8]) -> Vec<Value> {
    if framing(dialect) == Framing::EventStream {
        return named(stream);
    }
    let text = std::str::from_utf8(stream).expect("UTF-8");
    let data = text.lines().map(|line| line.strip_prefix("data: ").unwrap_or(line));
    data.filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

pub(crate) fn notice() -> Notice {
    Notice { id: "x1".to_owned(), message: "Stopped by policy.".to_owned() }
}

pub(crate) fn edits(start: usize, end: usize, replacement: &str) -> Edits {
    let mut edits = Edits::default();
    edits.add(0, Edit { start, end, replacement: replacement.to_owned() });
    edits
}

pub(crate) fn request(path: &str, body: &Value) -> Request {
    let endpoint = Endpoint::detect("POST", path).expect("a known path");
    parse_request(&endpoint, body.to_string().as_bytes()).expect("a request of that dialect")
}
