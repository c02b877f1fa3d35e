//! Streams in every dialect and framing: any split of the bytes gives the same frames, and the frames are the bytes.
#![no_main]

use agentguard_wire::{Dialect, Event, Frame, Framing, StreamDecoder};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

const FRAMINGS: [Framing; 4] = [Framing::Sse, Framing::Ndjson, Framing::JsonArray, Framing::EventStream];

fn frames(dialect: Dialect, framing: Framing, pieces: &[&[u8]]) -> Vec<Frame> {
    let (mut decoder, mut out) = (StreamDecoder::new(dialect, framing), Vec::new());
    for piece in pieces {
        decoder.feed(&Bytes::copy_from_slice(piece), &mut out);
    }
    decoder.finish(&mut out);
    out
}

fuzz_target!(|input: (u8, u8, u16, &[u8])| {
    let (dialect, framing, cut, bytes) = input;
    let dialect = Dialect::ALL[usize::from(dialect) % Dialect::ALL.len()];
    let framing = FRAMINGS[usize::from(framing) % FRAMINGS.len()];
    let whole = frames(dialect, framing, &[bytes]);
    let raw: Vec<u8> = whole.iter().flat_map(|frame| frame.raw.iter().copied()).collect();
    assert_eq!(raw, bytes);
    let (a, b) = bytes.split_at(usize::from(cut).min(bytes.len()));
    // What cannot be read passes on as it arrives, in as many pieces.
    let events = |frames: &[Frame]| {
        let mut events: Vec<Event> = frames.iter().flat_map(|frame| frame.events.iter().cloned()).collect();
        events.dedup_by(|a, b| *a == Event::Unreadable && *b == Event::Unreadable);
        events
    };
    assert_eq!(events(&frames(dialect, framing, &[a, b])), events(&whole));
});
