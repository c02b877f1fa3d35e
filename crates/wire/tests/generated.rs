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
use serde_json::{Map, Value, json};

/// A piece of an answer, in the fragments in which a stream says it.
#[derive(Clone, Debug)]
enum Piece {
    Text(Vec<String>),
    Thought(Vec<String>),
    Call(String, Map<String, Value>),
}

fn fragments() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[\\PC\n\"\\\\]{1,9}", 1..5)
}

fn piece() -> impl Strategy<Value = Piece> {
    let arguments = prop::collection::btree_map("[a-z]{1,4}", "\\PC{0,6}".prop_map(Value::from), 0..3);
    prop_oneof![
        4 => fragments().prop_map(Piece::Text),
        1 => fragments().prop_map(Piece::Thought),
        1 => ("[a-z_]{1,8}", arguments).prop_map(|(name, args)| Piece::Call(name, args.into_iter().collect())),
    ]
}

/// Payloads of the stream, and the body that says the same.
type Written = (Vec<Value>, Value);

const WRITERS: [(Dialect, Framing, fn(&[Piece]) -> Written); 6] = [
    (Dialect::AnthropicMessages, Framing::Sse, anthropic),
    (Dialect::Gemini, Framing::Sse, gemini),
    (Dialect::Gemini, Framing::JsonArray, gemini),
    (Dialect::OllamaChat, Framing::Ndjson, ollama_chat),
    (Dialect::OllamaGenerate, Framing::Ndjson, ollama_generate),
    (Dialect::CohereChat, Framing::Sse, cohere),
];

fn anthropic(pieces: &[Piece]) -> Written {
    let head = json!({"id": "msg", "type": "message", "model": "m", "content": [], "usage": {"input_tokens": 3, "output_tokens": 1}});
    let (mut stream, mut blocks) = (vec![json!({"type": "message_start", "message": head})], Vec::new());
    for (index, piece) in pieces.iter().enumerate() {
        let (open, deltas, whole) = match piece {
            Piece::Text(said) => (
                json!({"type": "text", "text": ""}),
                said.iter().map(|text| json!({"type": "text_delta", "text": text})).collect::<Vec<_>>(),
                json!({"type": "text", "text": said.concat()}),
            ),
            Piece::Thought(said) => (
                json!({"type": "thinking", "thinking": ""}),
                said.iter().map(|text| json!({"type": "thinking_delta", "thinking": text})).collect(),
                json!({"type": "thinking", "thinking": said.concat(), "signature": "s"}),
            ),
            Piece::Call(name, args) => {
                let text: Vec<char> = json!(args).to_string().chars().collect();
                (
                    json!({"type": "tool_use", "id": "t", "name": name, "input": {}}),
                    text.chunks(5)
                        .map(|part| json!({"type": "input_json_delta", "partial_json": part.iter().collect::<String>()}))
                        .collect(),
                    json!({"type": "tool_use", "id": "t", "name": name, "input": args}),
                )
            }
        };
        stream.push(json!({"type": "content_block_start", "index": index, "content_block": open}));
        stream.extend(
            deltas.iter().map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta})),
        );
        stream.push(json!({"type": "content_block_stop", "index": index}));
        blocks.push(whole);
    }
    stream.push(
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 8}}),
    );
    stream.push(json!({"type": "message_stop"}));
    let body = json!({"id": "msg", "type": "message", "model": "m", "content": blocks, "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 8}});
    (stream, body)
}

fn gemini(pieces: &[Piece]) -> Written {
    let usage = json!({"promptTokenCount": 3, "candidatesTokenCount": 8});
    let (mut stream, mut whole) = (Vec::new(), Vec::new());
    let mut say = |part: Value| {
        let candidate = json!({"content": {"parts": [part], "role": "model"}, "index": 0});
        stream.push(json!({"candidates": [candidate], "modelVersion": "m", "responseId": "r"}));
    };
    for piece in pieces {
        match piece {
            Piece::Text(said) => {
                said.iter().for_each(|text| say(json!({"text": text})));
                whole.push(json!({"text": said.concat()}));
            }
            Piece::Thought(said) => {
                said.iter().for_each(|text| say(json!({"text": text, "thought": true})));
                whole.push(json!({"text": said.concat(), "thought": true}));
            }
            Piece::Call(name, args) => {
                say(json!({"functionCall": {"name": name, "willContinue": true}}));
                for (key, value) in args {
                    let text = value.as_str().unwrap();
                    let path = format!("$['{key}']");
                    let (one, two) = text.split_at(text.char_indices().nth(1).map_or(0, |(at, _)| at));
                    for (text, more) in [(one, true), (two, false)] {
                        let arg = json!({"jsonPath": path, "stringValue": text, "willContinue": more});
                        say(json!({"functionCall": {"partialArgs": [arg], "willContinue": true}}));
                    }
                }
                say(json!({"functionCall": {}}));
                whole.push(json!({"functionCall": {"name": name, "args": args}}));
            }
        }
    }
    let last = json!({"content": {"parts": [{"text": ""}]}, "finishReason": "STOP", "index": 0});
    stream
        .push(json!({"candidates": [last], "usageMetadata": usage, "modelVersion": "m", "responseId": "r"}));
    let candidate = json!({"content": {"parts": whole, "role": "model"}, "finishReason": "STOP", "index": 0});
    (
        stream,
        json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m", "responseId": "r"}),
    )
}

/// Ollama's body tells thoughts, text and calls, but not how they stood to each other: one of each, in its order.
fn ollama(pieces: &[Piece], line: impl Fn(Value) -> Value) -> Written {
    let (mut thoughts, mut texts, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Thought(said) => thoughts.extend(said.clone()),
            Piece::Text(said) => texts.extend(said.clone()),
            Piece::Call(name, args) => calls.push(json!({"function": {"name": name, "arguments": args}})),
        }
    }
    let mut stream = Vec::new();
    stream.extend(thoughts.iter().map(|text| line(json!({"content": "", "thinking": text}))));
    stream.extend(texts.iter().map(|text| line(json!({"content": text}))));
    stream.extend(calls.iter().map(|call| line(json!({"content": "", "tool_calls": [call]}))));
    let end = |message: Value| {
        let mut line = line(message);
        line["done"] = true.into();
        line["done_reason"] = "stop".into();
        line["eval_count"] = 8.into();
        line
    };
    stream.push(end(json!({"content": ""})));
    (stream, end(json!({"content": texts.concat(), "thinking": thoughts.concat(), "tool_calls": calls})))
}

