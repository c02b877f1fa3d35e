//! The live tail over a real socket.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside #[test]")]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{Server, event, event_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use uuid::Uuid;

/// A reader of the tail: raw, so that it can be slow.
struct Reader {
    stream: TcpStream,
    text: String,
}

impl Reader {
    async fn open(server: &Server, query: &str, last_id: &str) -> Self {
        // Little room on the way: who does not read is soon behind.
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(server.api).await.unwrap();
        let last = if last_id.is_empty() { String::new() } else { format!("last-event-id: {last_id}\r\n") };
        let head = format!(
            "GET /api/v1/tail{query} HTTP/1.1\r\nhost: localhost\r\naccept-encoding: gzip, br\r\n{last}\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut reader = Self { stream, text: String::new() };
        let head = reader.until("\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let head = head.to_lowercase();
        assert!(
            head.contains("content-type: text/event-stream") && !head.contains("content-encoding"),
            "{head}"
        );
        reader
    }

    /// Everything up to and with the mark.
    async fn until(&mut self, mark: &str) -> String {
        loop {
            if let Some(at) = self.text.find(mark) {
                let rest = self.text.split_off(at + mark.len());
                return std::mem::replace(&mut self.text, rest);
            }
            let mut chunk = vec![0; 65_536];
            let read = tokio::time::timeout(Duration::from_secs(10), self.stream.read(&mut chunk));
            let n = read.await.expect("no event within 10 s").unwrap();
            assert!(n > 0, "the tail ended: {:?}", self.text);
            self.text.push_str(std::str::from_utf8(&chunk[..n]).unwrap());
        }
    }

    /// The next event: name, id and data.
    async fn next(&mut self) -> (String, String, Value) {
        loop {
            let text = self.until("\n\n").await;
            let field = |name: &str| {
                text.lines()
                    .find_map(|l| l.strip_prefix(name))
                    .map(|v| v.trim_start().to_owned())
                    .unwrap_or_default()
            };
            if !field("event:").is_empty() {
                return (field("event:"), field("id:"), serde_json::from_str(&field("data:")).unwrap());
            }
        }
    }
}

#[tokio::test]
async fn what_is_stored_is_seen_at_once_filtered_and_without_content() {
    let server = Server::start().await;
    let instance = Uuid::now_v7();
    let mut all = Reader::open(&server, "", "").await;
    let mut flagged = Reader::open(&server, "?verdict=ungrounded,contradicted&min_risk=0.5", "").await;
    let content = json!({ "texts": ["secret"] });
    let bad = event_with(instance, 2, json!({ "verdict": "ungrounded", "risk": 0.8, "content": content }));
    server.ingest(instance, &[event(instance, 1), bad.clone()]).await;
    let (name, _, item) = all.next().await;
    assert_eq!((name.as_str(), &item["seq"]), ("verdict", &json!(1)));
    let (_, id, item) = all.next().await;
    assert_eq!((&item["id"], item.get("content")), (&bad["id"], None));
    assert_eq!(flagged.next().await.2["id"], bad["id"]);
    // A duplicate is no news; the next event is.
    server.ingest(instance, &[bad]).await;
    server.ingest(instance, &[event(instance, 3)]).await;
    assert_eq!(all.next().await.2["seq"], 3);
    // Coming back with the last id goes on after it.
    let mut back = Reader::open(&server, "", &id).await;
    assert_eq!(back.next().await.2["seq"], 3);
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_told_what_it_lost_and_holds_nobody_up() {
    let server = Server::start().await;
    let instance = Uuid::now_v7();
    let mut slow = Reader::open(&server, "", "").await;
    let long = json!({ "explanation": "x".repeat(4000) });
    let mut sent = 0;
    for _ in 0..9 {
        let events: Vec<_> =
            (sent + 1..=sent + 500).map(|seq| event_with(instance, seq, long.clone())).collect();
        server.ingest(instance, &events).await;
        sent += 500;
    }
    let (mut seen, mut lost) = (0, 0);
    while seen + lost < sent {
        let (name, _, data) = slow.next().await;
        match name.as_str() {
            "verdict" => seen += 1,
            "lost" => lost += data["lost"].as_u64().unwrap(),
            other => panic!("{other}"),
        }
    }
    assert!(lost > 0, "{seen} of {sent} seen");
    assert_eq!(seen + lost, sent);
}

#[tokio::test]
async fn readers_are_bounded_and_end_with_the_drain() {
    let server = Server::with(|config| config.limits.tails = 1).await;
    let mut reader = Reader::open(&server, "", "").await;
    let full = server.get("/api/v1/tail").await;
    full.problem(503, "busy");
    assert_eq!(full.header("retry-after"), "1");
    let stopped = tokio::time::timeout(Duration::from_secs(5), server.stop());
    let mut rest = Vec::new();
    let (dir, read) = tokio::join!(stopped, reader.stream.read_to_end(&mut rest));
    dir.expect("the drain waits for no tail");
    read.unwrap();
}
