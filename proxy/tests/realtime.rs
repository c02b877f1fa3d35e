//! Realtime sessions over WebSocket: every byte passes as it came, and every response is judged beside it.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::time::Duration;

use agentguard_api::VerdictEvent;
use agentguard_judge::{NotChecked, State};
use agentguard_policy::{Action, Capture, Delivery, Policy, Thresholds};
use agentguard_proxy::Config;
use flate2::{Compress, Compression, FlushCompress};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use support::World;
use support::chat::{BAD, CONTEXT, FIRST, QUESTION, bad, good};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

const REALTIME: &str = "/openai/v1/realtime?model=gpt-realtime";
/// pingora loses an upgrade that is answered within microseconds (cloudflare/pingora#946).
const SWITCHING: Duration = Duration::from_millis(20);

/// A policy that would act if it could.
fn blocking() -> Policy {
    support::policy(|rule| {
        rule.action = Action::Block;
        rule.delivery = Delivery::Full;
        rule.thresholds = Thresholds { warn: 0.25, act: 0.3 };
        rule.capture = Capture::All;
    })
}

/// The two ends of an upgraded connection with the proxy between them.
struct Line {
    world: World,
    client: TcpStream,
    server: TcpStream,
}

impl Line {
    async fn open(path: &str, extensions: &str, change: impl FnOnce(&mut Config)) -> Self {
        let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let world =
            World::with(&format!("http://{}", upstream.local_addr().unwrap()), blocking(), change).await;
        let mut client = TcpStream::connect(world.addresses.base_url.unwrap()).await.unwrap();
        let asks = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: \
             dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\nauthorization: Bearer secret\r\n\r\n"
        );
        client.write_all(asks.as_bytes()).await.unwrap();
        let (mut server, _) = upstream.accept().await.unwrap();
        head(&mut server).await;
        tokio::time::sleep(SWITCHING).await;
        let answers = format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n{extensions}\r\n"
        );
        server.write_all(answers.as_bytes()).await.unwrap();
        assert!(head(&mut client).await.starts_with("HTTP/1.1 101"));
        Self { world, client, server }
    }

    async fn plain() -> Self {
        Self::open(REALTIME, "", |_| {}).await
    }

    /// The client sends bytes, and the server gets them.
    async fn up(&mut self, bytes: &[u8]) {
        pass(&mut self.client, &mut self.server, bytes).await;
    }

    /// The server sends bytes, and the client gets them.
    async fn down(&mut self, bytes: &[u8]) {
        pass(&mut self.server, &mut self.client, bytes).await;
    }

    /// The session up to the question.
    async fn ask(&mut self) {
        for event in question() {
            self.up(&text(&event, true)).await;
        }
        for event in taken() {
            self.down(&text(&event, false)).await;
        }
    }

    async fn answer(&mut self, events: &[Value]) {
        for event in events {
            self.down(&text(event, false)).await;
        }
    }
}