fn ollama_chat(pieces: &[Piece]) -> Written {
    ollama(pieces, |message| json!({"model": "m", "created_at": "t", "message": message, "done": false}))
}

fn ollama_generate(pieces: &[Piece]) -> Written {
    let pieces: Vec<_> = pieces.iter().filter(|piece| !matches!(piece, Piece::Call(..))).cloned().collect();
    ollama(
        &pieces,
        |message| json!({"model": "m", "response": message["content"], "thinking": message["thinking"], "done": false}),
    )
}

/// Cohere's calls stand beside its content, after it.
fn cohere(pieces: &[Piece]) -> Written {
    let head = json!({"role": "assistant", "content": [], "tool_calls": []});
    let mut stream = vec![json!({"type": "message-start", "id": "r", "delta": {"message": head}})];
    let (mut content, mut calls) = (Vec::new(), Vec::new());
    for piece in pieces {
        let (kind, said) = match piece {
            Piece::Text(said) => ("text", said),
            Piece::Thought(said) => ("thinking", said),
            Piece::Call(..) => continue,
        };
        let at = |event: &str, block: Value| json!({"type": event, "index": content.len(), "delta": {"message": {"content": block}}});
        stream.push(at("content-start", json!({"type": kind, kind: ""})));
        stream.extend(said.iter().map(|text| at("content-delta", json!({kind: text}))));
        stream.push(json!({"type": "content-end", "index": content.len()}));
        content.push(json!({"type": kind, kind: said.concat()}));
    }
    for piece in pieces {
        let Piece::Call(name, args) = piece else { continue };
        let call = |arguments: &str| json!({"id": "c", "type": "function", "function": {"name": name, "arguments": arguments}});
        let at = |event: &str, call: Value| json!({"type": event, "index": calls.len(), "delta": {"message": {"tool_calls": call}}});
        let text = json!(args).to_string();
        let (one, two) = text.split_at(1);
        stream.push(at("tool-call-start", call("")));
        stream.push(at("tool-call-delta", json!({"function": {"arguments": one}})));
        stream.push(at("tool-call-delta", json!({"function": {"arguments": two}})));
        stream.push(json!({"type": "tool-call-end", "index": calls.len()}));
        calls.push(call(&text));
    }
    let usage = json!({"tokens": {"input_tokens": 3, "output_tokens": 8}});
    stream.push(json!({"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}}));
    let message = json!({"role": "assistant", "content": content, "tool_calls": calls});
    (stream, json!({"id": "r", "message": message, "finish_reason": "COMPLETE", "usage": usage}))
}

fn laid_out(framing: Framing, payloads: &[Value]) -> Vec<u8> {
    let lines = payloads.iter().map(|payload| match (framing, payload["type"].as_str()) {
        (Framing::Sse, Some(name)) => format!("event: {name}\r\ndata: {payload}\r\n\r\n"),
        (Framing::Sse, None) => format!("data: {payload}\n\n"),
        (Framing::Ndjson, _) => format!("{payload}\n"),
        (Framing::JsonArray, _) => payload.to_string(),
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
                let touched = frame.events.iter().any(|event| matches!(event, Event::Text { start, text, .. }
                    if edits.apply(0, *start, text) != *text));
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
