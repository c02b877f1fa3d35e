//! Answers made up at random, written as a stream and as a body: any split of the stream reads the same, both say the
//! same, both redact to the same text, a cut anywhere can be read, and no JSON in the wrong place makes a decoder panic.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agentguard_wire::framing::Framing;
use agentguard_wire::{
    Answer, Dialect, Edit, Edits, Event, Frame, Notice, StreamDecoder, StreamEncoder, parse_answer,
    redact_answer,
};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

mod bedrock;
mod openai;
mod others;
mod pieces;

use pieces::{Piece, Written, piece};

/// Writes an answer in one dialect.
type Writer = fn(&[Piece]) -> Written;

const WRITERS: [(Dialect, Framing, Writer); 13] = [
    (Dialect::AnthropicMessages, Framing::Sse, others::anthropic),
    (Dialect::Gemini, Framing::Sse, others::gemini),
    (Dialect::Gemini, Framing::JsonArray, others::gemini),
    (Dialect::OllamaChat, Framing::Ndjson, others::ollama_chat),
    (Dialect::OllamaGenerate, Framing::Ndjson, others::ollama_generate),
    (Dialect::CohereChat, Framing::Sse, others::cohere),
    (Dialect::BedrockConverse, Framing::EventStream, bedrock::converse),
    (Dialect::BedrockInvoke, Framing::EventStream, bedrock::claude),
    (Dialect::BedrockInvoke, Framing::EventStream, bedrock::nova),
    (Dialect::BedrockInvoke, Framing::EventStream, bedrock::llama),
    (Dialect::OpenaiChat, Framing::Sse, openai::chat),
    (Dialect::OpenaiResponses, Framing::Sse, openai::responses),
    (Dialect::OpenaiCompletions, Framing::Sse, openai::completions),
];

fn laid_out(framing: Framing, payloads: &[Value]) -> Vec<u8> {
    if framing == Framing::EventStream {
        return payloads.iter().flat_map(bedrock::message).collect();
    }
    let lines = payloads.iter().map(|payload| match (framing, payload["type"].as_str()) {
        (Framing::Sse, Some(name)) => format!("event: {name}\r\ndata: {payload}\r\n\r\n"),
        (Framing::Sse, None) => format!("data: {payload}\n\n"),
        (Framing::Ndjson, _) => format!("{payload}\n"),
        (Framing::JsonArray | Framing::EventStream, _) => payload.to_string(),
    });
    match framing {
        Framing::JsonArray => format!("[{}]", lines.collect::<Vec<_>>().join(",\n")).into_bytes(),
        _ => lines.collect::<String>().into_bytes(),
    }
}

fn decode(dialect: Dialect, framing: Framing, stream: &[u8], sizes: &[usize]) -> Vec<Frame> {
    let (mut decoder, mut frames) = (StreamDecoder::new(dialect, framing), Vec::new());
    let (mut rest, mut sizes) = (stream, sizes.iter().cycle());
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(sizes.next().copied().unwrap_or(rest.len()).clamp(1, rest.len()));
        decoder.feed(&Bytes::copy_from_slice(piece), &mut frames);
        rest = after;
    }
    decoder.finish(&mut frames);
    frames
}

fn answer(frames: &[Frame]) -> Answer {
    frames.iter().flat_map(|frame| &frame.events).collect()
}

/// The answer with arguments as one way of writing JSON.
fn plain(mut answer: Answer) -> Answer {
    for call in answer.choices.iter_mut().flat_map(|choice| &mut choice.tool_calls) {
        if let Ok(arguments) = serde_json::from_str::<Value>(&call.arguments) {
            call.arguments = arguments.to_string();
        }
    }
    answer
}

fn edits_of(ranges: &[(usize, usize, String)]) -> Edits {
    let mut edits = Edits::default();
    for (start, length, replacement) in ranges {
        edits.add(0, Edit { start: *start, end: start + length, replacement: replacement.clone() });
    }
    edits
}

/// Puts `junk` in the place that `at` picks among all values inside.
fn damage(value: &mut Value, at: &mut usize, junk: &Value) {
    if *at == 0 {
        *value = junk.clone();
        *at = usize::MAX;
        return;
    }
    *at = at.saturating_sub(usize::from(*at != usize::MAX));
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| damage(item, at, junk)),
        Value::Object(fields) => fields.values_mut().for_each(|field| damage(field, at, junk)),
        _ => {}
    }
}

