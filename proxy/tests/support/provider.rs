//! A scripted upstream that remembers what it saw.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// A body with the error that breaks it off.
pub type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: Method,
    pub uri: String,
    pub version: Version,
    pub headers: HeaderMap,
    pub body: Bytes,
}

type Answer = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// A running provider.
pub struct Provider {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    /// Connections accepted.
    pub connections: Arc<Mutex<usize>>,
    /// Told whenever a response body was dropped before its end.
    pub dropped: Arc<Notify>,
}

impl Provider {
    /// Answers every request with `answer`, over HTTP/1.1 or h2 with prior knowledge.
    pub async fn serve<F, A>(answer: F) -> Self
    where
        F: Fn(Seen, Arc<Notify>) -> A + Send + Sync + 'static,
        A: Future<Output = Response<Body>> + Send + 'static,
    {
        Self::start(answer, None).await
    }

    /// The same over TLS.
    pub async fn serve_tls<F, A>(answer: F, tls: TlsAcceptor) -> Self
    where
        F: Fn(Seen, Arc<Notify>) -> A + Send + Sync + 'static,
        A: Future<Output = Response<Body>> + Send + 'static,
    {
        Self::start(answer, Some(tls)).await
    }

    /// Always the same body.
    pub async fn json(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self::serve(move |_, _| {
            let body = body.clone();
            async move { whole("application/json", body) }
        })
        .await
    }

    /// Always the same stream, one frame at a time with a pause after each.
    pub async fn sse(frames: &[&str], pause: Duration) -> Self {
        let frames: Vec<String> = frames.iter().map(|f| (*f).to_owned()).collect();
        Self::serve(move |_, dropped| {
            let frames = frames.clone();
            async move { stream("text/event-stream", frames, pause, dropped) }
        })
        .await
    }

    async fn start<F, A>(answer: F, tls: Option<TlsAcceptor>) -> Self
    where
        F: Fn(Seen, Arc<Notify>) -> A + Send + Sync + 'static,
        A: Future<Output = Response<Body>> + Send + 'static,
    {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(Mutex::new(0));
        let dropped = Arc::new(Notify::new());
        let answer = {
            let (seen, dropped) = (seen.clone(), dropped.clone());
            Arc::new(move |request: Seen| -> Answer {
                seen.lock().push(request.clone());
                Box::pin(answer(request, dropped.clone()))
            })
        };
        let counted = connections.clone();
        tokio::spawn(async move {
            loop {
                let (tcp, _) = tcp.accept().await.unwrap();
                *counted.lock() += 1;
                let (answer, tls) = (answer.clone(), tls.clone());
                tokio::spawn(async move {
                    let service = service_fn(move |request| reply(request, answer.clone()));
                    let builder = auto::Builder::new(TokioExecutor::new());
                    // A client that breaks off is an error here, and part of the tests.
                    let _ = match tls {
                        None => {
                            let io = TokioIo::new(tcp);
                            builder.serve_connection_with_upgrades(io, service).await
                        }
                        Some(tls) => match tls.accept(tcp).await {
                            Ok(tls) => builder.serve_connection(TokioIo::new(tls), service).await,
                            Err(_) => Ok(()),
                        },
                    };
                });
            }
        });
        Self { address, seen, connections, dropped }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The only request so far.
    pub fn request(&self) -> Seen {
        let seen = self.seen.lock();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }
}

async fn reply(
    request: Request<Incoming>,
    answer: Arc<impl Fn(Seen) -> Answer>,
) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let body = if head.headers.contains_key(http::header::UPGRADE) {
        Bytes::new()
    } else {
        body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default()
    };
    let seen = Seen {
        method: head.method,
        uri: head.uri.to_string(),
        version: head.version,
        headers: head.headers,
        body,
    };
    Ok(answer(seen).await)
}

/// A whole body of that type.
pub fn whole(content_type: &str, body: impl Into<Bytes>) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {}).boxed_unsync();
    Response::builder().header("content-type", content_type).body(body).unwrap()
}

/// A whole body with a status and no type.
pub fn status(code: u16, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = whole("application/json", body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    response
}

struct Noticed(Arc<Notify>, bool);

impl Drop for Noticed {
    fn drop(&mut self) {
        if !self.1 {
            self.0.notify_one();
        }
    }
}

/// A stream of that type, one frame at a time with a pause after each. A frame `!reset` breaks it off.
pub fn stream(
    content_type: &str,
    frames: Vec<impl Into<Bytes> + Send + 'static>,
    pause: Duration,
    dropped: Arc<Notify>,
) -> Response<Body> {
    let last = frames.len();
    let mut noticed = Noticed(dropped, frames.is_empty());
    let frames = futures_util::stream::iter(frames.into_iter().enumerate()).then(move |(i, frame)| {
        let noticed = &mut noticed;
        noticed.1 |= i + 1 == last;
        let frame = frame.into();
        async move {
            if i > 0 {
                tokio::time::sleep(pause).await;
            }
            match &frame[..] {
                b"!reset" => Err(std::io::Error::other("reset by script")),
                _ => Ok(Frame::data(frame)),
            }
        }
    });
    let body = StreamBody::new(frames).boxed_unsync();
    Response::builder().header("content-type", content_type).body(body).unwrap()
}
