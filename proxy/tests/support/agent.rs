//! An agent that speaks TLS with whoever answers, and tells whose certificate it was shown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::client::{Body, Got, read};

/// Nothing here takes so long: what does is a failure, before a timeout of the proxy's can hide it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Trusts these authorities and offers these protocols.
#[derive(Clone)]
pub struct Agent(Arc<ClientConfig>);

/// A connection under TLS.
pub struct Secured {
    pub tls: TlsStream<TcpStream>,
    /// The server's own certificate.
    pub shown: CertificateDer<'static>,
}

impl Agent {
    pub fn new(roots: &[&CertificateDer<'static>], alpn: &[&str]) -> Self {
        let mut store = RootCertStore::empty();
        for root in roots {
            store.add((*root).clone()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(store)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|p| p.as_bytes().to_vec()).collect();
        Self(Arc::new(config))
    }

    /// Shakes hands for that name.
    pub async fn secure(&self, tcp: TcpStream, name: &str) -> std::io::Result<Secured> {
        let shaking = TlsConnector::from(self.0.clone()).connect(name.to_owned().try_into().unwrap(), tcp);
        let tls = tokio::time::timeout(PATIENCE, shaking).await.expect("an end of the handshake in time")?;
        let shown = tls.get_ref().1.peer_certificates().unwrap()[0].clone();
        Ok(Secured { tls, shown })
    }

    /// Connects and shakes hands for that name.
    pub async fn connect(&self, address: SocketAddr, name: &str) -> std::io::Result<Secured> {
        self.secure(TcpStream::connect(address).await?, name).await
    }

    /// Asks for a tunnel and shakes hands in it.
    pub async fn through(&self, proxy: SocketAddr, authority: &str, name: &str) -> std::io::Result<Secured> {
        let (tcp, answer) =
            ask(proxy, &format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        self.secure(tcp, name).await
    }
}

impl Secured {
    /// One request, over what was agreed on.
    pub async fn send(self, request: Request<Body>) -> Got {
        let begun = Instant::now();
        let http2 = self.tls.get_ref().1.alpn_protocol() == Some(b"h2");
        let io = TokioIo::new(self.tls);
        let response = if http2 {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await.unwrap()
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
            tokio::spawn(connection);
            let (mut head, body) = request.into_parts();
            let host = head.uri.authority().unwrap().to_string();
            head.headers.entry("host").or_insert(host.parse().unwrap());
            head.uri = head.uri.path_and_query().unwrap().as_str().parse().unwrap();
            sender.send_request(Request::from_parts(head, body)).await.unwrap()
        };
        read(response, begun).await
    }
}

/// Sends a head and reads the answer's, with what of its body came along.
pub async fn ask(address: SocketAddr, head: &str) -> (TcpStream, String) {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut piece = [0; 1024];
        let read = tokio::time::timeout(PATIENCE, tcp.read(&mut piece));
        let taken = read.await.expect("an answer in time").unwrap();
        if taken == 0 {
            break;
        }
        answer.extend_from_slice(&piece[..taken]);
    }
    (tcp, String::from_utf8(answer).unwrap())
}
