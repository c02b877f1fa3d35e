//! The checks that every dialect's streams and bodies have to pass.

use agentguard_wire::framing::Framing;
use agentguard_wire::{
    Answer, Dialect, Edit, Edits, Event, Frame, Notice, StreamDecoder, StreamEncoder, parse_answer,
    redact_answer, replace_answer,
};
use bytes::Bytes;
use serde_json::Value;

/// The frames of a stream whose bytes arrive in pieces of that size.
pub(crate) fn frames(dialect: Dialect, framing: Framing, stream: &Bytes, size: usize) -> Vec<Frame> {
    let mut decoder = StreamDecoder::new(dialect, framing);
    let mut frames = Vec::new();
    for piece in stream.chunks(size.max(1)) {
        decoder.feed(&Bytes::copy_from_slice(piece), &mut frames);
    }
    decoder.finish(&mut frames);
    frames
}

pub(crate) fn answer_of(frames: &[Frame]) -> Answer {
    let mut answer = Answer::default();
    frames.iter().flat_map(|frame| &frame.events).for_each(|event| answer.apply(event));
    answer
}

pub(crate) fn notice() -> Notice {
    Notice { id: "0190-test".to_owned(), message: "Stopped: the answer was not supported.".to_owned() }
}

/// Any split gives the same frames, and they hold the exact bytes.
pub(crate) fn any_split(name: &str, dialect: Dialect, framing: Framing, stream: &Bytes) -> Vec<Frame> {
    let whole = frames(dialect, framing, stream, stream.len());
    assert_eq!(concat(&whole), stream, "{name}: bytes");
    let unreadable = whole.iter().flat_map(|frame| &frame.events).filter(|e| matches!(e, Event::Unreadable));
    assert_eq!(unreadable.count(), 0, "{name}: unreadable frames");
    for size in [1, 7, 61, 1021] {
        assert_eq!(frames(dialect, framing, stream, size), whole, "{name}: split into {size}");
    }
    whole
}

pub(crate) fn concat(frames: &[Frame]) -> Bytes {
    frames.iter().flat_map(|frame| frame.raw.iter().copied()).collect::<Vec<_>>().into()
}

/// A cut after every k-th frame: text is a prefix, every call is closed, every choice that was open ends as `ends_well` demands.
pub(crate) fn cut_anywhere(
    name: &str,
    (dialect, framing): (Dialect, Framing),
    frames_in: &[Frame],
    valid: impl Fn(&[Frame], &Answer),
) {
    let full = answer_of(frames_in);
    // Every frame of a short stream, some forty places of a long one.
    for delivered in (0..=frames_in.len()).step_by(frames_in.len() / 40 + 1).chain([frames_in.len()]) {
        let mut encoder = StreamEncoder::new(dialect, framing);
        let mut out = Vec::new();
        for frame in &frames_in[..delivered] {
            encoder.delivered(frame);
            out.extend_from_slice(&frame.raw);
        }
        let end = encoder.cut(&notice());
        let ended = frames_in[..delivered].iter().flat_map(|f| &f.events).any(|e| *e == Event::End);
        if end.is_empty() {
            let closed = framing == Framing::JsonArray && delivered == frames_in.len();
            assert!(ended || closed, "{name}: cut after {delivered} gives nothing");
            continue;
        }
        out.extend_from_slice(&end);
        let out = frames(dialect, framing, &out.into(), 4096);
        let answer = answer_of(&out);
        assert!(
            out.iter().flat_map(|f| &f.events).all(|e| !matches!(e, Event::Unreadable)),
            "{name}: cut after {delivered} is unreadable"
        );
        for (choice, whole) in answer.choices.iter().zip(&full.choices) {
            assert!(whole.text.starts_with(&choice.text), "{name}: cut after {delivered} changed text");
        }
        let count =
            |wanted: fn(&Event) -> bool| out.iter().flat_map(|f| &f.events).filter(|e| wanted(e)).count();
        let started = out
            .iter()
            .flat_map(|f| &f.events)
            .filter_map(|e| match e {
                Event::ToolStart { choice, call, .. } => Some((*choice, *call)),
                _ => None,
            })
            .collect::<std::collections::BTreeSet<_>>();
        assert_eq!(
            count(|e| matches!(e, Event::ToolEnd { .. })),
            started.len(),
            "{name}: cut after {delivered}"
        );
        valid(&out, &answer);
    }
}

