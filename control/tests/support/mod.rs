//! A control plane on real sockets, and a client that sends what it is told and nothing else.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::needless_pass_by_value, reason = "`json!` at the call reads best unborrowed")]

use std::net::SocketAddr;

use agentguard_control::{Config, Control};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A running control plane.
pub(crate) struct Server {
    pub(crate) api: SocketAddr,
    pub(crate) metrics: SocketAddr,
    dir: Option<TempDir>,
    drain: CancellationToken,
    task: JoinHandle<()>,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {} {:?}", self.status, String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Asserts an RFC 9457 answer and returns it.
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        problem
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts one with a changed configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = TempDir::new().unwrap();
        Self::on(dir, change).await
    }

    /// Starts one on an existing data directory.
    pub(crate) async fn on(dir: TempDir, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(dir.path());
        config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.metrics_listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        change(&mut config);
        let control = Control::bind(config).await.unwrap();
        let drain = CancellationToken::new();
        let addresses = control.addresses();
        let task = tokio::spawn(control.run(drain.clone()));
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { api: addresses.api, metrics: addresses.metrics.unwrap(), dir: Some(dir), drain, task, client }
    }

    /// Drains it and hands its data directory back.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.drain.cancel();
        self.task.await.unwrap();
        self.dir.take().unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let response = self.client.request(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: head.status, headers: head.headers, body }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder().method(method).uri(format!("http://{}{path}", self.api))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(Full::default()).unwrap()).await
    }

    /// GET that must succeed.
    pub(crate) async fn ok(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        answer.json()
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        self.post_as(path, "application/json", "", body).await
    }

    pub(crate) async fn post_as(
        &self,
        path: &str,
        kind: &str,
        encoding: &str,
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = self.request(Method::POST, path).header("content-type", kind);
        if !encoding.is_empty() {
            request = request.header("content-encoding", encoding);
        }
        self.send(request.body(Full::new(body.into())).unwrap()).await
    }

    /// Sends a batch and expects it to be taken.
    pub(crate) async fn ingest(&self, instance: Uuid, events: &[Value]) -> Value {
        let answer = self.post(INGEST, batch(instance, events)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    /// One sample of the metrics, by its whole name with labels.
    pub(crate) async fn metric(&self, sample: &str) -> Option<f64> {
        let uri = format!("http://{}/metrics", self.metrics);
        let answer = self.send(Request::get(uri).body(Full::default()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK);
        let text = answer.text();
        text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok())
    }
}

pub(crate) const INGEST: &str = "/api/v1/ingest/verdicts";
pub(crate) const HEARTBEAT: &str = "/api/v1/sidecar/heartbeat";

pub(crate) fn batch(instance: Uuid, events: &[Value]) -> String {
    json!({ "instance": instance, "events": events }).to_string()
}

/// Microseconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64
}

/// A grounded answer; tests change what they are about.
pub(crate) fn event(instance: Uuid, seq: u64) -> Value {
    json!({
        "id": Uuid::now_v7(), "instance": instance, "seq": seq, "ts": now(),
        "direction": "outbound", "provider": "openai", "host": "api.openai.com", "path": "/v1/chat/completions",
        "dialect": "openai_chat", "model": "gpt-4o-mini", "response_id": format!("chatcmpl-{seq}"),
        "stream": true, "status": 200,
        "verdict": "grounded", "risk": 0.1, "action": "annotate", "mode": "pass", "spans": [], "sentences": 3,
        "signals": ["numbers", "entities"], "explanation": "Every one of the 3 sentences follows from the evidence.",
        "judge": "rules-1", "policy": "0123456789ab", "rule": "default",
        "latency": { "total_ms": 812.34, "first_byte_ms": 210.0, "judge_ms": 0.4, "held_ms": 0.0 },
        "input_tokens": 900, "output_tokens": 120,
        "workload": { "namespace": "shop", "name": "assistant", "pod": "assistant-1" },
    })
}

/// [`event`] with members replaced.
pub(crate) fn event_with(instance: Uuid, seq: u64, changes: Value) -> Value {
    let mut event = event(instance, seq);
    for (name, value) in changes.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}