async fn head(tcp: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tcp.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn pass(from: &mut TcpStream, to: &mut TcpStream, bytes: &[u8]) {
    let mut came = vec![0; bytes.len()];
    let (written, read) = tokio::join!(
        from.write_all(bytes),
        tokio::time::timeout(Duration::from_secs(10), to.read_exact(&mut came))
    );
    written.unwrap();
    read.expect("the bytes within 10 s").unwrap();
    assert!(came == bytes, "the bytes came otherwise");
}

/// A frame; those of clients are masked.
fn frame(first: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let mut out = vec![first];
    let bit = if masked { 0x80 } else { 0 };
    if payload.len() < 126 {
        out.push(bit | payload.len() as u8);
    } else {
        out.push(bit | 126);
        out.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
    }
    let mask = if masked { [0x37, 0xfa, 0x21, 0x3d] } else { [0; 4] };
    if masked {
        out.extend(mask);
    }
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}

fn text(event: &Value, masked: bool) -> Vec<u8> {
    frame(0x81, event.to_string().as_bytes(), masked)
}

fn tool() -> Value {
    json!({"type": "function", "name": "pay", "description": "Pays an invoice.", "parameters": {
        "type": "object", "properties": {"invoice": {"type": "string"}, "amount": {"type": "number"}},
        "required": ["invoice", "amount"], "additionalProperties": false,
    }})
}

fn question() -> [Value; 3] {
    let asks =
        json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": QUESTION}]});
    [
        json!({"type": "session.update", "session": {"type": "realtime", "instructions": CONTEXT, "tools": [tool()]}}),
        json!({"type": "conversation.item.create", "item": asks}),
        json!({"type": "response.create"}),
    ]
}

fn taken() -> [Value; 3] {
    let asks = json!({"id": "i1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": QUESTION}]});
    [
        json!({"type": "session.updated", "session":
            {"type": "realtime", "model": "gpt-realtime-2026", "instructions": CONTEXT, "tools": [tool()]}}),
        json!({"type": "conversation.item.added", "previous_item_id": null, "item": asks}),
        json!({"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "output": []}}),
    ]
}

fn delta(text: &str) -> Value {
    json!({"type": "response.output_text.delta", "response_id": "resp_1", "item_id": "i2", "output_index": 0,
        "content_index": 0, "delta": text})
}

fn done(item: &Value) -> Value {
    json!({"type": "response.done", "response": {"id": "resp_1", "status": "completed", "output": [item],
        "usage": {"input_tokens": 11, "output_tokens": 22, "total_tokens": 33}}})
}

fn message(text: &str) -> Value {
    json!({"id": "i2", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]})
}

/// The events of an answer, word by word.
fn answer(text: &str) -> Vec<Value> {
    text.split_inclusive(' ').map(delta).chain([done(&message(text))]).collect()
}

