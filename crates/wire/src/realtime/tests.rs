//! Frames in any pieces, and sessions in the names of the general interface and of the beta.

use flate2::{Compress, Compression, FlushCompress};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Answer, Finish, Part, Request, Role, Usage};

const LIMIT: usize = 1 << 20;

/// One frame as RFC 6455, section 5.2, lays it out.
fn frame(first: u8, mask: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let masked = if mask.is_some() { 0x80 } else { 0 };
    let mut out = vec![first];
    match payload.len() {
        length @ 0..126 => out.push(masked | length as u8),
        length @ 126..65_536 => {
            out.push(masked | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(masked | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend(mask.iter().flatten());
    let mask = mask.unwrap_or_default();
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}

fn side(mask: Option<[u8; 4]>) -> Side {
    if mask.is_some() { Side::Client } else { Side::Server }
}

fn read(reader: &mut Messages, bytes: &[u8]) -> Result<Vec<Message>, FrameError> {
    let mut out = Vec::new();
    reader.feed(bytes, &mut out).map(|()| out)
}

/// The compressed form of messages that follow each other, without the tail that senders leave out.
fn compressed(messages: &[Vec<u8>], anew: bool) -> Vec<Vec<u8>> {
    let mut deflate = Compress::new(Compression::default(), false);
    let compress = |message: &Vec<u8>| {
        let mut out = Vec::with_capacity(message.len() + 1024);
        deflate.compress_vec(message, &mut out, FlushCompress::Sync).unwrap();
        if anew {
            deflate.reset();
        }
        if out.is_empty() {
            return vec![0]; // nothing to flush twice; an empty message is an empty block (RFC 7692, section 7.2.3.6)
        }
        assert!(out.ends_with(&[0, 0, 0xff, 0xff]));
        out.truncate(out.len() - 4);
        out
    };
    messages.iter().map(compress).collect()
}

proptest! {
    #[test]
    fn any_split_of_any_fragmentation_gives_the_same_messages(
        messages in vec(vec(any::<u8>(), 0..400), 1..6),
        long in any::<bool>(),
        mask in proptest::option::of(any::<[u8; 4]>()),
        deflate in proptest::option::of(any::<bool>()),
        fragments in vec(1usize..200, 1..8),
        pieces in vec(1usize..300, 1..20),
    ) {
        let mut messages = messages;
        if long {
            messages.push(vec![7; 70_000]);
        }
        let agreed = deflate.map(|anew| {
            let anew = if anew { "; client_no_context_takeover; server_no_context_takeover" } else { "" };
            Deflate::negotiated(&format!("permessage-deflate{anew}")).unwrap().unwrap()
        });
        let payloads = deflate.map_or_else(|| messages.clone(), |anew| compressed(&messages, anew));
        let mut wire = Vec::new();
        let mut sizes = fragments.iter().cycle();
        for (number, payload) in payloads.iter().enumerate() {
            let (mut rest, mut first) = (&payload[..], true);
            loop {
                let size = if rest.len() > 60_000 { rest.len() } else { *sizes.next().unwrap() };
                let (here, after) = rest.split_at(size.min(rest.len()));
                let last = after.is_empty();
                let opcode = if first { 1 + (number % 2) as u8 } else { 0 };
                let rsv1 = if first && deflate.is_some() { 0x40 } else { 0 };
                wire.extend(frame(opcode | rsv1 | if last { 0x80 } else { 0 }, mask, here));
                wire.extend(frame(0x89, mask, b"still there?"));
                (rest, first) = (after, false);
                if last {
                    break;
                }
            }
        }
        wire.extend(frame(0x88, mask, &[3, 232]));
        wire.extend(b"what follows the close is nobody's");
        let mut reader = Messages::new(side(mask), agreed, LIMIT);
        let (mut got, mut rest) = (Vec::new(), &wire[..]);
        for size in pieces.iter().cycle() {
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            reader.feed(piece, &mut got).unwrap();
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(got, messages.into_iter().map(Message::Data).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_panics_on_garbage(bytes in vec(any::<u8>(), 0..2000), masked in any::<bool>(), deflate in any::<bool>()) {
        let agreed = deflate.then(|| Deflate::negotiated("permessage-deflate").unwrap().unwrap());
        let mut reader = Messages::new(if masked { Side::Client } else { Side::Server }, agreed, 1000);
        let mut session = Session::new("m", 1000, 1000);
        let mut happened = Vec::new();
        for message in read(&mut reader, &bytes).unwrap_or_default() {
            if let Message::Data(data) = message {
                session.server(&data, &mut happened);
            }
        }
        session.client(&bytes, &mut happened);
    }
}

#[test]
fn the_examples_of_the_rfcs_are_read() {
    let hello = |text: &str| Ok(vec![Message::Data(text.into())]);
    let one = |side, agreed, bytes: &[u8]| read(&mut Messages::new(side, agreed, LIMIT), bytes);
    // RFC 6455, section 5.7: unmasked, masked, in two fragments with a ping between.
    assert_eq!(one(Side::Server, None, &[0x81, 5, 0x48, 0x65, 0x6c, 0x6c, 0x6f]), hello("Hello"));
    let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(one(Side::Client, None, &masked), hello("Hello"));
    let pieces = [0x01, 3, 0x48, 0x65, 0x6c, 0x89, 1, 0x21, 0x80, 2, 0x6c, 0x6f];
    assert_eq!(one(Side::Server, None, &pieces), hello("Hello"));
    // RFC 7692, section 7.2.3: the same twice, the second referring to the first; and a block that is not compressed.
    let agreed = Deflate::negotiated("permessage-deflate; server_max_window_bits=10").unwrap();
    let twice =
        [0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xc1, 0x05, 0xf2, 0x00, 0x11, 0x00, 0x00];
    assert_eq!(one(Side::Server, agreed, &twice), Ok(vec![Message::Data("Hello".into()); 2]));
    let stored = [0xc1, 0x0b, 0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
    assert_eq!(one(Side::Server, agreed, &stored), hello("Hello"));
}

#[test]
fn what_is_no_frame_is_an_error_and_what_is_long_is_skipped() {
    let one = |side, bytes: &[u8]| read(&mut Messages::new(side, None, 100), bytes);
    for (side, bytes) in [
        (Side::Server, &b"HTTP/1.1 200 OK"[..]),
        (Side::Server, &[0x83, 0]),
        (Side::Server, &[0xc1, 0]),
        (Side::Server, &[0x81, 0x80, 1, 2, 3, 4]),
        (Side::Client, &[0x81, 0]),
        (Side::Server, &[0x80, 0]),
        (Side::Server, &[0x01, 0, 0x81, 0]),
        (Side::Server, &[0x09, 0]),
        (Side::Server, &[0x89, 126, 0, 126]),
        (Side::Server, &[0x81, 127, 0xff, 0, 0, 0, 0, 0, 0, 0]),
    ] {
        assert!(matches!(one(side, bytes), Err(FrameError::Frame(_))), "{bytes:?}");
    }
    let mut bytes = frame(0x81, None, &[b'x'; 101]);
    bytes.extend(frame(0x81, None, b"{}"));
    assert_eq!(one(Side::Server, &bytes), Ok(vec![Message::TooLarge, Message::Data(b"{}".into())]));
    let agreed = Deflate::negotiated("permessage-deflate").unwrap();
    let bomb = frame(0xc1, None, &compressed(&[vec![0; 1 << 20]], false)[0]);
    let mut reader = Messages::new(Side::Server, agreed, 1000);
    assert_eq!(read(&mut reader, &bomb), Err(FrameError::TooLarge(1000)));
}

#[test]
fn extensions_are_read_as_servers_write_them() {
    let agreed = |header| Deflate::negotiated(header);
    assert_eq!(agreed(""), Ok(None));
    assert!(
        agreed("permessage-deflate;server_no_context_takeover ; client_max_window_bits=\"12\"")
            .unwrap()
            .is_some()
    );
    assert_eq!(agreed("x-webkit-deflate-frame"), Err(UnknownExtension));
    assert_eq!(agreed("permessage-deflate, bbf-usp-protocol"), Err(UnknownExtension));
    assert_eq!(agreed("permessage-deflate; of_tomorrow"), Err(UnknownExtension));
}

#[test]
fn paths_that_open_a_session() {
    let of = |path| model("GET", path);
    assert_eq!(of("/v1/realtime?model=gpt-realtime").as_deref(), Some("gpt-realtime"));
    assert_eq!(of("/openai/realtime?api-version=1&deployment=my%20own").as_deref(), Some("my own"));
    assert_eq!(of("/v1/realtime?call_id=c1").as_deref(), Some(""));
    assert_eq!(of("/v1/realtime/sessions"), None);
    assert_eq!(of("/v1/models?x=/realtime"), None);
    assert_eq!(model("POST", "/v1/realtime?model=m"), None);
}

/// What of a script happens: client's lines begin with `>`.
fn play(session: &mut Session, script: &[(char, Value)]) -> Vec<Happening> {
    let mut out = Vec::new();
    for (side, message) in script {
        match side {
            '>' => session.client(message.to_string().as_bytes(), &mut out),
            _ => session.server(message.to_string().as_bytes(), &mut out),
        }
    }
    out
}

fn ended(happened: Vec<Happening>) -> Vec<(Request, Answer)> {
    let ended = happened.into_iter().filter_map(|what| match what {
        Happening::Ended(finished) => Some((finished.request, finished.answer)),
        _ => None,
    });
    ended.collect()
}

fn said(role: Role, text: &str) -> crate::Message {
    crate::Message { role, parts: vec![Part::Text(text.to_owned())] }
}

fn user(id: &str, text: &str) -> Value {
    json!({"id": id, "type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]})
}

fn done(id: &str, output: &Value) -> Value {
    json!({"type": "response.done", "response": {"id": id, "status": "completed", "output": output,
        "usage": {"input_tokens": 3, "output_tokens": 5}}})
}

#[test]
fn both_vocabularies_and_speech_give_the_same_answer() {
    let vocabularies = [
        ("response.output_text", "text", "output_text", "text"),
        ("response.text", "text", "text", "text"),
        ("response.output_audio_transcript", "transcript", "output_audio", "transcript"),
        ("response.audio_transcript", "transcript", "audio", "transcript"),
    ];
    for (name, whole, part, field) in vocabularies {
        let mut session = Session::new("asked-for", LIMIT, LIMIT);
        let at = |more: Value| {
            let mut event =
                json!({"response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0});
            event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            ('<', event)
        };
        let mut whole_part = json!({"type": part});
        whole_part[field] = "It is 12 m.".into();
        let item = json!({"id": "i", "type": "message", "role": "assistant", "content": [whole_part]});
        let mut over = json!({"type": format!("{name}.done")});
        over[whole] = "It is 12 m.".into();
        let happened = play(
            &mut session,
            &[
                (
                    '<',
                    json!({"type": "session.created", "session": {"model": "m-1", "instructions": "Be brief."}}),
                ),
                ('<', json!({"type": "response.created", "response": {"id": "r", "metadata": null}})),
                at(json!({"type": format!("{name}.delta"), "delta": "It is "})),
                at(json!({"type": "response.output_audio.delta", "delta": "UklGRg=="})),
                at(json!({"type": format!("{name}.delta"), "delta": "12 m."})),
                at(over),
                at(json!({"type": "response.output_item.done", "item": item})),
                ('<', done("r", &json!([item]))),
            ],
        );
        assert!(matches!(happened[..3], [Happening::Began(0), Happening::Spoke(0), Happening::Ended(_)]));
        let [(request, answer)] = &ended(happened)[..] else { panic!("one response") };
        assert_eq!((request.model.as_str(), request.stream), ("m-1", true));
        assert_eq!(request.messages, [said(Role::System, "Be brief.")]);
        assert_eq!((answer.id.as_str(), answer.choices[0].text.as_str()), ("r", "It is 12 m."), "{name}");
        assert_eq!(answer.choices[0].finish, Some(Finish::Stop));
        assert_eq!(answer.usage, Some(Usage { input: 3, output: 5 }));
    }
}

#[test]
fn an_item_counts_once_however_often_it_is_told_and_only_for_what_came_after_it() {
    let mut session = Session::new("m", LIMIT, LIMIT);
    let plain =
        json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "How long?"}]});
    let output = json!({"type": "function_call_output", "call_id": "c", "output": "12 m"});
    let mut confirmed = output.clone();
    confirmed["id"] = "o".into();
    let happened = play(
        &mut session,
        &[
            ('>', json!({"type": "conversation.item.create", "item": plain})),
            (
                '>',
                json!({"type": "conversation.item.create", "event_id": "bad", "item": user("x", "Refused.")}),
            ),
            ('<', json!({"type": "error", "error": {"event_id": "bad", "message": "no"}})),
            (
                '<',
                json!({"type": "conversation.item.added", "previous_item_id": null, "item": user("u", "How long?")}),
            ),
            ('<', json!({"type": "conversation.item.done", "item": user("u", "How long?")})),
            ('<', json!({"type": "response.created", "response": {"id": "1"}})),
            (
                '<',
                json!({"type": "response.output_item.added", "response_id": "1", "output_index": 0,
            "item": {"id": "f", "type": "function_call", "call_id": "c", "name": "measure", "arguments": ""}}),
            ),
            (
                '<',
                json!({"type": "conversation.item.added", "previous_item_id": "u",
            "item": {"id": "f", "type": "function_call", "call_id": "c", "name": "measure", "arguments": ""}}),
            ),
            (
                '<',
                json!({"type": "response.function_call_arguments.delta", "response_id": "1", "output_index": 0, "delta": "{}"}),
            ),
            (
                '<',
                json!({"type": "response.function_call_arguments.done", "response_id": "1", "output_index": 0, "arguments": "{}"}),
            ),
            (
                '<',
                json!({"type": "response.output_item.done", "response_id": "1", "output_index": 0,
            "item": {"id": "f", "type": "function_call", "call_id": "c", "name": "measure", "arguments": "{}"}}),
            ),
            (
                '<',
                done(
                    "1",
                    &json!([{"id": "f", "type": "function_call", "call_id": "c", "name": "measure", "arguments": "{}"}]),
                ),
            ),
            ('>', json!({"type": "conversation.item.create", "item": output})),
            ('<', json!({"type": "conversation.item.created", "item": confirmed})),
            ('<', json!({"type": "response.created", "response": {"id": "2"}})),
            ('<', done("2", &json!([]))),
        ],
    );
    let [(first, call), (second, _)] = &ended(happened)[..] else { panic!("two responses") };
    assert_eq!(first.messages, [said(Role::User, "How long?")]);
    assert_eq!(
        (call.choices[0].tool_calls[0].name.as_str(), call.choices[0].tool_calls.len()),
        ("measure", 1)
    );
    assert_eq!(call.choices[0].tool_calls[0].arguments, "{}");
    assert_eq!(second.messages.len(), 3, "{:?}", second.messages);
    let Part::ToolResult { name, text, .. } = &second.messages[2].parts[0] else { panic!("a result") };
    assert_eq!((name.as_str(), text.as_str()), ("measure", "12 m"));
}

#[test]
fn what_is_said_beside_the_conversation_has_its_own_context() {
    let mut session = Session::new("m", LIMIT, LIMIT);
    let happened = play(
        &mut session,
        &[
            ('<', json!({"type": "conversation.item.added", "item": user("u", "Hello.")})),
            ('<', json!({"type": "session.updated", "session": {"instructions": "Of the session."}})),
            (
                '>',
                json!({"type": "response.create", "response": {"conversation": "none", "metadata": {"n": "1"},
            "instructions": "Of its own.", "tools": [{"type": "function", "name": "t"}],
            "input": [{"type": "item_reference", "id": "u"}, user("v", "Classify it.")]}}),
            ),
            ('>', json!({"type": "response.create"})),
            ('<', json!({"type": "response.created", "response": {"id": "b"}})),
            ('<', json!({"type": "response.created", "response": {"id": "a", "metadata": {"n": "1"}}})),
            ('<', done("a", &json!([]))),
            ('<', done("b", &json!([]))),
        ],
    );
    let [(aside, _), (main, _)] = &ended(happened)[..] else { panic!("two responses") };
    let of =
        [said(Role::System, "Of its own."), said(Role::User, "Hello."), said(Role::User, "Classify it.")];
    assert_eq!((&aside.messages[..], aside.tools[0].name.as_str()), (&of[..], "t"));
    assert_eq!(main.messages, [said(Role::System, "Of the session."), said(Role::User, "Hello.")]);
    assert!(main.tools.is_empty());
}

#[test]
fn speech_is_read_as_it_is_written_down_and_forgotten_as_it_was_not_heard() {
    let mut session = Session::new("m", LIMIT, LIMIT);
    let spoken = json!({"id": "u", "type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": null}]});
    let mut script = vec![
        ('<', json!({"type": "conversation.item.added", "item": spoken})),
        ('<', json!({"type": "conversation.item.added", "item": user("gone", "Never mind.")})),
        ('<', json!({"type": "conversation.item.deleted", "item_id": "gone"})),
        ('<', json!({"type": "response.created", "response": {"id": "1"}})),
        (
            '<',
            json!({"type": "conversation.item.input_audio_transcription.completed", "item_id": "u", "transcript": "How long?"}),
        ),
        ('<', done("1", &json!([]))),
        ('<', json!({"type": "conversation.item.truncated", "item_id": "u"})),
        ('<', json!({"type": "response.created", "response": {"id": "2"}})),
        (
            '<',
            json!({"type": "response.done", "response": {"id": "2", "status": "failed", "output": [],
            "status_details": {"type": "failed", "error": {"message": "overheated"}}}}),
        ),
    ];
    script.push((
        '<',
        json!({"type": "response.done", "response": {"id": "3", "status": "incomplete", "output": [],
        "status_details": {"reason": "max_output_tokens"}}}),
    ));
    let ended = ended(play(&mut session, &script));
    assert_eq!(ended[0].0.messages, [said(Role::User, "How long?")]);
    assert!(ended[1].0.messages.is_empty());
    assert_eq!(ended[1].1.error.as_deref(), Some("overheated"));
    assert_eq!(ended[2].1.choices[0].finish, Some(Finish::Length));
}

#[test]
fn the_oldest_turns_go_when_there_are_too_many_and_that_is_said() {
    let mut session = Session::new("m", 3000, 10);
    for number in 0..20 {
        let item = user(&number.to_string(), &"x".repeat(300));
        play(&mut session, &[('<', json!({"type": "conversation.item.added", "item": item}))]);
    }
    assert_eq!(session.forgotten(), 15);
    let happened = play(
        &mut session,
        &[
            ('<', json!({"type": "response.created", "response": {"id": "r"}})),
            (
                '<',
                json!({"type": "response.text.delta", "response_id": "r", "delta": "longer than ten bytes"}),
            ),
        ],
    );
    assert_eq!(happened, [Happening::Began(0), Happening::Spoke(0)]);
    let left = session.end();
    assert_eq!((left.len(), left[0].complete, left[0].over), (1, false, true));
    assert_eq!((left[0].request.messages.len(), left[0].request.continues.is_some()), (5, true));
    let mut happened = Vec::new();
    session.server(b"not JSON", &mut happened);
    session.server(b"[1]", &mut happened);
    assert_eq!(happened, [Happening::Unreadable]);
}

#[test]
fn questions_that_wait_hold_no_more_than_the_limit_whatever_they_are_made_of() {
    let mut session = Session::new("m", 10_000, LIMIT);
    let tools =
        json!([{"type": "function", "name": "f", "description": "x".repeat(6_000), "parameters": {}}]);
    let asked = json!({"type": "response.create", "response": {"tools": tools}});
    let begun = |id: &str| json!({"type": "response.created", "response": {"id": id}});
    let script = [
        ('>', asked.clone()),
        ('>', asked),
        ('<', begun("1")),
        ('<', begun("2")),
        ('<', done("1", &json!([]))),
        ('<', done("2", &json!([]))),
    ];
    let ended = ended(play(&mut session, &script));
    assert_eq!((ended[0].0.tools.len(), ended[0].0.continues.as_deref()), (1, None));
    assert_eq!((ended[1].0.tools.len(), ended[1].0.continues.as_deref()), (0, Some("forgotten")));
    assert_eq!(session.forgotten(), 1);
}

#[test]
fn what_running_responses_keep_of_earlier_settings_is_shared_and_bounded() {
    let update =
        |text: &str| json!({"type": "session.update", "session": {"instructions": text.repeat(4_000)}});
    let begin = |id: &str| json!({"type": "response.created", "response": {"id": id}});
    let mut session = Session::new("m", 10_000, LIMIT);
    play(&mut session, &[('>', update("a"))]);
    // The same again, from the server: nothing is kept twice.
    for id in ["1", "2", "3", "4"] {
        let said = json!({"type": "session.updated", "session": update("a")["session"]});
        play(&mut session, &[('<', begin(id)), ('<', said)]);
    }
    play(&mut session, &[('>', update("b")), ('<', begin("5"))]);
    assert_eq!(session.forgotten(), 0);
    // Three settings that differ, of 4 KB each: the two that hold no longer fit; a third does not.
    play(&mut session, &[('>', update("c")), ('<', begin("6"))]);
    assert_eq!(session.forgotten(), 0);
    play(&mut session, &[('>', update("d"))]);
    assert_eq!(session.forgotten(), 4);
    let script: Vec<_> = ["1", "2", "3", "4", "5", "6"].map(|id| ('<', done(id, &json!([])))).into();
    let ended = ended(play(&mut session, &script));
    let forgotten: Vec<_> = ended.iter().map(|(request, _)| request.continues.is_some()).collect();
    assert_eq!(forgotten, [true, true, true, true, false, false]);
    assert_eq!(ended[4].0.messages, [said(Role::System, &"b".repeat(4_000))]);
    assert_eq!(ended[5].0.messages, [said(Role::System, &"c".repeat(4_000))]);
}
