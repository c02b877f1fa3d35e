//! What the dialects' unit tests share: streams from JSON values, answers, edits.

use bytes::Bytes;
use serde_json::Value;

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
        _ => Framing::Sse,
    }
}

fn raw(dialect: Dialect, payload: &Value) -> Bytes {
    match (framing(dialect), payload["type"].as_str()) {
        (Framing::Sse, Some(name)) => format!("event: {name}\ndata: {payload}\n\n").into(),
        (Framing::Sse, None) => format!("data: {payload}\n\n").into(),
        _ => format!("{payload}\n").into(),
    }
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
    payloads(&encoder.cut(&notice()))
}

/// The payloads that the client gets with those edits made.
pub(crate) fn redacted(dialect: Dialect, payloads_in: &[Value], edits: &Edits) -> Vec<Value> {
    let mut encoder = StreamEncoder::new(dialect, framing(dialect));
    let out: Vec<u8> =
        frames(dialect, payloads_in).iter().flat_map(|frame| encoder.redact(frame, edits).to_vec()).collect();
    payloads(&out)
}

fn payloads(stream: &[u8]) -> Vec<Value> {
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
