use agentguard_wire::{Edit, Edits, Event, Frame, Framing, Part};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::json;

use super::events::Decoder;
use super::{reply, request};

/// Everything that a stream of these pieces gives: its bytes, and its text with the offsets checked.
fn decoded(framing: Option<Framing>, pieces: &[&[u8]]) -> (Vec<u8>, String) {
    let (mut decoder, mut frames) = (Decoder::new(framing), Vec::<Frame>::new());
    for piece in pieces {
        decoder.feed(&Bytes::copy_from_slice(piece), &mut frames);
    }
    decoder.finish(&mut frames);
    let (mut raw, mut said) = (Vec::new(), String::new());
    for frame in frames {
        raw.extend_from_slice(&frame.raw);
        for event in frame.events {
            if let Event::Text { start, text, .. } = event {
                assert_eq!(start, said.chars().count());
                said.push_str(&text);
            }
        }
    }
    (raw, said)
}

fn pieces<'a>(body: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let (mut rest, mut pieces) = (body, Vec::new());
    for length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at((*length).clamp(1, rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

proptest! {
    #[test]
    fn plain_text_is_the_same_in_any_pieces(text in "\\PC{0,80}", lengths in prop::collection::vec(1..9usize, 1..5)) {
        let (raw, said) = decoded(None, &pieces(text.as_bytes(), &lengths));
        prop_assert_eq!(raw, text.as_bytes());
        prop_assert_eq!(said, text);
    }

    #[test]
    fn bytes_that_are_no_text_pass_all_the_same(body in prop::collection::vec(any::<u8>(), 0..80), lengths in prop::collection::vec(1..9usize, 1..5)) {
        for framing in [None, Some(Framing::Sse), Some(Framing::Ndjson)] {
            let whole = decoded(framing, &[&body]);
            let (raw, said) = decoded(framing, &pieces(&body, &lengths));
            prop_assert_eq!(&raw, &body);
            prop_assert_eq!(said, whole.1);
        }
    }

    #[test]
    fn a_whole_reply_is_edited_at_the_offsets_that_were_judged(
        words in prop::collection::vec("[a-zé]{1,6} [a-z\"\\\\]{1,6}", 1..5), at in 0..60usize, length in 1..9usize,
    ) {
        let body = json!({"id": "x-1", "parts": words, "n": 3}).to_string();
        let text = reply::read(body.as_bytes()).unwrap().choices.remove(0).text;
        let mut edits = Edits::default();
        edits.add(0, Edit { start: at, end: at + length, replacement: String::new() });
        let edited = reply::redact(body.as_bytes(), &edits).unwrap();
        let left: Vec<String> = text.split("\n\n").scan(0, |start, part| {
            let part_start = *start;
            *start += part.chars().count() + 2;
            Some(edits.apply(0, part_start, part))
        }).collect();
        prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&edited).unwrap(), json!({"id": "x-1", "parts": left, "n": 3}));
    }
}

#[test]
fn words_are_found_where_agents_put_them_and_asides_are_left_out() {
    let stream = [
        json!({"type": "status", "content": "Searching the web"}),
        json!({"type": "reasoning-delta", "delta": "Hm."}),
        json!({"type": "text-delta", "id": "1", "delta": "One "}),
        json!({"data": {"message": {"content": "two "}}}),
        json!({"choices": [{"index": 0, "delta": {"content": "three"}}]}),
        json!({"type": "finish", "usage": 7}),
    ];
    let body: String = stream.iter().map(|event| format!("data: {event}\n\n")).collect();
    // The chat shape counts its own text from 0: only the loose ones are checked here.
    let loose: String = body.split_inclusive("\n\n").filter(|frame| !frame.contains("choices")).collect();
    assert_eq!(decoded(Some(Framing::Sse), &[loose.as_bytes()]).1, "One two ");
}

#[test]
fn a_snapshot_that_grows_is_read_once() {
    let body: String = ["The total", "The total is 5", "The total is 5."]
        .map(|text| format!("{}\n", json!({"answer": text})))
        .concat();
    assert_eq!(decoded(Some(Framing::Ndjson), &[body.as_bytes()]).1, "The total is 5.");
}

#[test]
fn a_question_is_read_from_chat_json_and_text() {
    let texts = |content_type: &str, body: &str| -> Vec<String> {
        let parts = request::read(content_type, body.as_bytes()).messages.into_iter().flat_map(|m| m.parts);
        parts.filter_map(|part| if let Part::Text(text) = part { Some(text) } else { None }).collect()
    };
    let chat = json!({"messages": [{"role": "user", "content": "Hello?"}]}).to_string();
    assert_eq!(texts("application/json", &chat), ["Hello?"]);
    assert_eq!(
        texts("application/json", &json!({"q": "Who?", "n": 1, "ctx": ["A", ""]}).to_string()),
        ["Who?", "A"]
    );
    assert_eq!(texts("text/plain; charset=utf-8", "Hello?"), ["Hello?"]);
    assert!(texts("application/octet-stream", "\0\0").is_empty());
}
