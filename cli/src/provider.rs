//! An LLM provider on a local port that speaks the real wire formats and says what its script tells it.
//!
//! For the demo, the tests and the bench. One port serves every dialect, told apart by path as the providers' own clients
//! ask for it: OpenAI Chat Completions, Responses and Completions, Anthropic Messages, Gemini, Ollama, Cohere; streamed and
//! not; HTTP/1.1 and h2 (prior knowledge). The same request gets the same bytes (ids follow from the request), so what
//! arrives through a proxy can be compared with what arrives directly. It generates nothing: no model is behind it.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use agentguard::provider::{Pace, Provider, Reply, Script};
//! let script = Script::new().on_text("capital of France", Reply::text("Paris.").paced(Pace::HUMAN));
//! let provider = Provider::start("127.0.0.1:0", script).await?;
//! println!("OPENAI_BASE_URL=http://{}/v1", provider.address());
//! # Ok(()) }
//! ```

mod ask;
mod encode;
mod ids;
mod io;
mod pieces;
mod play;
mod script;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::{AbortHandle, JoinSet};

pub use script::{
    Call, Content, Encoding, Fault, Pace, Pieces, ProviderError, Raw, Reply, Said, Script, Writes,
};

/// How many requests are remembered.
const REMEMBERED: usize = 4096;

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Query without the question mark, or empty.
    pub query: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, content encoding removed.
    pub body: Bytes,
}

impl Seen {
    /// Whether a string anywhere in the JSON body holds `text`.
    #[must_use]
    pub fn mentions(&self, text: &str) -> bool {
        fn holds(value: &Value, text: &str) -> bool {
            match value {
                Value::String(string) => string.contains(text),
                Value::Array(items) => items.iter().any(|item| holds(item, text)),
                Value::Object(fields) => fields.values().any(|field| holds(field, text)),
                _ => false,
            }
        }
        serde_json::from_slice::<Value>(&self.body).is_ok_and(|body| holds(&body, text))
    }

    /// A header's value, or empty.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A running provider. Dropping it closes its port and every connection.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    script: Script,
    seed: u64,
    clock: Option<i64>,
    seen: Mutex<VecDeque<Seen>>,
    requests: AtomicU64,
    cancelled: AtomicU64,
}

impl Shared {
    fn now(&self) -> i64 {
        self.clock.unwrap_or_else(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
        })
    }
}

impl Provider {
    /// Starts a provider whose clock stands at 2026-01-01, so that its bytes depend on nothing but the request.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(address: impl ToSocketAddrs, script: Script) -> std::io::Result<Self> {
        Self::bind(address, script, Some(1_767_225_600)).await
    }

    /// Starts a provider with the system's clock.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start_live(address: impl ToSocketAddrs, script: Script) -> std::io::Result<Self> {
        Self::bind(address, script, None).await
    }

    async fn bind(address: impl ToSocketAddrs, script: Script, clock: Option<i64>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            script,
            seed: 0,
            clock,
            seen: Mutex::default(),
            requests: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self { address, shared, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The last 4096 requests, oldest first.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().iter().cloned().collect()
    }

    /// Requests so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Answers whose client went away before their end.
    #[must_use]
    pub fn cancelled(&self) -> u64 {
        self.shared.cancelled.load(Ordering::Relaxed)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                // Without it, events wait for acknowledgements (Nagle) and the pace is lost.
                let _ = stream.set_nodelay(true);
                let reset = Arc::new(AtomicBool::new(false));
                let io = TokioIo::new(io::Resettable::new(stream, Arc::clone(&reset)));
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    let service = service_fn(|request| serve(Arc::clone(&shared), Arc::clone(&reset), request));
                    // A connection that breaks is the client's business; the script breaks some on purpose.
                    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(io, service).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(
    shared: Arc<Shared>,
    reset: Arc<AtomicBool>,
    request: Request<Incoming>,
) -> Result<Response<play::Body>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return Ok(play::plain(400, "text/plain", b"the request body broke off".to_vec()));
    };
    let header =
        |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = match encode::decode(header("content-encoding"), &body.to_bytes()) {
        Ok(body) => body.into(),
        Err(error) => return Ok(play::plain(400, "text/plain", error.to_string().into_bytes())),
    };
    let seen = Seen {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body,
    };
    shared.requests.fetch_add(1, Ordering::Relaxed);
    let response = play::respond(&shared, &seen, reset).await;
    let mut remembered = shared.seen.lock();
    if remembered.len() == REMEMBERED {
        remembered.pop_front();
    }
    remembered.push_back(seen);
    Ok(response)
}
