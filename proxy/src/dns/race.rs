//! Several addresses, one connection: happy eyeballs (RFC 8305, section 5).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::sleep;

/// An address gets so long before the next one is tried beside it.
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to the first address that answers. They are tried in order, each a little after the one before or as soon as
/// that one has failed; the connections that come too late are dropped.
///
/// # Errors
/// The last failure, when all have failed.
pub(crate) async fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut attempts = FuturesUnordered::new();
    let mut waiting = addresses.iter();
    let mut last = io::Error::new(io::ErrorKind::AddrNotAvailable, "there is no address to connect to");
    loop {
        if let Some(address) = waiting.next() {
            attempts.push(TcpStream::connect(*address));
        } else if attempts.is_empty() {
            return Err(last);
        }
        let more = !waiting.as_slice().is_empty();
        tokio::select! {
            Some(done) = attempts.next() => match done {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            },
            () = sleep(HEAD_START), if more => {}
        }
    }
}

#[cfg(test)]
mod tests;
