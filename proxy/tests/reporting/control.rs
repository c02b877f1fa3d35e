//! A control plane that keeps everything in memory, deduplicates by instance and seq, and fails on demand.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Read;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agentguard_api::{Batch, BatchReply, Heartbeat, Rejected};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// What the next batch meets instead of a store that works.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Nothing is stored.
    Status(u16),
    /// Likewise, with a number of seconds to wait.
    RetryAfter(u16, u64),
    /// Stored, and then the answer is lost.
    StoredThen(u16),
    /// Stored, and the reply is not readable.
    Garbage,
    /// Stored, and the reply comes after this time.
    Slow(Duration),
    /// Only the first half is stored.
    Half,
}

#[derive(Debug, Default)]
pub(crate) struct Data {
    pub(crate) stored: BTreeMap<Uuid, BTreeSet<u64>>,
    pub(crate) lost: BTreeMap<Uuid, BTreeSet<u64>>,
    pub(crate) heartbeats: BTreeMap<Uuid, Heartbeat>,
    pub(crate) duplicates: u64,
    pub(crate) batches: Vec<(Instant, usize)>,
    pub(crate) faults: VecDeque<Fault>,
    /// Larger batches are refused with 413.
    pub(crate) max_events: Option<usize>,
    /// A batch with this model is refused with 400.
    pub(crate) poison: Option<&'static str>,
    /// Anything without it gets 401.
    pub(crate) token: Option<&'static str>,
    pub(crate) backoff_ms: u64,
    /// The next heartbeat that tells of something in flight is noted, and answered, after this time.
    pub(crate) late: Option<Duration>,
}

pub(crate) struct Control {
    pub(crate) data: Arc<Mutex<Data>>,
    address: SocketAddr,
    server: Option<JoinHandle<()>>,
}

impl Control {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut control = Self { data: Arc::default(), address, server: None };
        control.serve(listener);
        control
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gone, with all its connections.
    pub(crate) async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            let _ = server.await;
        }
    }

    /// Back at the same address.
    pub(crate) async fn start_again(&mut self) {
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        self.serve(listener);
    }

    fn serve(&mut self, listener: TcpListener) {
        let app = Router::new()
            .route("/api/v1/ingest/verdicts", post(ingest))
            .route("/api/v1/sidecar/heartbeat", post(heartbeat))
            .layer(DefaultBodyLimit::max(64 << 20))
            .with_state(Arc::clone(&self.data));
        // One task: aborting it closes every connection, as a kill would.
        self.server = Some(tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let service = hyper_util::service::TowerToHyperService::new(app.clone());
                connections.spawn(async move {
                    let io = hyper_util::rt::TokioIo::new(stream);
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
                });
            }
        }));
    }

    pub(crate) fn stored(&self, instance: Uuid) -> usize {
        self.data.lock().stored.get(&instance).map_or(0, BTreeSet::len)
    }

    /// For every instance: produced = stored + lost + in flight, and every seq is exactly one of them.
    pub(crate) fn assert_ledgers_add_up(&self) {
        let data = self.data.lock();
        let none = BTreeSet::new();
        for (instance, beat) in &data.heartbeats {
            let stored = data.stored.get(instance).unwrap_or(&none);
            let lost = data.lost.get(instance).unwrap_or(&none);
            assert_eq!(
                beat.lost.values().sum::<u64>(),
                lost.len() as u64,
                "{instance}: counts and ranges of lost ones"
            );
            assert_eq!(
                beat.produced,
                stored.len() as u64 + lost.len() as u64 + beat.in_flight,
                "{instance}: {beat:?}, {} stored, {} lost",
                stored.len(),
                lost.len()
            );
            assert!(stored.is_disjoint(lost), "{instance}: stored and lost");
        }
    }
}

fn is_stranger(data: &Data, headers: &HeaderMap) -> bool {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    data.token.is_some_and(|token| given != Some(format!("Bearer {token}").as_str()))
}

async fn heartbeat(State(data): State<Arc<Mutex<Data>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let beat: Heartbeat = serde_json::from_slice(&body).expect("a heartbeat");
    let late = data.lock().late.take_if(|_| beat.in_flight > 0);
    if let Some(time) = late {
        // Noted even when its sender does not wait for the answer.
        let noted = tokio::spawn(async move {
            tokio::time::sleep(time).await;
            note(&data, &headers, &beat)
        });
        return noted.await.expect("no panic");
    }
    note(&data, &headers, &beat)
}

fn note(data: &Mutex<Data>, headers: &HeaderMap, beat: &Heartbeat) -> StatusCode {
    let mut data = data.lock();
    if is_stranger(&data, headers) {
        return StatusCode::UNAUTHORIZED;
    }
    let lost = data.lost.entry(beat.instance).or_default();
    lost.extend(beat.lost_ranges.iter().flat_map(|&(start, end)| start..=end));
    if let Some(before) = data.heartbeats.insert(beat.instance, beat.clone()) {
        assert!(before.produced <= beat.produced, "produced went down: {before:?} {beat:?}");
    }
    StatusCode::NO_CONTENT
}

async fn ingest(State(data): State<Arc<Mutex<Data>>>, headers: HeaderMap, body: Bytes) -> Response {
    assert_eq!(headers.get("content-encoding").and_then(|value| value.to_str().ok()), Some("zstd"));
    let mut json = Vec::new();
    zstd::Decoder::new(&body[..]).expect("zstd").read_to_end(&mut json).expect("zstd");
    let batch: Batch = serde_json::from_slice(&json).expect("a batch");
    let (reply, fault) = {
        let mut data = data.lock();
        data.batches.push((Instant::now(), batch.events.len()));
        if is_stranger(&data, &headers) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        if data.max_events.is_some_and(|max| batch.events.len() > max) {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        }
        if data.poison.is_some_and(|poison| batch.events.iter().any(|event| event["model"] == poison)) {
            return StatusCode::BAD_REQUEST.into_response();
        }
        match data.faults.pop_front() {
            Some(Fault::Status(status)) => return status_of(status).into_response(),
            Some(Fault::RetryAfter(status, seconds)) => {
                return (status_of(status), [("retry-after", seconds.to_string())]).into_response();
            }
            Some(Fault::Half) => (store(&mut data, &batch, batch.events.len() / 2), None),
            fault => (store(&mut data, &batch, usize::MAX), fault),
        }
    };
    match fault {
        Some(Fault::StoredThen(status)) => return status_of(status).into_response(),
        Some(Fault::Garbage) => return "<html>".into_response(),
        Some(Fault::Slow(time)) => tokio::time::sleep(time).await,
        _ => {}
    }
    axum::Json(reply).into_response()
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a status")
}

fn store(data: &mut Data, batch: &Batch, max: usize) -> BatchReply {
    let mut reply = BatchReply { backoff_ms: data.backoff_ms, ..BatchReply::default() };
    for (index, event) in batch.events.iter().take(max).enumerate() {
        let seq = event["seq"].as_u64().expect("a seq");
        assert_eq!(event["instance"], batch.instance.to_string());
        if event["model"] == "unstorable" {
            reply.rejected.push(Rejected { index, seq: Some(seq), error: "model: not storable".to_owned() });
        }
        if data.stored.entry(batch.instance).or_default().insert(seq) {
            reply.accepted += u64::from(event["model"] != "unstorable");
        } else {
            data.duplicates += 1;
            reply.duplicate += u64::from(event["model"] != "unstorable");
        }
    }
    let stored = data.stored.entry(batch.instance).or_default();
    reply.acked_seq = (1..).take_while(|seq| stored.contains(seq)).last().unwrap_or(0);
    reply
}
