//! HTTP/1.1 or HTTP/2, by the first bytes. (pingora's own peek waits for 24 bytes without a time limit.)

use std::time::Duration;

use pingora::protocols::l4::stream::Stream;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

/// The client preface of HTTP/2 with prior knowledge (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.0 or 1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

/// Reads as little as tells, and puts it back. `None`: the client said nothing in time, or left.
pub(crate) async fn protocol(stream: &mut Stream, limit: Duration) -> Option<Protocol> {
    let mut buffer = [0; PREFACE.len()];
    let mut read = 0;
    let told = async {
        while read < PREFACE.len() && PREFACE.starts_with(&buffer[..read]) {
            match stream.read(&mut buffer[read..]).await {
                Ok(n) if n > 0 => read += n,
                _ => return None,
            }
        }
        Some(if buffer == PREFACE { Protocol::Http2 } else { Protocol::Http1 })
    };
    let told = timeout(limit, told).await.ok().flatten();
    stream.rewind(&buffer[..read]);
    told
}
