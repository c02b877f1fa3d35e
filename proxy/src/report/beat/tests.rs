//! What a heartbeat carries.

use agentguard_api::UnjudgedReason;
use prometheus::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::report::ReportConfig;
use crate::spool::{Spool, SpoolConfig};

/// The body of the first request that comes.
async fn one_request(listener: TcpListener) -> serde_json::Value {
    let (mut tcp, _) = listener.accept().await.unwrap();
    let mut read = Vec::new();
    loop {
        tcp.read_buf(&mut read).await.unwrap();
        let text = String::from_utf8_lossy(&read);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() == length.parse::<usize>().unwrap() {
            let body = serde_json::from_str(body).unwrap();
            tcp.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            return body;
        }
    }
}

#[tokio::test]
async fn connections_that_were_not_judged_are_told_of_with_the_most_first_and_within_bounds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = ReportConfig::to(format!("http://{}", listener.local_addr().unwrap()));
    let (folder, registry) = (tempfile::tempdir().unwrap(), Registry::new());
    let (_spool, reader) = Spool::open(folder.path(), &SpoolConfig::default(), &registry).unwrap();
    let policy = InForce::built_in();
    let metrics = Metrics::new(&registry).unwrap();
    let link = Link::new(&config).unwrap();
    let mut beater = Beater::new(link, reader.accounts(), policy, metrics, config.heartbeat);
    let tally = Tally::default();
    for n in 0..2 * COUNTS {
        tally.count(UnjudgedReason::NotListed, &format!("host{n}"));
    }
    tally.count(UnjudgedReason::TlsPinned, "api.openai.com");
    tally.count(UnjudgedReason::TlsPinned, "api.openai.com");
    beater.tell_of(tally);
    let (heartbeat, ()) = tokio::join!(one_request(listener), beater.beat());
    let told = heartbeat["not_checked"].as_array().unwrap();
    assert_eq!(told.len(), COUNTS);
    let most = serde_json::json!({"host": "api.openai.com", "reason": "tls_pinned", "connections": 2});
    assert_eq!(told[0], most);
}