fn invented(event: &VerdictEvent) {
    assert!(matches!(event.verdict, State::Ungrounded | State::Contradicted), "{event:?}");
    let (start, end) = (FIRST.chars().count(), FIRST.chars().count() + BAD.chars().count());
    assert!(!event.spans.is_empty(), "{event:?}");
    assert!(event.spans.iter().all(|span| span.start >= start && span.end <= end), "{:?}", event.spans);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_is_judged_and_no_byte_is_touched() {
    let mut line = Line::plain().await;
    line.ask().await;
    line.answer(&answer(&bad())).await;
    let event = line.world.event().await;
    invented(&event);
    assert_eq!(
        (event.action, event.would, event.mode),
        (Action::Observe, Some(Action::Block), Delivery::Pass)
    );
    assert_eq!((event.dialect.as_str(), event.provider.as_str()), ("openai_realtime", "openai"));
    assert_eq!((event.model.as_str(), event.response_id.as_str()), ("gpt-realtime-2026", "resp_1"));
    assert_eq!((event.stream, event.status, event.path.as_str()), (true, 101, "/v1/realtime"));
    assert_eq!((event.input_tokens, event.output_tokens), (Some(11), Some(22)));
    assert_eq!(event.content.as_ref().unwrap().texts, [bad()]);
    assert!(event.latency.held_ms == 0.0 && event.latency.first_byte_ms > 0.0);
    assert_eq!(line.world.metric("agentguard_exchanges_judged_total{direction=\"outbound\"}"), 1.0);
    // The next response of the same session.
    let again = json!({"type": "response.created", "response": {"id": "resp_1"}});
    line.answer(&[vec![again], answer(&good())].concat()).await;
    let events = line.world.events(2).await;
    assert_eq!(events[1].verdict, State::Grounded, "{:?}", events[1]);
    drop(line.client);
    assert_eq!(line.world.stop().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_call_is_judged_against_the_session_s_tools() {
    let mut line = Line::plain().await;
    line.ask().await;
    let call = json!({"id": "i2", "type": "function_call", "call_id": "c1", "name": "pay",
        "arguments": "{\"invoice\":\"INV-2041\",\"sum\":\"all\"}"});
    let mut begun = call.clone();
    begun["arguments"] = "".into();
    let at = |kind: &str, more: Value| {
        let mut event = json!({"type": kind, "response_id": "resp_1", "item_id": "i2", "output_index": 0});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    line.answer(&[
        at("response.output_item.added", json!({"item": begun})),
        at(
            "response.function_call_arguments.delta",
            json!({"call_id": "c1", "delta": "{\"invoice\":\"INV-2041\","}),
        ),
        at("response.function_call_arguments.delta", json!({"call_id": "c1", "delta": "\"sum\":\"all\"}"})),
        at("response.function_call_arguments.done", json!({"call_id": "c1", "arguments": call["arguments"]})),
        at("response.output_item.done", json!({"item": call})),
        done(&call),
    ])
    .await;
    let event = line.world.event().await;
    assert!(matches!(event.verdict, State::Ungrounded | State::Contradicted), "{event:?}");
    assert!(event.spans.iter().any(|span| span.call == Some(0)), "{:?}", event.spans);
    assert_eq!(event.content.unwrap().tool_calls[0].name, "pay");
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_messages_in_pieces_with_pings_between_are_read() {
    let kept = "sec-websocket-extensions: permessage-deflate; client_max_window_bits=15\r\n";
    let anew = "sec-websocket-extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n";
    for (extensions, anew) in [(kept, false), (anew, true)] {
        let mut line = Line::open(REALTIME, extensions, |_| {}).await;
        let mut deflates = [true, false].map(|_| Compress::new(Compression::best(), false));
        let mut frames = |event: &Value, masked: bool| {
            let deflate = &mut deflates[usize::from(masked)];
            let plain = event.to_string();
            let mut packed = Vec::with_capacity(plain.len() + 1024);
            deflate.compress_vec(plain.as_bytes(), &mut packed, FlushCompress::Sync).unwrap();
            if anew {
                deflate.reset();
            }
            packed.truncate(packed.len() - 4);
            let (first, second) = packed.split_at(packed.len() / 2);
            [
                frame(0x41, first, masked),
                frame(0x89, b"?", masked),
                frame(0x00, &second[..1], masked),
                frame(0x80, &second[1..], masked),
            ]
            .concat()
        };
        for event in question() {
            let bytes = frames(&event, true);
            for piece in bytes.chunks(50) {
                line.up(piece).await;
            }
        }
        for event in taken().iter().chain(&answer(&bad())) {
            line.down(&frames(event, false)).await;
        }
        invented(&line.world.event().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_the_client_left_is_judged_as_far_as_it_goes() {
    for (said, found) in [(FIRST.to_owned(), false), (bad(), true)] {
        let mut line = Line::plain().await;
        line.ask().await;
        line.answer(&[delta(&said), delta("")]).await;
        drop(line.client);
        let event = line.world.event().await;
        if found {
            invented(&event);
        } else {
            assert_eq!((event.verdict, event.reason), (State::NotChecked, Some(NotChecked::Aborted)));
        }
        assert_eq!(event.content.unwrap().texts, [said]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_passes_untouched_and_is_counted_once() {
    let unknown = "sec-websocket-extensions: permessage-deflate, x-of-our-own\r\n";
    for (extensions, room, reason) in [
        ("", 1 << 20, NotChecked::UnknownDialect),
        (unknown, 1 << 20, NotChecked::Encoding),
        ("sec-websocket-extensions: permessage-deflate\r\n", 1 << 20, NotChecked::Encoding),
        ("", 300, NotChecked::Overload),
    ] {
        let mut line = Line::open(REALTIME, extensions, |config| config.limits.realtime_bytes = room).await;
        let garbage = if extensions.is_empty() {
            b"\x83 no frame".to_vec()
        } else {
            frame(0xc1, b"\xff\xff\xff", false)
        };
        line.down(&garbage.repeat(20)).await;
        line.up(&(0..=255).collect::<Vec<u8>>().repeat(500)).await;
        let event = line.world.event().await;
        assert_eq!((event.verdict, event.reason), (State::NotChecked, Some(reason)), "{extensions:?}");
        assert_eq!((event.dialect.as_str(), event.model.as_str()), ("openai_realtime", "gpt-realtime"));
        let counted = format!("agentguard_exchanges_not_judged_total{{reason=\"{}\"}}", reason.as_str());
        assert_eq!(line.world.metric(&counted), 1.0);
        line.ask().await;
        line.answer(&answer(&bad())).await;
        drop(line.client);
        assert_eq!(line.world.stop().await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_no_event_makes_the_responses_after_it_unknown() {
    let mut line = Line::plain().await;
    line.ask().await;
    line.down(&frame(0x81, b"no JSON", false)).await;
    line.answer(&answer(&good())).await;
    let event = line.world.event().await;
    assert_eq!((event.verdict, event.reason), (State::NotChecked, Some(NotChecked::UnknownDialect)));
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_that_do_not_fit_are_forgotten_and_counted() {
    let mut line = Line::open(REALTIME, "", |config| config.limits.request_bytes = 4000).await;
    line.ask().await;
    for number in 0..20 {
        let item = json!({"id": format!("x{number}"), "type": "message", "role": "user",
            "content": [{"type": "input_text", "text": "And what else? ".repeat(40)}]});
        line.down(&text(&json!({"type": "conversation.item.added", "item": item}), false)).await;
    }
    line.answer(&answer(&good())).await;
    line.world.event().await;
    assert!(line.world.metric("agentguard_realtime_turns_forgotten_total") >= 15.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_websockets_are_nobody_s_business() {
    for path in ["/openai/v1/other?model=x", "/openai/v1/realtime/more"] {
        let mut line = Line::open(path, "", |_| {}).await;
        line.ask().await;
        line.answer(&answer(&bad())).await;
        drop(line.client);
        assert_eq!(line.world.stop().await, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_be_silent_for_longer_than_one_that_sends_a_request() {
    let brief = Duration::from_millis(200);
    let mut line = Line::open(REALTIME, "", |config| config.timeouts.client_read = brief).await;
    line.ask().await;
    tokio::time::sleep(4 * brief).await;
    line.answer(&answer(&good())).await;
    tokio::time::sleep(4 * brief).await;
    line.up(&text(&question()[2], true)).await;
    assert_eq!(line.world.event().await.verdict, State::Grounded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_client_and_a_real_server_talk_through_it() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = World::with(&format!("http://{}", upstream.local_addr().unwrap()), blocking(), |_| {}).await;
    let serving = tokio::spawn(async move {
        let (tcp, _) = upstream.accept().await.unwrap();
        #[allow(
            clippy::disallowed_methods,
            reason = "the callback is synchronous, and has a worker of its own here"
        )]
        #[allow(clippy::result_large_err, reason = "tungstenite's own callback type")]
        let slowly = |_: &Request, response: Response| {
            std::thread::sleep(SWITCHING);
            Ok(response)
        };
        let mut socket = tokio_tungstenite::accept_hdr_async(tcp, slowly).await.unwrap();
        for asked in question() {
            let came = socket.next().await.unwrap().unwrap();
            assert_eq!(came.to_text().unwrap(), asked.to_string());
        }
        for event in taken().iter().chain(&answer(&bad())) {
            socket.send(Message::text(event.to_string())).await.unwrap();
        }
        socket.close(None).await.unwrap();
        while let Some(Ok(_)) = socket.next().await {}
    });
    let tcp = TcpStream::connect(world.addresses.base_url.unwrap()).await.unwrap();
    let url = format!("ws://{}{REALTIME}", world.addresses.base_url.unwrap());
    let (mut socket, response) = tokio_tungstenite::client_async(url, tcp).await.unwrap();
    assert_eq!(response.status(), 101);
    for event in question() {
        socket.send(Message::text(event.to_string())).await.unwrap();
    }
    for event in taken().iter().chain(&answer(&bad())) {
        let came = socket.next().await.unwrap().unwrap();
        assert_eq!(came.to_text().unwrap(), event.to_string());
    }
    assert!(socket.next().await.unwrap().unwrap().is_close());
    while let Some(Ok(_)) = socket.next().await {}
    serving.await.unwrap();
    invented(&world.event().await);
}
