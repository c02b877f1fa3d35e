//! A client's connection as pingora is given it: what is written is gathered until it is flushed.
//!
//! An [`l4 stream`](pingora::protocols::l4::stream::Stream) made from a socket has no buffers, and only pingora's own
//! listeners can give it some. Without one, a response's head and its body are two system calls and wake the client twice.
//! pingora flushes interim responses, heads without a length, chunks and ends; what it leaves in the buffer besides goes
//! out as soon as it listens to the client, which it does when it has nothing more to write. What is left when an exchange
//! breaks off goes out as well: the client gets what its provider said.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use pingora::protocols::l4::stream::Stream;
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::protocols::{
    GetProxyDigest, GetSocketDigest, GetTimingDigest, Peek, Shutdown, SocketDigest, Ssl, TimingDigest,
    UniqueID, UniqueIDType,
};
use tokio::io::{AsyncRead, AsyncWrite, BufWriter, ReadBuf};

/// A response head and a short body; longer bodies are written past the buffer.
const GATHERED: usize = 4 << 10;

/// A client's connection.
#[derive(Debug)]
pub(crate) struct Client(BufWriter<Stream>);

impl Client {
    pub(crate) fn new(stream: Stream) -> Self {
        Self(BufWriter::with_capacity(GATHERED, stream))
    }

    fn writer(self: Pin<&mut Self>) -> Pin<&mut BufWriter<Stream>> {
        Pin::new(&mut self.get_mut().0)
    }
}

impl AsyncRead for Client {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut writer = self.writer();
        if !writer.buffer().is_empty() {
            // When the client takes nothing now, this wakes the task again; an error is met by the next write.
            let _ = writer.as_mut().poll_flush(cx);
        }
        writer.poll_read(cx, buf)
    }
}

impl AsyncWrite for Client {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.writer().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writer().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer().poll_shutdown(cx)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if !self.0.buffer().is_empty() {
            // There is no waiting here: what the socket does not take at once is lost with the connection.
            let _ = Pin::new(&mut self.0).poll_flush(&mut Context::from_waker(Waker::noop()));
        }
    }
}

#[async_trait]
impl Shutdown for Client {
    async fn shutdown(&mut self) {
        // Fails only on a connection that is gone already.
        let _ = tokio::io::AsyncWriteExt::shutdown(&mut self.0).await;
    }
}

impl UniqueID for Client {
    fn id(&self) -> UniqueIDType {
        self.0.get_ref().id()
    }
}

impl Ssl for Client {}

#[async_trait]
impl Peek for Client {
    async fn try_peek(&mut self, buf: &mut [u8]) -> io::Result<bool> {
        self.0.get_mut().try_peek(buf).await
    }
}

impl GetTimingDigest for Client {
    fn get_timing_digest(&self) -> Vec<Option<TimingDigest>> {
        self.0.get_ref().get_timing_digest()
    }

    fn get_read_pending_time(&self) -> Duration {
        self.0.get_ref().get_read_pending_time()
    }

    fn get_write_pending_time(&self) -> Duration {
        self.0.get_ref().get_write_pending_time()
    }
}

impl GetProxyDigest for Client {
    fn get_proxy_digest(&self) -> Option<Arc<ProxyDigest>> {
        self.0.get_ref().get_proxy_digest()
    }
}

impl GetSocketDigest for Client {
    fn get_socket_digest(&self) -> Option<Arc<SocketDigest>> {
        self.0.get_ref().get_socket_digest()
    }
}
