//! Clients that send too much, too slowly or nonsense, with the limits as they are delivered: each is turned away, and the others are
//! served meanwhile.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside #[test]")]

mod support;

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use support::{HEARTBEAT, INGEST, Server, batch, event};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

const MIB: usize = 1 << 20;

/// Spaces that claim to be JSON, packed: about a thousandth of `size`.
fn bomb(size: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let spaces = vec![b' '; MIB];
    for _ in 0..size / MIB {
        encoder.write_all(&spaces).unwrap();
    }
    encoder.finish().unwrap()
}

async fn is_well(server: &Server) {
    let instance = Uuid::now_v7();
    assert_eq!(server.ingest(instance, &[event(instance, 1)]).await["accepted"], 1);
}

#[tokio::test]
async fn a_body_of_100_mb_is_refused_before_it_is_read() {
    let server = Server::start().await;
    for framing in [format!("content-length: {}", 100 * MIB), "transfer-encoding: chunked".to_owned()] {
        let mut stream = TcpStream::connect(server.api).await.unwrap();
        let head = format!(
            "POST {INGEST} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{framing}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let (mut read, mut write) = stream.split();
        let chunked = framing.starts_with("transfer");
        let send = async {
            let block = vec![b' '; MIB];
            let mut sent = 0;
            while sent < 100 * MIB {
                if chunked && write.write_all(format!("{MIB:x}\r\n").as_bytes()).await.is_err()
                    || write.write_all(&block).await.is_err()
                    || chunked && write.write_all(b"\r\n").await.is_err()
                {
                    break;
                }
                sent += MIB;
            }
            sent
        };
        let mut answer = vec![0; 4096];
        let listen = async {
            let n = read.read(&mut answer).await.unwrap();
            is_well(&server).await;
            n
        };
        let both = async { tokio::join!(send, listen) };
        let (sent, n) = tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..n]);
        assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("\"too_large\""), "{answer}");
        // What was taken, what waits in the sockets' buffers, and no more.
        assert!(sent < 40 * MIB, "{sent} bytes were taken");
    }
}

#[tokio::test]
async fn gzip_bombs_at_once_cost_their_senders_only() {
    let server = Server::start().await;
    let bomb = bomb(200 * MIB);
    assert!(bomb.len() < MIB);
    let bombs = (0..8).map(|_| server.post_as(INGEST, "application/json", "gzip", bomb.clone()));
    let begun = Instant::now();
    let (answers, ()) = tokio::join!(futures_util::future::join_all(bombs), is_well(&server));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    for answer in answers {
        answer.problem(413, "too_large");
    }
    server.post_as(HEARTBEAT, "application/json", "gzip", bomb).await.problem(413, "too_large");
}

#[tokio::test]
async fn json_that_is_deep_endless_or_broken_is_a_problem_and_no_more() {
    let server = Server::start().await;
    let instance = Uuid::now_v7();
    let deep = |open: &str, n: usize| {
        format!("{{\"instance\":\"{instance}\",\"events\":[{{\"seq\":1,\"spans\":{}", open.repeat(n))
    };
    for body in [
        deep("[", 1_000_000),
        deep("{\"a\":", 1_000_000),
        "[".repeat(4 * MIB),
        "\u{feff}{}".to_owned(),
        format!("{{\"instance\":\"{instance}\",\"events\":[{{}}"),
        format!("{{\"instance\":\"{instance}\",\"events\":[]}} {{}}"),
        String::new(),
    ] {
        server.post(INGEST, body.clone()).await.problem(400, "invalid_body");
        server.post(HEARTBEAT, body[..body.len().min(9000)].to_owned()).await.problem(400, "invalid_body");
    }
    server.post(INGEST, vec![0xff; 1000]).await.problem(400, "invalid_body");
    // Closed, the deep event is one bad event of a good batch.
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let body = batch(instance, &[event(instance, 1)]).replace("\"spans\":[]", &format!("\"spans\":{nested}"));
    let reply = server.post(INGEST, body).await.json();
    assert_eq!((&reply["accepted"], reply["rejected"].as_array().unwrap().len()), (&0.into(), 1), "{reply}");
    is_well(&server).await;
}

#[tokio::test]
async fn connections_that_say_nothing_are_cut_off_and_make_room() {
    let server = Server::with(|config| config.limits.connections = 4).await;
    let mut silent = Vec::new();
    for i in 0..4 {
        let mut stream = TcpStream::connect(server.api).await.unwrap();
        if i % 2 == 0 {
            stream.write_all(b"GET / HTTP/1.1\r\nhost: local").await.unwrap();
        }
        silent.push(stream);
    }
    tokio::time::timeout(Duration::from_secs(15), is_well(&server)).await.expect("they made room");
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end_and_new_ones_are_refused() {
    let server = Server::start().await;
    let mut idle = TcpStream::connect(server.api).await.unwrap();
    idle.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 15];
    idle.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    let address = server.api;
    tokio::time::timeout(Duration::from_secs(5), server.stop()).await.expect("ends");
    assert!(TcpStream::connect(address).await.is_err());
}
