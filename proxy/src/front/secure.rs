//! A client's connection under our TLS, as pingora is given it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::protocols::tls::SslDigest;
use pingora::protocols::{
    ALPN, GetProxyDigest, GetSocketDigest, GetTimingDigest, Peek, Shutdown, SocketDigest, Ssl, TimingDigest,
    UniqueID, UniqueIDType,
};
use rustls::{AlertDescription, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::bound::Bound;
use super::client::Client;

/// Why TLS with a client did not come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It does not trust our authority: it pins, or was not given the bundle.
    Distrust,
    /// It speaks nothing that we do.
    Incompatible,
    /// It left or broke off.
    Gone,
    /// It did not say enough in time.
    Slow,
}

impl Refusal {
    /// As metrics call it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Distrust => "distrust",
            Self::Incompatible => "incompatible",
            Self::Gone => "gone",
            Self::Slow => "timeout",
        }
    }
}

/// The connection.
#[derive(Debug)]
pub(crate) struct Secure {
    tls: Box<TlsStream<Client>>,
    digest: Arc<SslDigest>,
    bound: Option<Bound>,
}

impl Secure {
    /// Shakes hands.
    pub(crate) async fn accept(
        client: Client,
        config: Arc<ServerConfig>,
        limit: Duration,
    ) -> Result<Self, Refusal> {
        let accepted = tokio::time::timeout(limit, TlsAcceptor::from(config).accept(client)).await;
        let tls = accepted.map_err(|_| Refusal::Slow)?.map_err(|error| refusal(&error))?;
        let (_, session) = tls.get_ref();
        let named = |name: Option<String>| name.unwrap_or_default();
        let cipher = named(session.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite())));
        let version = named(session.protocol_version().map(|version| format!("{version:?}")));
        let digest = Arc::new(SslDigest::new(cipher, version, None, None, Vec::new()));
        Ok(Self { tls: Box::new(tls), digest, bound: None })
    }

    /// Says which host it is for.
    pub(crate) fn bind(self, bound: Bound) -> Self {
        Self { bound: Some(bound), ..self }
    }

    /// Whether the client goes on in HTTP/2.
    pub(crate) fn http2(&self) -> bool {
        self.tls.get_ref().1.alpn_protocol() == Some(b"h2")
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TlsStream<Client>> {
        Pin::new(&mut *self.get_mut().tls)
    }
}

fn refusal(error: &io::Error) -> Refusal {
    use AlertDescription as Alert;
    let said = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match said {
        Some(rustls::Error::AlertReceived(
            Alert::UnknownCA
            | Alert::BadCertificate
            | Alert::CertificateUnknown
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired,
        )) => Refusal::Distrust,
        Some(_) => Refusal::Incompatible,
        None => Refusal::Gone,
    }
}

impl AsyncRead for Secure {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for Secure {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.tls.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}

#[async_trait]
impl Shutdown for Secure {
    async fn shutdown(&mut self) {
        // Fails only on a connection that is gone already.
        let _ = tokio::io::AsyncWriteExt::shutdown(&mut self.tls).await;
    }
}

impl UniqueID for Secure {
    fn id(&self) -> UniqueIDType {
        self.tls.get_ref().0.id()
    }
}

impl Ssl for Secure {
    fn get_ssl_digest(&self) -> Option<Arc<SslDigest>> {
        Some(self.digest.clone())
    }

    fn selected_alpn_proto(&self) -> Option<ALPN> {
        Some(if self.http2() { ALPN::H2 } else { ALPN::H1 })
    }
}

#[async_trait]
impl Peek for Secure {}

impl GetTimingDigest for Secure {
    fn get_timing_digest(&self) -> Vec<Option<TimingDigest>> {
        self.tls.get_ref().0.get_timing_digest()
    }

    fn get_read_pending_time(&self) -> Duration {
        self.tls.get_ref().0.get_read_pending_time()
    }

    fn get_write_pending_time(&self) -> Duration {
        self.tls.get_ref().0.get_write_pending_time()
    }
}

impl GetProxyDigest for Secure {
    fn get_proxy_digest(&self) -> Option<Arc<ProxyDigest>> {
        self.bound.as_ref().map(Bound::digest)
    }
}

impl GetSocketDigest for Secure {
    fn get_socket_digest(&self) -> Option<Arc<SocketDigest>> {
        self.tls.get_ref().0.get_socket_digest()
    }
}
