//! Messages against the format's own description, botocore's reading of it, and everything that can go wrong with them.

use bytes::Bytes;
use proptest::prelude::*;

use super::super::{Framing, MAX_FRAME, Splitter};
use super::{EventStreamError, HeaderValue, MAX_HEADERS, Message, OVERHEAD};
use crate::codec::EventDecoder;
use crate::event::Events;
use crate::{Event, Frame};

/// Notes every payload as an event.
struct Recorder;

impl EventDecoder for Recorder {
    fn decode(&mut self, name: Option<&str>, data: &[u8], out: &mut Events) {
        let data = String::from_utf8_lossy(data).into_owned();
        out.push(Event::Start { id: name.unwrap_or_default().into(), model: data });
    }
    fn finish(&mut self, _: &mut Events) {}
}

fn split<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Frame> {
    let (mut splitter, mut frames) = (Splitter::new(Framing::EventStream), Vec::new());
    for chunk in chunks {
        splitter.feed(&Bytes::copy_from_slice(chunk), &mut Recorder, &mut frames);
        assert!(splitter.pending() <= MAX_FRAME);
    }
    splitter.finish(&mut Recorder, &mut frames);
    frames
}

fn event(name: &str, data: &str) -> Vec<u8> {
    let mut out = Vec::new();
    super::write(Some(name), data.as_bytes(), &mut out);
    out
}

/// Names and payloads; what could not be read is `None`, once for all pieces that follow each other.
fn said(frames: &[Frame]) -> Vec<Option<(String, String)>> {
    let mut out = Vec::new();
    for frame in frames {
        let next = match frame.events.as_slice() {
            [Event::Start { id, model }] => Some((id.clone(), model.clone())),
            [Event::Unreadable] => None,
            other => panic!("{other:?}"),
        };
        if next.is_some() || out.last() != Some(&None) {
            out.push(next);
        }
    }
    out
}

fn joined(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(|frame| frame.raw.to_vec()).collect()
}

fn named(name: &str, data: &str) -> Option<(String, String)> {
    Some((name.to_owned(), data.to_owned()))
}

/// Lengths as given, the checksum right: a prelude that lies.
fn prelude(total: u32, headers: u32) -> Vec<u8> {
    let mut out = [total.to_be_bytes(), headers.to_be_bytes()].concat();
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    out
}

#[test]
fn the_smallest_message_is_that_of_aws_test_vectors() {
    // "empty_message" of the vectors that AWS's SDKs share.
    let empty = [0, 0, 0, 0x10, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff];
    assert_eq!(Message::parse(&empty), Ok(Message::default()));
    assert_eq!(Message::default().to_bytes().expect("a message"), empty);
    // "payload_one_str_header": a JSON payload with one header.
    let message = Message {
        headers: vec![("content-type", HeaderValue::String("application/json"))],
        payload: b"{'foo':'bar'}",
    };
    let bytes = message.to_bytes().expect("a message");
    assert_eq!(bytes[..12], [0, 0, 0, 0x3d, 0, 0, 0, 0x20, 0x07, 0xfd, 0x83, 0x96]);
    assert_eq!(bytes[bytes.len() - 4..], [0x8d, 0x9c, 0x08, 0xb1]);
    assert_eq!(Message::parse(&bytes), Ok(message));
}

#[test]
fn every_type_of_header_is_read() {
    let message = Message {
        headers: vec![
            ("true", HeaderValue::Bool(true)),
            ("false", HeaderValue::Bool(false)),
            ("byte", HeaderValue::Byte(-7)),
            ("short", HeaderValue::Short(-300)),
            ("int", HeaderValue::Int(-70_000)),
            ("long", HeaderValue::Long(-5_000_000_000)),
            ("bytes", HeaderValue::Bytes(&[0, 255])),
            ("string", HeaderValue::String("Zürich")),
            ("time", HeaderValue::Timestamp(1_700_000_000_123)),
            ("uuid", HeaderValue::Uuid([9; 16])),
        ],
        payload: b"x",
    };
    let bytes = message.to_bytes().expect("a message");
    assert_eq!(Message::parse(&bytes), Ok(message.clone()));
    assert_eq!(
        (message.string("string"), message.string("byte"), message.string("none")),
        (Some("Zürich"), None, None)
    );
    let replaced = super::replace(&bytes, b"other");
    let read = Message::parse(&replaced).expect("a message");
    assert_eq!((read.headers, read.payload), (message.headers, b"other".as_slice()));
}