fn junk() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{"text": "x"}, null, 1])),
        Just(json!({"text": 1, "index": -1})),
        any::<f64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "\\PC{0,4}".prop_map(Value::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn stream_says_what_the_body_says(pieces in prop::collection::vec(piece(), 1..6), sizes in prop::collection::vec(1..40_usize, 1..8)) {
        for (dialect, framing, write) in WRITERS {
            let (payloads, body) = write(&pieces);
            let stream = laid_out(framing, &payloads);
            let whole = decode(dialect, framing, &stream, &[stream.len()]);
            prop_assert_eq!(&decode(dialect, framing, &stream, &sizes), &whole);
            let raw: Vec<u8> = whole.iter().flat_map(|frame| frame.raw.iter().copied()).collect();
            prop_assert_eq!(&raw, &stream);
            let body = parse_answer(dialect, body.to_string().as_bytes()).unwrap();
            prop_assert_eq!(plain(answer(&whole)), plain(body), "{}", dialect);
        }
    }

    #[test]
    fn stream_redacts_to_what_the_body_redacts_to(
        pieces in prop::collection::vec(piece(), 1..6),
        ranges in prop::collection::vec((0..60_usize, 1..20_usize, "[\\PC]{0,3}"), 0..4),
    ) {
        let edits = edits_of(&ranges);
        for (dialect, framing, write) in WRITERS {
            let (payloads, body) = write(&pieces);
            let frames = decode(dialect, framing, &laid_out(framing, &payloads), &[]);
            let mut encoder = StreamEncoder::new(dialect, framing);
            let mut redacted = Vec::new();
            for frame in &frames {
                let raw = encoder.redact(frame, &edits);
                let touched = frame.events.iter().any(|event| match event {
                    Event::Text { start, text, .. } => edits.apply(0, *start, text) != *text,
                    Event::Snapshot { .. } => true,
                    _ => false,
                });
                prop_assert!(touched || raw == frame.raw, "an untouched frame keeps its bytes");
                redacted.extend_from_slice(&raw);
            }
            let streamed = answer(&decode(dialect, framing, &redacted, &[]));
            let body = redact_answer(dialect, body.to_string().as_bytes(), &edits).unwrap();
            let whole = parse_answer(dialect, &body).unwrap();
            let was = answer(&frames);
            for ((streamed, whole), was) in streamed.choices.iter().zip(&whole.choices).zip(&was.choices) {
                prop_assert_eq!(&streamed.text, &edits.apply(0, 0, &was.text));
                prop_assert_eq!(&whole.text, &streamed.text);
                prop_assert_eq!(&streamed.tool_calls, &was.tool_calls);
                prop_assert_eq!(&streamed.reasoning, &was.reasoning);
            }
        }
    }

    #[test]
    fn cut_anywhere_can_be_read(pieces in prop::collection::vec(piece(), 1..6), at in any::<prop::sample::Index>()) {
        let notice = Notice { id: "n".to_owned(), message: "Stopped.".to_owned() };
        for (dialect, framing, write) in WRITERS {
            let (payloads, _) = write(&pieces);
            let frames = decode(dialect, framing, &laid_out(framing, &payloads), &[]);
            let delivered = &frames[..at.index(frames.len())];
            let mut encoder = StreamEncoder::new(dialect, framing);
            delivered.iter().for_each(|frame| encoder.delivered(frame));
            let mut out: Vec<u8> = delivered.iter().flat_map(|frame| frame.raw.iter().copied()).collect();
            out.extend_from_slice(&encoder.cut(&notice));
            let frames = decode(dialect, framing, &out, &[]);
            prop_assert!(frames.iter().flat_map(|frame| &frame.events).all(|event| *event != Event::Unreadable));
            let ended = answer(&frames);
            if dialect == Dialect::BedrockInvoke && delivered.is_empty() {
                // Nothing says whose format it would have been.
                prop_assert_eq!(ended.error.as_deref(), Some("Stopped."));
                continue;
            }
            prop_assert!(ended.choices.iter().all(|choice| choice.finish.is_some()), "{}", dialect);
            let mut given = answer(delivered);
            prop_assert_eq!(&ended.choices[0].text, &given.choice(0).text);
        }
    }

    #[test]
    fn damage_in_one_payload_neither_panics_nor_reaches_the_next(
        pieces in prop::collection::vec(piece(), 1..4), which in any::<prop::sample::Index>(), at in 1..14_usize, junk in junk(),
    ) {
        let edits = edits_of(&[(0, 3, "x".to_owned())]);
        for (dialect, framing, write) in WRITERS {
            let (mut payloads, mut body) = write(&pieces);
            damage(which.get_mut(&mut payloads), &mut at.clone(), &junk);
            damage(&mut body, &mut at.clone(), &junk);
            let frames = decode(dialect, framing, &laid_out(framing, &payloads), &[]);
            let mut encoder = StreamEncoder::new(dialect, framing);
            for frame in &frames {
                prop_assert!(!frame.events.contains(&Event::Unreadable), "{}", dialect);
                let _ = encoder.redact(frame, &edits);
            }
            let _ = encoder.cut(&Notice { id: String::new(), message: String::new() });
            let body = body.to_string();
            let _ = parse_answer(dialect, body.as_bytes());
            let _ = redact_answer(dialect, body.as_bytes(), &edits);
        }
    }
}
