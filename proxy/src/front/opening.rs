//! The first bytes of a caught connection: read, told, and kept for whoever they are for.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::decide::Opening;
use super::hello::{self, Progress};

/// A client that says nothing for so long may be waiting for its server to speak (SMTP, MySQL, SSH).
const QUIET: Duration = Duration::from_millis(100);

/// Reads until it is clear what the client speaks; `read` gets every byte that was taken. When the client is quiet, its server
/// may be the one that speaks first: then `server` is what it is connected to, by `dial` if need be. `None`: the client left, or
/// neither side spoke within `patience`.
pub(crate) async fn tell<D>(
    client: &TcpStream,
    read: &mut Vec<u8>,
    server: &mut Option<TcpStream>,
    dial: D,
    patience: Duration,
) -> io::Result<Option<Opening>>
where
    D: Future<Output = io::Result<Option<TcpStream>>>,
{
    let deadline = Instant::now() + patience;
    if read.is_empty() {
        match timeout(QUIET, more(client, read)).await {
            Ok(Ok(0)) => return Ok(None),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error),
            Err(_) => match timeout_at(deadline, first_to_speak(client, read, server, dial)).await {
                Ok(Ok(Some(Speaker::Client))) => {}
                Ok(Ok(Some(Speaker::Server))) => return Ok(Some(Opening::ServerFirst)),
                Ok(Ok(None)) | Err(_) => return Ok(None),
                Ok(Err(error)) => return Err(error),
            },
        }
    }
    loop {
        match hello::read(read) {
            Progress::Hello(hello) => return Ok(Some(Opening::Tls(hello))),
            Progress::Other if read.first() == Some(&hello::HANDSHAKE) => {
                return Ok(Some(Opening::Unreadable));
            }
            Progress::Other => return Ok(Some(Opening::Plain)),
            Progress::More => match timeout_at(deadline, more(client, read)).await {
                Ok(Ok(taken)) if taken > 0 => {}
                _ => return Ok(Some(Opening::Unreadable)),
            },
        }
    }
}

enum Speaker {
    Client,
    Server,
}

async fn first_to_speak<D>(
    client: &TcpStream,
    read: &mut Vec<u8>,
    server: &mut Option<TcpStream>,
    dial: D,
) -> io::Result<Option<Speaker>>
where
    D: Future<Output = io::Result<Option<TcpStream>>>,
{
    let spoke = |taken: usize| (taken > 0).then_some(Speaker::Client);
    if server.is_none() {
        tokio::select! {
            taken = more(client, read) => return taken.map(spoke),
            dialled = dial => *server = dialled?,
        }
    }
    let Some(server) = server else { return more(client, read).await.map(spoke) };
    let mut byte = [0];
    tokio::select! {
        taken = more(client, read) => taken.map(spoke),
        spoken = server.peek(&mut byte) => Ok((spoken? > 0).then_some(Speaker::Server)),
    }
}

/// Reads what is there; loses nothing when it is dropped.
pub(crate) async fn more(stream: &TcpStream, read: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        stream.readable().await?;
        match stream.try_read_buf(read) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            taken => return taken,
        }
    }
}

#[cfg(test)]
mod tests;
