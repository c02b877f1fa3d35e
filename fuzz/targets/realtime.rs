//! WebSocket frames and Realtime events: any split of the bytes gives the same messages.
#![no_main]

use agentguard_wire::realtime::{Deflate, Message, Messages, Session, Side};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 1 << 16;

fn messages(side: Side, deflate: Option<Deflate>, pieces: &[&[u8]]) -> (Vec<Message>, bool) {
    let (mut reader, mut out) = (Messages::new(side, deflate, LIMIT), Vec::new());
    let read = pieces.iter().try_for_each(|piece| reader.feed(piece, &mut out));
    (out, read.is_ok())
}

fuzz_target!(|input: (bool, bool, u16, &[u8])| {
    let (client, compressed, cut, bytes) = input;
    let side = if client { Side::Client } else { Side::Server };
    let deflate = Deflate::negotiated(if compressed { "permessage-deflate" } else { "" }).unwrap();
    let whole = messages(side, deflate, &[bytes]);
    let (a, b) = bytes.split_at(usize::from(cut).min(bytes.len()));
    assert_eq!(messages(side, deflate, &[a, b]), whole);
    let (mut session, mut happened) = (Session::new("m", LIMIT, LIMIT), Vec::new());
    for line in bytes.split(|byte| *byte == b'\n') {
        match line.split_first() {
            Some((b'>', message)) => session.client(message, &mut happened),
            _ => session.server(line, &mut happened),
        }
    }
    session.end();
});
