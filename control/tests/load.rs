//! Too much at once is refused in time; what was taken up is committed before the end.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside #[test]")]

mod support;

use std::time::Duration;

use support::{INGEST, Server, batch, event};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

#[tokio::test]
async fn what_cannot_be_queued_is_refused_with_a_time_to_come_back() {
    let server = Server::with(|config| config.limits.queued_events = 10).await;
    let instance = Uuid::now_v7();
    let events: Vec<_> = (1..=11).map(|seq| event(instance, seq)).collect();
    let full = server.post(INGEST, batch(instance, &events)).await;
    full.problem(429, "queue_full");
    assert_eq!(full.header("retry-after"), "1");
    assert_eq!(server.metric("agentguard_ingest_refused_total{reason=\"queue_full\"}").await, Some(1.0));
    assert_eq!(server.ingest(instance, &events[..10]).await["accepted"], 10);
    assert_eq!(server.ingest(instance, &events[10..]).await["acked_seq"], 11);
    let bytes = Server::with(|config| config.limits.queued_bytes = 1000).await;
    bytes.post(INGEST, batch(instance, &events[..1])).await.problem(429, "queue_full");
}

#[tokio::test]
async fn senders_at_once_share_commits_and_lose_nothing() {
    let server = Server::start().await;
    let senders = (0..20).map(|_| async {
        let instance = Uuid::now_v7();
        for seq in 1..=10 {
            loop {
                let answer = server.post(INGEST, batch(instance, &[event(instance, seq)])).await;
                if answer.status == 200 {
                    assert_eq!(answer.json()["acked_seq"], seq);
                    break;
                }
                answer.problem(429, "queue_full");
            }
        }
    });
    futures_util::future::join_all(senders).await;
    assert_eq!(server.ok("/api/v1/overview").await["total"], 200);
    let commits = server.metric("agentguard_ingest_commit_seconds_count").await.unwrap();
    assert!(commits < 150.0, "{commits} commits for 200 batches");
}

#[tokio::test]
async fn a_request_that_is_under_way_is_finished_by_the_drain() {
    let server = Server::start().await;
    let instance = Uuid::now_v7();
    let body = batch(instance, &[event(instance, 1)]);
    let mut stream = TcpStream::connect(server.api).await.unwrap();
    let head = format!(
        "POST {INGEST} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body.as_bytes()[..20]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stop = tokio::spawn(server.stop());
    tokio::time::sleep(Duration::from_millis(100)).await;
    stream.write_all(&body.as_bytes()[20..]).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let dir = tokio::time::timeout(Duration::from_secs(5), stop).await.unwrap().unwrap();
    let again = Server::on(dir, |_| {}).await;
    assert_eq!(again.ok("/api/v1/overview").await["total"], 1);
}

#[tokio::test]
async fn a_client_that_dawdles_is_cut_off() {
    let server = Server::with(|config| config.limits.request_time = Duration::from_millis(300)).await;
    let mut stream = TcpStream::connect(server.api).await.unwrap();
    let head = format!(
        "POST {INGEST} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_string(&mut answer));
    read.await.expect("the connection ends").unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("\"timeout\""), "{answer}");
}