/// Removes the middle of every choice's text from a stream: only that goes, and frames beside it keep their bytes.
pub(crate) fn redact_stream(name: &str, dialect: Dialect, framing: Framing, frames_in: &[Frame]) {
    let full = answer_of(frames_in);
    let edits = middle(&full);
    let mut encoder = StreamEncoder::new(dialect, framing);
    let mut out = Vec::new();
    let mut kept = 0;
    for frame in frames_in {
        let raw = encoder.redact(frame, &edits);
        kept += usize::from(raw == frame.raw);
        out.extend_from_slice(&raw);
    }
    assert!(kept > 0 || frames_in.is_empty(), "{name}: every frame was rewritten");
    let redacted = answer_of(&frames(dialect, framing, &out.into(), 4096));
    same_but_edited(name, &full, &redacted, &edits);
}

/// After a redaction no string of any event holds the removed text: not in what repeats it, not piece by piece.
pub(crate) fn nothing_leaks(name: &str, dialect: Dialect, framing: Framing, frames_in: &[Frame]) {
    let full = answer_of(frames_in);
    for (choice, content) in (0..).zip(&full.choices) {
        let chars: Vec<char> = content.text.chars().collect();
        if chars.len() < 24 {
            continue;
        }
        let (start, end) = (chars.len() / 3, chars.len() * 2 / 3);
        let mut edits = Edits::default();
        edits.add(choice, Edit { start, end, replacement: "\u{2588}".to_owned() });
        let mut encoder = StreamEncoder::new(dialect, framing);
        let out: Vec<u8> =
            frames_in.iter().flat_map(|frame| encoder.redact(frame, &edits).to_vec()).collect();
        let secret: String = chars[start..end].iter().collect();
        for payload in super::fixtures::payloads_of_sse(std::str::from_utf8(&out).unwrap()) {
            let payload: Value = serde_json::from_str(&payload).unwrap();
            assert!(!holds(&payload, &secret), "{name}: the removed text is in {}", payload["type"]);
        }
    }
}

fn holds(value: &Value, secret: &str) -> bool {
    match value {
        Value::String(text) => text.contains(secret),
        Value::Array(items) => items.iter().any(|item| holds(item, secret)),
        Value::Object(fields) => fields.values().any(|field| holds(field, secret)),
        _ => false,
    }
}

/// The same for an unstreamed body, and the replacement of the whole of it.
pub(crate) fn redact_body(name: &str, dialect: Dialect, body: &[u8]) {
    let full = parse_answer(dialect, body).unwrap();
    let edits = middle(&full);
    let redacted = redact_answer(dialect, body, &edits).unwrap();
    same_but_edited(name, &full, &parse_answer(dialect, &redacted).unwrap(), &edits);
    let untouched = redact_answer(dialect, body, &Edits::default()).unwrap();
    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    assert_eq!(json(&untouched), json(body), "{name}: fields lost without an edit");
    let replaced = parse_answer(dialect, &replace_answer(dialect, body, &notice()).unwrap()).unwrap();
    assert_eq!(replaced.id, full.id, "{name}");
    for choice in &replaced.choices {
        assert_eq!(choice.text, notice().message, "{name}");
        assert_eq!((choice.tool_calls.len(), choice.citations.len()), (0, 0), "{name}");
    }
    assert_eq!(replaced.choices.len().max(1), full.choices.len().max(1), "{name}");
}

fn middle(answer: &Answer) -> Edits {
    let mut edits = Edits::default();
    for (choice, content) in (0..).zip(&answer.choices) {
        let chars = content.text.chars().count();
        if chars > 2 {
            edits.add(
                choice,
                Edit { start: chars / 3, end: chars * 2 / 3, replacement: "[removed]".to_owned() },
            );
        }
    }
    edits
}

fn same_but_edited(name: &str, full: &Answer, redacted: &Answer, edits: &Edits) {
    assert_eq!(redacted.choices.len(), full.choices.len(), "{name}");
    for (index, (was, is)) in (0..).zip(full.choices.iter().zip(&redacted.choices)) {
        assert_eq!(is.text, edits.apply(index, 0, &was.text), "{name}");
        assert_eq!(is.tool_calls, was.tool_calls, "{name}");
        assert_eq!(is.finish, was.finish, "{name}");
        assert_eq!(is.reasoning, was.reasoning, "{name}");
    }
    assert_eq!(redacted.usage, full.usage, "{name}");
}
