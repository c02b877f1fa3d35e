//! Bytes from one socket to the other, unread.

use std::io;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};

/// Bytes moved at a time. A connection that is idle holds none of it.
const PIECE: usize = 32 << 10;

/// Passes everything on in both directions until both have ended, or one broke. `read`: what the client has sent already.
/// Returns the bytes sent to the server and to the client.
pub(crate) async fn splice(mut client: TcpStream, mut server: TcpStream, read: Vec<u8>) -> (u64, u64) {
    let (mut up, mut down) = (0, 0);
    {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        // The end of one direction is passed on and leaves the other open; an error ends both.
        let both = async {
            tokio::try_join!(
                pump(from_client, to_server, read, &mut up),
                pump(from_server, to_client, Vec::new(), &mut down)
            )
        };
        let _ = both.await; // a broken connection is told to the other side by closing it
    }
    (up, down)
}

async fn pump(from: ReadHalf<'_>, mut to: WriteHalf<'_>, first: Vec<u8>, moved: &mut u64) -> io::Result<()> {
    if !first.is_empty() {
        to.write_all(&first).await?;
        *moved += first.len() as u64;
    }
    drop(first);
    loop {
        from.readable().await?;
        // Taken when there is something to read, given back when there is not: ten thousand idle tunnels share none.
        let mut piece = Vec::with_capacity(PIECE);
        loop {
            piece.clear();
            match from.try_read_buf(&mut piece) {
                Ok(0) => return to.shutdown().await,
                Ok(taken) => {
                    to.write_all(&piece).await?;
                    *moved += taken as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests;
