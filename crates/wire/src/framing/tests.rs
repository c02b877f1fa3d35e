//! Framings against a simple reading of their specifications, over hostile input and every split.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Framing, Splitter};
use crate::codec::EventDecoder;
use crate::event::Events;
use crate::{Dialect, Event, Frame};

/// Notes every payload as an event.
struct Recorder;

impl EventDecoder for Recorder {
    fn decode(&mut self, name: Option<&str>, data: &[u8], out: &mut Events) {
        let data = String::from_utf8_lossy(data).into_owned();
        out.push(Event::Start { id: name.unwrap_or_default().into(), model: data });
    }
    fn finish(&mut self, _: &mut Events) {}
}

fn split(framing: Framing, chunks: &[&[u8]]) -> Vec<Frame> {
    let mut splitter = Splitter::new(framing);
    let mut frames = Vec::new();
    for chunk in chunks {
        splitter.feed(&Bytes::copy_from_slice(chunk), &mut Recorder, &mut frames);
    }
    splitter.finish(&mut Recorder, &mut frames);
    frames
}

fn payloads(frames: &[Frame]) -> Vec<(String, String)> {
    let event = |event: &Event| match event {
        Event::Start { id, model } => (id.clone(), model.clone()),
        _ => panic!("the recorder gives only starts"),
    };
    frames.iter().flat_map(|frame| frame.events.iter().map(event)).collect()
}

fn joined(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(|frame| frame.raw.to_vec()).collect()
}

fn of(framing: Framing, text: &str) -> Vec<(String, String)> {
    payloads(&split(framing, &[text.as_bytes()]))
}

fn named(name: &str, data: &str) -> (String, String) {
    (name.into(), data.into())
}

/// The standard's algorithm, line by line over the whole text; the last block needs no blank line.
fn sse_oracle(text: &str) -> Vec<(String, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let (mut out, mut name, mut data) = (Vec::new(), String::new(), Vec::new());
    for line in text.split('\n').chain([""]) {
        if line.is_empty() {
            if !data.join("\n").trim_ascii().is_empty() {
                out.push((name.clone(), data.join("\n")));
            }
            (name, data) = (String::new(), Vec::new());
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => name = value.into(),
            "data" => data.push(value.to_owned()),
            _ => {}
        }
    }
    out
}

#[test]
fn sse_reads_all_line_ends_and_names() {
    for end in ["\n", "\r\n", "\r"] {
        let text =
            ["\u{feff}event: a", "data: 1", "", ": ping", "", "data:2", "data: 3", "id: 9", "", "data: last"];
        let frames = split(Framing::Sse, &[text.join(end).as_bytes()]);
        assert_eq!(payloads(&frames), [named("a", "1"), named("", "2\n3"), named("", "last")], "{end:?}");
        assert_eq!(frames.len(), 4);
    }
}

#[test]
fn sse_frame_does_not_wait_for_the_next_event() {
    for text in ["data: 1\n\n", "data: 1\r\n\r\n", "data: 1\r\r"] {
        let (mut splitter, mut frames) = (Splitter::new(Framing::Sse), Vec::new());
        splitter.feed(&Bytes::from(text), &mut Recorder, &mut frames);
        assert_eq!(frames.len(), 1, "{text:?}");
        assert_eq!(splitter.pending(), 0, "{text:?}");
    }
}

#[test]
fn frame_inside_a_chunk_is_a_slice_of_it() {
    let chunk = Bytes::from_static(b"data: 1\n\ndata: 2\n\n");
    let (mut splitter, mut frames) = (Splitter::new(Framing::Sse), Vec::new());
    splitter.feed(&chunk, &mut Recorder, &mut frames);
    assert_eq!(frames[1].raw.as_ptr(), chunk[9..].as_ptr());
}

#[test]
fn ndjson_reads_lines_and_an_unfinished_last_one() {
    assert_eq!(
        of(Framing::Ndjson, "{\"a\":1}\r\n\n {\"b\":2} \n{\"c\":3}"),
        [named("", "{\"a\":1}"), named("", "{\"b\":2}"), named("", "{\"c\":3}")]
    );
}