#[test]
fn headers_that_make_no_sense_are_told() {
    let with = |headers: &[u8]| {
        let mut out = Vec::new();
        super::assemble(headers, b"", &mut out);
        Message::parse(&out).expect_err("no message")
    };
    for headers in [
        b"\x03ab".as_slice(),
        b"\x01a\x0a",
        b"\x01a",
        b"\x00\x00",
        b"\x01a\x07\x00\x05ab",
        b"\x01a\x07\x00\x01\xff",
        b"\x01\xff\x00",
        b"\x01a\x05\x00",
        b"\x01a\x00\x01a\x01",
    ] {
        assert!(matches!(with(headers), EventStreamError::Header(_)), "{headers:?}");
    }
    let long = "n".repeat(256);
    for headers in [
        vec![(long.as_str(), HeaderValue::Bool(true))],
        vec![("", HeaderValue::Bool(true))],
        vec![("a", HeaderValue::Bytes(&[0; 32_768]))],
        vec![("a", HeaderValue::Bool(true)), ("a", HeaderValue::Bool(true))],
    ] {
        let message = Message { headers, payload: b"" };
        assert!(matches!(message.to_bytes(), Err(EventStreamError::Header(_))));
    }
}

#[test]
fn lengths_that_lie_are_told() {
    let lengths =
        |total: u32, headers: u32| Message::parse(&prelude(total, headers)).expect_err("no message");
    for (total, headers) in [(0, 0), (15, 0), (16, 1), (u32::MAX, MAX_HEADERS as u32 + 1), (100, u32::MAX)] {
        assert!(matches!(lengths(total, headers), EventStreamError::Lengths { .. }), "{total} {headers}");
    }
    assert!(matches!(lengths(17, 0), EventStreamError::Incomplete { actual: 12, declared: 17 }));
    assert!(matches!(Message::parse(b"short"), Err(EventStreamError::Incomplete { .. })));
}

