//! A plain client, HTTP/1.1 or h2, that tells exactly what came.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as Hyper, Error};
use hyper_util::rt::TokioExecutor;

/// A body of the client's.
pub type Body = BoxBody<Bytes, std::io::Error>;

/// What came.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub trailers: Option<HeaderMap>,
    /// Whether the body broke off.
    pub broken: bool,
    /// When each piece of the body came, after the request was sent.
    pub times: Vec<Duration>,
}

impl Got {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|v| v.to_str().unwrap())
    }

    /// The names of our own headers that came.
    pub fn ours(&self) -> Vec<&str> {
        self.headers.keys().map(http::HeaderName::as_str).filter(|n| n.starts_with("x-agentguard")).collect()
    }
}

/// A client.
#[derive(Clone)]
pub struct Client(Hyper<HttpConnector, Body>);

pub fn full(body: impl Into<Bytes>) -> Body {
    Full::new(body.into()).map_err(|never| match never {}).boxed()
}

impl Client {
    pub fn h1() -> Self {
        Self(Hyper::builder(TokioExecutor::new()).build(HttpConnector::new()))
    }

    pub fn h2() -> Self {
        Self(Hyper::builder(TokioExecutor::new()).http2_only(true).build(HttpConnector::new()))
    }

    pub async fn post(&self, url: &str, body: impl Into<Bytes>) -> Got {
        let request = Request::post(url).header("content-type", "application/json").body(full(body)).unwrap();
        self.send(request).await
    }

    pub async fn get(&self, url: &str) -> Got {
        self.send(Request::get(url).body(full("")).unwrap()).await
    }

    /// Sends it and reads the answer to its end.
    pub async fn send(&self, request: Request<Body>) -> Got {
        let begun = Instant::now();
        let response = tokio::time::timeout(Duration::from_secs(20), self.open(request)).await;
        let response = response.expect("an answer within 20 s").unwrap();
        read(response, begun).await
    }

    /// Sends it and gives the answer unread.
    pub async fn open(&self, request: Request<Body>) -> Result<Response<Incoming>, Error> {
        self.0.request(request).await
    }
}

/// Reads an answer to its end.
pub async fn read(response: Response<Incoming>, begun: Instant) -> Got {
    let (head, mut incoming) = response.into_parts();
    let (mut body, mut times, mut trailers, mut broken) = (Vec::new(), Vec::new(), None, false);
    while let Some(frame) =
        tokio::time::timeout(Duration::from_secs(20), incoming.frame()).await.expect("a frame within 20 s")
    {
        match frame.map(hyper::body::Frame::into_data) {
            Ok(Ok(data)) => {
                times.push(begun.elapsed());
                body.extend_from_slice(&data);
            }
            Ok(Err(frame)) => trailers = frame.into_trailers().ok(),
            Err(_) => {
                broken = true;
                break;
            }
        }
    }
    Got { status: head.status.as_u16(), headers: head.headers, body: body.into(), trailers, broken, times }
}