#[test]
fn json_array_gives_each_element_when_it_closes() {
    let text = r#"[{"a":"}]\"\\"},
  {"b":[1,{}]}
]"#;
    let frames = split(Framing::JsonArray, &[text.as_bytes()]);
    assert_eq!(payloads(&frames), [named("", r#"{"a":"}]\"\\"}"#), named("", r#"{"b":[1,{}]}"#)]);
    assert!(Framing::JsonArray.closes(&frames[2].raw));
    assert_eq!(of(Framing::JsonArray, r#"{"error":1}"#), [named("", r#"{"error":1}"#)]);
    assert_eq!(of(Framing::JsonArray, "[]"), []);
}

#[test]
fn oversize_frame_passes_in_pieces_and_the_next_is_read() {
    for size in [1, 3, 100] {
        let text = [b"data: ".as_slice(), &[b'x'; 60], b"\n\ndata: 2\n\n"].concat();
        let (mut splitter, mut frames) = (Splitter::with_limit(Framing::Sse, 20), Vec::new());
        for chunk in text.chunks(size) {
            splitter.feed(&Bytes::copy_from_slice(chunk), &mut Recorder, &mut frames);
            assert!(splitter.pending() <= 20);
        }
        assert_eq!(joined(&frames), text);
        assert_eq!(frames[0].events.as_slice(), [Event::Unreadable]);
        assert_eq!(payloads(&frames[frames.len() - 1..]), [named("", "2")]);
    }
}

#[test]
fn replacing_data_keeps_everything_around_it() {
    let cases: [(Framing, &str, &str); 5] = [
        (Framing::Sse, "event: a\r\nid: 7\r\ndata: {1}\r\n\r\n", "event: a\r\nid: 7\r\ndata: N\r\n\r\n"),
        (Framing::Sse, "\u{feff}: hi\ndata:{\ndata:}\n\n", "\u{feff}: hi\ndata: N\n\n"),
        (Framing::Sse, "data: {1}", "data: N\n"),
        (Framing::Ndjson, " {1}\r\n", " N\r\n"),
        (Framing::JsonArray, ",\r\n{1}", ",\r\nN"),
    ];
    for (framing, before, after) in cases {
        assert_eq!(framing.replace(before.as_bytes(), b"N"), after);
    }
}

#[test]
fn framing_is_told_by_content_type() {
    let of = Framing::of;
    assert_eq!(of(Dialect::OpenaiChat, "text/event-stream; charset=utf-8", true), Some(Framing::Sse));
    assert_eq!(of(Dialect::OpenaiChat, "Text/Event-Stream", false), Some(Framing::Sse));
    assert_eq!(of(Dialect::OpenaiChat, "application/json", true), None);
    assert_eq!(of(Dialect::OpenaiChat, "", true), Some(Framing::Sse));
    assert_eq!(of(Dialect::OpenaiChat, "text/plain", false), None);
    assert_eq!(of(Dialect::OllamaChat, "application/x-ndjson", true), Some(Framing::Ndjson));
    assert_eq!(of(Dialect::Gemini, "application/json; charset=UTF-8", true), Some(Framing::JsonArray));
    assert_eq!(of(Dialect::Gemini, "application/json", false), None);
    assert_eq!(of(Dialect::Gemini, "text/event-stream", true), Some(Framing::Sse));
}

fn chunked<'a>(text: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
    at.extend([0, text.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn sse_equals_the_standard_and_any_split_is_the_same(
        bom in any::<bool>(),
        pieces in prop::collection::vec(prop::sample::select(vec![
            "\r", "\n", "\r\n", "\n\n", "\r\n\r\n", "data", "data:", "data: ", "data:  x", "{\"a\":1}", "event: e",
            "event", ": c", "id: 1", "retry:5", "é", " ", ":",
        ]), 0..30),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let text = format!("{}{}", if bom { "\u{feff}" } else { "" }, pieces.concat());
        let whole = split(Framing::Sse, &[text.as_bytes()]);
        prop_assert_eq!(payloads(&whole), sse_oracle(&text));
        prop_assert_eq!(joined(&whole), text.as_bytes());
        prop_assert_eq!(split(Framing::Sse, &chunked(text.as_bytes(), &cuts)), whole);
    }

    #[test]
    fn lines_and_arrays_are_the_same_however_they_are_split(
        elements in prop::collection::vec("[ -~]{0,12}", 0..6),
        separator in prop::sample::select(vec![",", ",\r\n", "\n, "]),
        noise in "[\\[\\]{}\", a\\\\]{0,10}",
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let elements: Vec<String> =
            elements.iter().map(|text| serde_json::json!({"t": text, "n": [{}]}).to_string()).collect();
        for (framing, text) in [
            (Framing::JsonArray, format!("[{}\n]", elements.join(separator))),
            (Framing::Ndjson, elements.join("\n")),
        ] {
            let whole = split(framing, &[text.as_bytes()]);
            let found: Vec<String> = payloads(&whole).into_iter().map(|(_, data)| data).collect();
            prop_assert_eq!(&found, &elements);
            let text = text + &noise;
            let whole = split(framing, &[text.as_bytes()]);
            prop_assert_eq!(joined(&whole), text.as_bytes());
            prop_assert_eq!(split(framing, &chunked(text.as_bytes(), &cuts)), whole);
        }
    }
}
