//! Two control planes on one PostgreSQL that is killed and comes back under load: what was acknowledged is there, once, whoever took it; ledgers
//! and sums add up, and both go on by themselves.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside #[test]")]

mod support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use agentguard_testbed::Postgres;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use support::{INGEST, Server, batch, event};
use tempfile::TempDir;
use uuid::Uuid;

/// Kills, unless the variable `ROUNDS` says otherwise.
const ROUNDS: u64 = 4;
const SENDERS: usize = 4;
/// After a kill, both must be at it again by then.
const PATIENCE: Duration = Duration::from_secs(60);

/// A sidecar that sends to one control plane or the other, each batch until one acknowledges it.
struct Sidecar {
    instance: Uuid,
    events: Vec<Value>,
    acknowledged: usize,
}

impl Sidecar {
    async fn run(&mut self, replicas: &[std::net::SocketAddr], end: &AtomicBool) {
        let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        while !end.load(Ordering::Relaxed) {
            if self.acknowledged == self.events.len() {
                let from = self.events.len() as u64;
                let size = 1 + rand::random_range(0..60);
                self.events.extend((from + 1..=from + size).map(|seq| event(self.instance, seq)));
            }
            let from = self.acknowledged.saturating_sub(rand::random_range(0..20));
            let body = Bytes::from(batch(self.instance, &self.events[from..]));
            // Now and then to both at once, as when a client gives up waiting and the first one's commit goes on.
            let first = rand::random_range(0..replicas.len());
            let both = rand::random_range(0..4) == 0;
            let send = |at: usize| {
                let request = Request::post(format!("http://{}{INGEST}", replicas[at]))
                    .header("content-type", "application/json")
                    .body(Full::new(body.clone()));
                let client = client.clone();
                async move {
                    let answer = client.request(request.unwrap()).await.ok()?;
                    let status = answer.status();
                    let body = answer.into_body().collect().await.ok()?.to_bytes();
                    status.is_success().then(|| serde_json::from_slice::<Value>(&body).unwrap())
                }
            };
            let replies = if both {
                let (one, other) = tokio::join!(send(first), send((first + 1) % replicas.len()));
                [one, other]
            } else {
                [send(first).await, None]
            };
            for reply in replies.iter().flatten() {
                assert_eq!(reply["rejected"], serde_json::json!([]));
                assert_eq!(reply["acked_seq"], self.events.len());
                self.acknowledged = self.events.len();
            }
            if replies.iter().all(Option::is_none) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn ready(server: &Server) {
    let begun = Instant::now();
    while server.get("/readyz").await.status != 200 {
        assert!(begun.elapsed() < PATIENCE, "a replica does not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_acknowledged_is_lost_or_doubled_when_the_database_is_killed() {
    let rounds = std::env::var("ROUNDS").ok().map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let (mut postgres, url) = tokio::task::spawn_blocking(|| {
        let postgres = Postgres::durable();
        let url = postgres.database();
        (postgres, url)
    })
    .await
    .unwrap();
    let start = async || {
        let url = url.clone();
        Server::on(TempDir::new().unwrap(), move |config| config.database = Some(url.into())).await
    };
    let (one, other) = tokio::join!(start(), start());
    let replicas = [one.api, other.api];
    let end = std::sync::Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let end = std::sync::Arc::clone(&end);
            let mut sidecar = Sidecar { instance: Uuid::now_v7(), events: Vec::new(), acknowledged: 0 };
            tokio::spawn(async move {
                sidecar.run(&replicas, &end).await;
                sidecar
            })
        })
        .collect();
    for _ in 0..rounds {
        tokio::time::sleep(Duration::from_millis(rand::random_range(200..1500))).await;
        postgres = off(postgres, Postgres::kill).await;
        // Its own processes notice that it is gone, and end.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        postgres = off(postgres, Postgres::resume).await;
        tokio::join!(ready(&one), ready(&other));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    end.store(true, Ordering::Relaxed);
    let mut sidecars = Vec::new();
    for sender in senders {
        sidecars.push(sender.await.unwrap());
    }
    assert!(sidecars.iter().all(|s| s.acknowledged > 0), "nothing is ever acknowledged");

    for server in [&one, &other] {
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
        let distinct: BTreeSet<_> = stored.iter().cloned().collect();
        assert_eq!(distinct.len(), stored.len(), "something is doubled");
        for sidecar in &sidecars {
            for event in &sidecar.events[..sidecar.acknowledged] {
                assert!(distinct.contains(&event["id"].to_string()), "{} is lost", event["seq"]);
            }
        }
        let ledger = server.ok("/api/v1/sidecars").await;
        let ledger = ledger.as_array().unwrap();
        let by_ledger: u64 = ledger.iter().map(|s| s["stored"].as_u64().unwrap()).sum();
        assert_eq!(by_ledger, stored.len() as u64);
        assert!(ledger.iter().all(|s| s["unexplained"] == 0 && s["rejected"] == 0), "{ledger:?}");
        assert_eq!(server.ok("/api/v1/overview?range=1d").await["total"], stored.len());
    }
    tokio::join!(one.stop(), other.stop());
}

/// Does what blocks on a thread of its own.
async fn off(mut postgres: Postgres, what: fn(&mut Postgres)) -> Postgres {
    tokio::task::spawn_blocking(move || {
        what(&mut postgres);
        postgres
    })
    .await
    .unwrap()
}
