//! `kill -9` at random under ingest: what was acknowledged is there, once; the ledger and the sums add up; the file is sound.
//!
//! The control plane runs in a child process: this test binary again, with the data directory in its environment.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside #[test]")]

mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use agentguard_control::{Config, Control};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use support::{INGEST, Server, batch, event};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const DIR: &str = "AGENTGUARD_TEST_CHILD_DIR";
const ROUNDS: u64 = 30;
const SENDERS: usize = 3;

/// The child: serves until it is killed. Does nothing in an ordinary run.
#[tokio::test]
async fn child() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let mut config = Config::new(&dir);
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.metrics_listen = None;
    let control = Control::bind(config).await.unwrap();
    let address = Path::new(&dir).join("address");
    std::fs::write(address.with_extension("new"), control.addresses().api.to_string()).unwrap();
    std::fs::rename(address.with_extension("new"), address).unwrap();
    control.run(CancellationToken::new()).await;
}

/// A child that does not outlive its test.
struct Running(Child);

impl Running {
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn start(dir: &TempDir) -> (Running, SocketAddr) {
    let file = dir.path().join("address");
    let _ = std::fs::remove_file(&file);
    let command = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(DIR, dir.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let child = Running(command.unwrap());
    for _ in 0..3000 {
        if let Ok(address) = std::fs::read_to_string(&file) {
            return (child, address.parse().unwrap());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the child does not start");
}

/// A sidecar: batches in order, each again until it is acknowledged.
struct Sidecar {
    instance: Uuid,
    /// Every event so far, in order of seq.
    events: Vec<Value>,
    acknowledged: usize,
}

impl Sidecar {
    /// Sends until the control plane is gone.
    async fn run(&mut self, address: SocketAddr) {
        let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        loop {
            if self.acknowledged == self.events.len() {
                let from = self.events.len() as u64;
                let size = 1 + rand::random_range(0..80);
                self.events.extend((from + 1..=from + size).map(|seq| event(self.instance, seq)));
            }
            // Often more than is new: what was stored and not acknowledged comes a second time.
            let from = self.acknowledged.saturating_sub(rand::random_range(0..20));
            let body = Bytes::from(batch(self.instance, &self.events[from..]));
            let request =
                Request::post(format!("http://{address}{INGEST}")).header("content-type", "application/json");
            let Ok(answer) = client.request(request.body(Full::new(body)).unwrap()).await else { return };
            let status = answer.status();
            let Ok(body) = answer.into_body().collect().await else { return };
            assert_eq!(status, 200);
            let reply: Value = serde_json::from_slice(&body.to_bytes()).unwrap();
            assert_eq!(reply["rejected"], serde_json::json!([]));
            self.acknowledged = self.events.len();
            assert_eq!(reply["acked_seq"], self.acknowledged);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_doubled_by_kill_9() {
    let dir = TempDir::new().unwrap();
    let mut sidecars: Vec<_> = (0..SENDERS)
        .map(|_| Sidecar { instance: Uuid::now_v7(), events: Vec::new(), acknowledged: 0 })
        .collect();
    for round in 0..ROUNDS {
        let (mut child, address) = start(&dir).await;
        let killed = async {
            tokio::time::sleep(Duration::from_millis(rand::random_range(5..250))).await;
            child.kill();
        };
        let sent = futures_util::future::join_all(sidecars.iter_mut().map(|s| s.run(address)));
        tokio::join!(killed, sent);
        assert!(round < 5 || sidecars.iter().all(|s| s.acknowledged > 0), "nothing is ever acknowledged");
    }
    let server = Server::on(dir, |_| {}).await;
    let mut stored = Vec::new();
    let mut next = String::new();
    loop {
        let page = server.ok(&format!("/api/v1/verdicts?limit=500&cursor={next}")).await;
        stored.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].to_string()));
        match page["next"].as_str() {
            Some(cursor) => next = cursor.to_owned(),
            None => break,
        }
    }
    let count = stored.len();
    stored.sort_unstable();
    stored.dedup();
    assert_eq!(stored.len(), count, "something is doubled");
    for sidecar in &sidecars {
        for event in &sidecar.events[..sidecar.acknowledged] {
            assert!(stored.binary_search(&event["id"].to_string()).is_ok(), "{} is lost", event["seq"]);
        }
    }
    let ledger = server.ok("/api/v1/sidecars").await;
    let by_ledger: u64 = ledger.as_array().unwrap().iter().map(|s| s["stored"].as_u64().unwrap()).sum();
    assert_eq!(by_ledger, count as u64);
    assert!(ledger.as_array().unwrap().iter().all(|s| s["unexplained"] == 0), "{ledger}");
    assert_eq!(server.ok("/api/v1/overview?range=1d").await["total"], count);
    let dir = server.stop().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("agentguard.db"));
    let mut conn = sqlx::ConnectOptions::connect(&options).await.unwrap();
    let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut conn).await.unwrap();
    assert_eq!(sound, "ok");
}
