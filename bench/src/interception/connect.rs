//! New connections: made, used for one small request, closed, one after the other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::way::{Running, Way};

/// No connection takes so long unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where clients connect, and how.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) address: SocketAddr,
    pub(super) host: String,
    asks: bool,
    tls: Arc<ClientConfig>,
}

impl Target {
    pub(super) fn new(running: &Running, tls: Arc<ClientConfig>) -> Self {
        let asks = running.way == Way::ConnectTunnel;
        Self { address: running.address, host: running.way.host().to_owned(), asks, tls }
    }

    /// The same for another host.
    pub(super) fn to(&self, host: &str) -> Self {
        Self { host: host.to_owned(), ..self.clone() }
    }

    /// A connection under TLS.
    pub(super) async fn open(&self) -> anyhow::Result<TlsStream<TcpStream>> {
        let mut tcp = TcpStream::connect(self.address).await?;
        tcp.set_nodelay(true)?;
        if self.asks {
            let asked = format!("CONNECT {0}:443 HTTP/1.1\r\nhost: {0}:443\r\n\r\n", self.host);
            tcp.write_all(asked.as_bytes()).await?;
            let answer = head(&mut tcp).await?;
            anyhow::ensure!(answer.starts_with(b"HTTP/1.1 200"), "no tunnel: {answer:?}");
        }
        let name = ServerName::try_from(self.host.clone())?;
        Ok(TlsConnector::from(self.tls.clone()).connect(name, tcp).await?)
    }

    /// One small request on it.
    pub(super) async fn ask(&self, tls: &mut TlsStream<TcpStream>) -> anyhow::Result<()> {
        let request = format!("GET /small HTTP/1.1\r\nhost: {}\r\n\r\n", self.host);
        tls.write_all(request.as_bytes()).await?;
        tls.flush().await?;
        let mut answer = head(tls).await?;
        anyhow::ensure!(answer.starts_with(b"HTTP/1.1 200"), "answered {}", String::from_utf8_lossy(&answer));
        while !answer.ends_with(b"sixteen letters.") {
            anyhow::ensure!(tls.read_buf(&mut answer).await? > 0, "closed inside the answer");
        }
        Ok(())
    }

    /// The whole life of a connection: when TLS stood, and when the answer was there. Microseconds.
    async fn life(&self) -> anyhow::Result<(u32, u32)> {
        let began = Instant::now();
        let mut tls = self.open().await?;
        let stood = micros(began);
        self.ask(&mut tls).await?;
        let answered = micros(began);
        tls.shutdown().await?;
        Ok((stood, answered))
    }

    /// The whole life of a connection, or an error in bounded time.
    pub(super) async fn visit(&self) -> anyhow::Result<(u32, u32)> {
        tokio::time::timeout(PATIENCE, self.life()).await?
    }
}

/// Reads to the end of a head, and what came with it.
async fn head(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> anyhow::Result<Vec<u8>> {
    let mut read = Vec::with_capacity(512);
    while memchr::memmem::find(&read, b"\r\n\r\n").is_none() {
        anyhow::ensure!(stream.read_buf(&mut read).await? > 0, "closed inside a head");
    }
    Ok(read)
}

fn micros(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_micros()).unwrap_or(u32::MAX)
}

/// What was measured. Times in microseconds, sorted.
#[derive(Clone, Debug, Default)]
pub(super) struct Lives {
    pub(super) seconds: f64,
    /// Until TLS stood.
    pub(super) stood: Vec<u32>,
    /// Until the answer was there.
    pub(super) answered: Vec<u32>,
}

/// So many clients, each of which connects anew when its last connection has ended.
pub(super) async fn clients(target: &Target, clients: usize, time: Duration) -> anyhow::Result<Lives> {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let target = target.clone();
        tasks.spawn(async move {
            let mut lives = Vec::new();
            while began.elapsed() < time {
                lives.push(target.visit().await?);
            }
            anyhow::Ok(lives)
        });
    }
    let mut all = Lives::default();
    while let Some(lives) = tasks.join_next().await {
        for (stood, answered) in lives?? {
            all.stood.push(stood);
            all.answered.push(answered);
        }
    }
    all.seconds = began.elapsed().as_secs_f64();
    all.stood.sort_unstable();
    all.answered.sort_unstable();
    Ok(all)
}
