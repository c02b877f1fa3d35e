//! The server behind it all, a process of its own: TLS, and a small answer to every request.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::pki::Pki;
use crate::report::say;

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 16\r\n\r\nsixteen letters.";

/// Connections that wait to be accepted.
const BACKLOG: u32 = 4096;

/// The running process; ends with the value.
pub(super) struct Origin {
    pub(super) address: SocketAddr,
    child: Child,
}

impl Origin {
    /// Starts it with the certificates in this folder.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("tls-origin")
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the origin")?;
        let out = child.stdout.take().context("the origin has no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let address = line.trim().parse().context("the origin did not say where it listens")?;
        Ok(Self { address, child })
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves until it is ended; its first line says where.
pub(crate) fn run(folder: &Path) -> anyhow::Result<()> {
    let acceptor = TlsAcceptor::from(Arc::new(Pki::of(folder).server()?));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let listener = socket.listen(BACKLOG)?;
        say(&listener.local_addr()?.to_string());
        loop {
            let (stream, _) = listener.accept().await?;
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that leaves is the load's to report, not ours.
                let _ = serve(stream, &acceptor).await;
            });
        }
    })
}

async fn serve(stream: TcpStream, acceptor: &TlsAcceptor) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut tls = acceptor.accept(stream).await?;
    let mut read = Vec::with_capacity(1024);
    while tls.read_buf(&mut read).await? > 0 {
        // Requests have no bodies here.
        while let Some(end) = memchr::memmem::find(&read, b"\r\n\r\n") {
            read.drain(..end + 4);
            tls.write_all(ANSWER).await?;
            tls.flush().await?;
        }
    }
    Ok(())
}
