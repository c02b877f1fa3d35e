//! Bad input: a clear error or an untouched pass, in bounded time and memory.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::time::{Duration, Instant};

use agentguard_judge::NotChecked;
use agentguard_policy::{Action, Delivery};
use bytes::Bytes;
use support::chat::{self, CHAT};
use support::provider::whole;
use support::{Client, Provider, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn guarded(url: &str) -> World {
    World::guarded(url, |rule| {
        rule.action = Action::Block;
        rule.delivery = Delivery::Sentence;
        rule.hold_budget = Duration::from_secs(5);
    })
    .await
}

/// Sends raw bytes and reads to the end.
async fn raw(world: &World, bytes: &[u8]) -> String {
    let mut tcp = TcpStream::connect(world.addresses.base_url.unwrap()).await.unwrap();
    tcp.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), tcp.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_http_is_refused_and_the_next_client_is_served() {
    let provider = Provider::json(chat::answer(&chat::good())).await;
    let world = guarded(&provider.url()).await;
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "a".repeat(2 << 20));
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"GET\r\n\r\n",
        b"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: banana\r\n\r\n",
        b"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrubbish that is no frame at all",
        long.as_bytes(),
    ] {
        let answer = raw(&world, bytes).await;
        assert!(!answer.contains("200 OK"), "{answer}");
    }
    assert_eq!(Client::h1().post(&world.url(CHAT), chat::request(false)).await.status, 200);
    assert_eq!(provider.seen.lock().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_make_no_sense_pass_to_the_byte() {
    let deep = format!("{{\"choices\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let invalid = [b"{\"choices\":[{\"message\":{\"content\":\"\xff\xfe\"}}]}".as_slice()].concat();
    let stream = b"data: {\"choices\":[{\"delta\":{\"content\":\"\xc3\"}}]}\n\ndata: nonsense\n\n\0\0\0event\r\rdata: [1,\n\ndata".to_vec();
    let (unknown, empty) = (Some(NotChecked::UnknownDialect), Some(NotChecked::Empty));
    for (kind, body, expected) in [
        ("application/json", deep.into_bytes(), empty),
        ("application/json", invalid, None), // readable but for two characters, which are no words
        ("application/json", Vec::new(), unknown),
        ("text/event-stream", stream, unknown),
        ("text/event-stream", Vec::new(), empty),
        ("text/event-stream", vec![b'x'; 300_000], empty),
    ] {
        let body = Bytes::from(body);
        let sent = body.clone();
        let provider = Provider::serve(move |_, _| {
            let body = sent.clone();
            async move { whole(kind, body) }
        })
        .await;
        for delivery in [Delivery::Pass, Delivery::Sentence, Delivery::Full] {
            let world = World::guarded(&provider.url(), |rule| {
                rule.action = Action::Redact;
                rule.delivery = delivery;
            })
            .await;
            let got = Client::h1().post(&world.url(CHAT), chat::request(true)).await;
            let text = got.body.to_vec();
            let clean = match text.windows(13).position(|w| w == b": agentguard ") {
                Some(at) => {
                    let end = text[at..].windows(2).position(|w| w == b"\n\n").unwrap() + at + 2;
                    [&text[..at], &text[end..]].concat()
                }
                None => text,
            };
            assert!(got.status == 200 && clean == body, "{kind} {delivery:?}: {:?}", Bytes::from(clean));
            assert_eq!(world.event().await.reason, expected, "{kind} {delivery:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_a_hundred_megabytes_streams_through() {
    let provider =
        Provider::serve(|seen, _| async move { whole("text/plain", seen.body.len().to_string()) }).await;
    let world = guarded(&provider.url()).await;
    let body = vec![b'a'; 100 << 20];
    let got = Client::h1().post(&world.url(CHAT), body).await;
    assert_eq!(got.text(), (100 << 20).to_string());
    assert_eq!(world.event().await.reason, Some(NotChecked::TooLarge));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_in_the_middle_of_its_request_is_given_up() {
    let provider = Provider::json("{}").await;
    for head in [
        format!("POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{{"),
        format!("POST {CHAT} HTTP/1.1\r\nhost"),
        String::new(),
    ] {
        let policy = support::observing();
        let world = World::with(&provider.url(), policy, |config| {
            config.timeouts.client_read = Duration::from_millis(200);
            config.timeouts.client_idle = Duration::from_secs(1);
        })
        .await;
        let begun = Instant::now();
        let answer = raw(&world, head.as_bytes()).await;
        assert!(begun.elapsed() < Duration::from_secs(3), "{head:?}: {:?}", begun.elapsed());
        assert!(!answer.contains("200 OK"), "{answer}");
        world.until("agentguard_proxy_connections", 0.0).await;
    }
    assert!(provider.seen.lock().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_is_silent_is_a_504_and_one_that_falls_silent_breaks_off() {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let silent = |says: &'static [u8]| async move { says };
    for (says, status) in [
        (silent(b"").await, 504),
        (silent(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {}\n\n").await, 200),
    ] {
        let world = World::with(&format!("http://{address}"), support::observing(), |config| {
            config.timeouts.first_byte = Duration::from_millis(300);
            config.timeouts.between_bytes = Duration::from_millis(300);
        })
        .await;
        let url = world.url(CHAT);
        let asked = tokio::spawn(async move { Client::h1().post(&url, chat::request(true)).await });
        let (mut upstream, _) = tcp.accept().await.unwrap();
        upstream.write_all(says).await.unwrap();
        let got = asked.await.unwrap();
        assert_eq!((got.status, got.broken), (status, status == 200));
        assert!(got.times.len() <= 1);
        assert_eq!(world.metric("agentguard_proxy_errors_total{kind=\"timeout\",upstream=\"openai\"}"), 1.0);
        drop(upstream);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_connections_are_closed_and_counted() {
    let provider = Provider::json("{}").await;
    let world =
        World::with(&provider.url(), support::observing(), |config| config.limits.connections = 2).await;
    let address = world.addresses.base_url.unwrap();
    // In use: each has been answered, and may ask again.
    let mut held = [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
    for tcp in &mut held {
        tcp.write_all(b"GET /openai/v1/models HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert_eq!(tcp.read(&mut [0; 4096]).await.unwrap().min(1), 1);
    }
    let mut third = TcpStream::connect(address).await.unwrap();
    assert_eq!(third.read(&mut [0; 1]).await.unwrap_or(0), 0);
    assert_eq!(world.metric("agentguard_proxy_connections_refused_total"), 1.0);
}