#[test]
fn exceptions_and_errors_have_one_name() {
    let exception = event("throttlingException", r#"{"message":"slow down"}"#);
    let error = Message {
        headers: vec![
            (":message-type", HeaderValue::String("error")),
            (":error-code", HeaderValue::String("InternalError")),
            (":error-message", HeaderValue::String("it \"broke\"")),
        ],
        payload: b"",
    };
    let stream = [exception, error.to_bytes().expect("a message"), event("chunk", "{}")].concat();
    assert_eq!(
        said(&split([stream.as_slice()])),
        [
            named("exception", r#"{"message":"slow down"}"#),
            named("exception", r#"{"message":"it \"broke\""}"#),
            named("chunk", "{}"),
        ]
    );
}

#[test]
fn a_damaged_message_is_unreadable_and_the_next_is_read() {
    let mut stream = [event("a", "one"), event("b", "two"), event("c", "three")].concat();
    let (first, second) = (event("a", "one").len(), event("b", "two").len());
    // One bit of the payload, of the headers, of the checksum.
    for at in [first + second - 6, first + 14, first + second - 1] {
        stream[at] ^= 0x10;
        let frames = split([stream.as_slice()]);
        assert_eq!(said(&frames), [named("a", "one"), None, named("c", "three")], "byte {at}");
        assert_eq!(joined(&frames), stream);
        stream[at] ^= 0x10;
    }
}

#[test]
fn nothing_is_read_after_a_damaged_prelude_and_nothing_is_held() {
    let good = event("a", "one");
    for damage in [0_usize, 3, 7, 11] {
        let mut stream = [good.clone(), event("b", "two"), event("c", "three")].concat();
        stream[good.len() + damage] ^= 1;
        let (mut splitter, mut frames) = (Splitter::new(Framing::EventStream), Vec::new());
        for byte in &stream {
            splitter.feed(&Bytes::copy_from_slice(&[*byte]), &mut Recorder, &mut frames);
            assert!(splitter.pending() < good.len());
        }
        splitter.finish(&mut Recorder, &mut frames);
        assert_eq!(said(&frames), [named("a", "one"), None], "byte {damage} of the prelude");
        assert_eq!(joined(&frames), stream);
    }
}

#[test]
fn a_message_that_is_too_long_passes_unread_and_without_being_held() {
    let long = "x".repeat(MAX_FRAME);
    let stream = [event("a", "one"), event("b", &long), event("c", "three")].concat();
    let (mut splitter, mut frames) = (Splitter::new(Framing::EventStream), Vec::new());
    for chunk in stream.chunks(1 << 20) {
        splitter.feed(&Bytes::copy_from_slice(chunk), &mut Recorder, &mut frames);
        assert_eq!(splitter.pending(), 0);
    }
    splitter.finish(&mut Recorder, &mut frames);
    assert_eq!(said(&frames), [named("a", "one"), None, named("c", "three")]);
    assert_eq!(joined(&frames), stream);
    // A length of four gigabytes costs nothing but the prelude.
    let stream = [prelude(u32::MAX, 0), vec![7; 1000]].concat();
    let frames = split(stream.chunks(10));
    assert_eq!((said(&frames), joined(&frames)), (vec![None], stream));
}

#[test]
fn a_stream_that_breaks_off_is_unreadable_from_there() {
    let stream = [event("a", "one"), event("b", "two")].concat();
    let whole = event("a", "one").len();
    for end in whole + 1..stream.len() {
        let frames = split([&stream[..end]]);
        assert_eq!(said(&frames), [named("a", "one"), None], "{end} bytes");
        assert_eq!(joined(&frames), stream[..end]);
    }
    assert_eq!(said(&split([&stream[..whole]])), [named("a", "one")]);
}

#[test]
fn content_type_tells_the_framing_of_bedrock_only() {
    use crate::Dialect::{BedrockConverse, BedrockInvoke, OpenaiChat};
    let kind = "application/vnd.amazon.eventstream";
    for dialect in [BedrockConverse, BedrockInvoke] {
        assert_eq!(Framing::of(dialect, kind, true), Some(Framing::EventStream));
        assert_eq!(Framing::of(dialect, "", true), Some(Framing::EventStream));
        assert_eq!(Framing::of(dialect, "application/json", false), None);
    }
    assert_eq!(Framing::of(OpenaiChat, kind, true), None);
}

#[derive(Clone, Debug)]
enum Given {
    Bool(bool),
    Byte(i8),
    Short(i16),
    Int(i32),
    Long(i64),
    Bytes(Vec<u8>),
    Text(String),
    Time(i64),
    Uuid([u8; 16]),
}

impl Given {
    fn value(&self) -> HeaderValue<'_> {
        match self {
            Self::Bool(value) => HeaderValue::Bool(*value),
            Self::Byte(value) => HeaderValue::Byte(*value),
            Self::Short(value) => HeaderValue::Short(*value),
            Self::Int(value) => HeaderValue::Int(*value),
            Self::Long(value) => HeaderValue::Long(*value),
            Self::Bytes(value) => HeaderValue::Bytes(value),
            Self::Text(value) => HeaderValue::String(value),
            Self::Time(value) => HeaderValue::Timestamp(*value),
            Self::Uuid(value) => HeaderValue::Uuid(*value),
        }
    }
}

fn given() -> impl Strategy<Value = Given> {
    prop_oneof![
        any::<bool>().prop_map(Given::Bool),
        any::<i8>().prop_map(Given::Byte),
        any::<i16>().prop_map(Given::Short),
        any::<i32>().prop_map(Given::Int),
        any::<i64>().prop_map(Given::Long),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Given::Bytes),
        "\\PC{0,20}".prop_map(Given::Text),
        any::<i64>().prop_map(Given::Time),
        any::<[u8; 16]>().prop_map(Given::Uuid),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_what_is_read(
        headers in prop::collection::btree_map("\\PC{1,20}", given(), 0..8),
        payload in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.value())).collect();
        let message = Message { headers, payload: &payload };
        let bytes = message.to_bytes().expect("names and values are short");
        prop_assert!(bytes.len() >= OVERHEAD + payload.len());
        prop_assert_eq!(Message::parse(&bytes).expect("what was written"), message);
    }

    #[test]
    fn any_split_gives_the_same(
        payloads in prop::collection::vec("\\PC{0,30}", 0..6),
        damage in prop::option::of((any::<prop::sample::Index>(), 1..=255_u8)),
        tail in prop::collection::vec(any::<u8>(), 0..30),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let mut stream: Vec<u8> = payloads.iter().flat_map(|data| event("chunk", data)).collect();
        stream.extend_from_slice(&tail);
        if let Some((at, bits)) = damage.filter(|_| !stream.is_empty()) {
            let at = at.index(stream.len());
            stream[at] ^= bits;
        }
        let whole = split([stream.as_slice()]);
        prop_assert_eq!(&joined(&whole), &stream);
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        at.extend([0, stream.len()]);
        at.sort_unstable();
        let parts = split(at.windows(2).map(|pair| &stream[pair[0]..pair[1]]));
        prop_assert_eq!(said(&parts), said(&whole));
        prop_assert_eq!(joined(&parts), stream.clone());
        // Undamaged, the frames are the same one by one.
        if tail.is_empty() && damage.is_none() {
            prop_assert_eq!(parts, whole);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), headers in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = Message::parse(&bytes);
        prop_assert_eq!(joined(&split([bytes.as_slice()])), bytes);
        // With right checksums, so that the headers are looked at.
        let mut framed = Vec::new();
        super::assemble(&headers, b"", &mut framed);
        if let Ok(message) = Message::parse(&framed) {
            for (name, value) in &message.headers {
                if let HeaderValue::Bytes(bytes) = value { prop_assert!(bytes.len() <= headers.len()); }
                prop_assert!(!name.is_empty());
            }
        }
    }
}
