//! The load: closed-loop connections, or streams all at once.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Workload;
use crate::contender::Contender;
use crate::http1::Connection;
use crate::origin;

/// Where the load goes and what it sends.
#[derive(Clone)]
pub(crate) struct Target {
    address: SocketAddr,
    request: bytes::Bytes,
}

impl Target {
    pub(crate) fn new(contender: &Contender, workload: Workload) -> Self {
        let (size, stream) = match workload {
            Workload::Json(size) => (size.saturating_sub(300), false),
            Workload::Lone => (700, false),
            Workload::Streams | Workload::LoneStream => (700, true),
        };
        let body = serde_json::json!({
            "model": "gpt-4.1-mini", "stream": stream,
            "messages": [
                {"role": "system", "content": format!("Answer from this text only.\n\n{}", origin::text(size))},
                {"role": "user", "content": "What do we know about the harbour bridge?"}
            ]
        })
        .to_string();
        let (host, path) = (contender.address, contender.path);
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Self { address: contender.address, request: [head.into_bytes(), body.into_bytes()].concat().into() }
    }

    async fn connect(&self) -> anyhow::Result<Connection> {
        Ok(Connection::new(TcpStream::connect(self.address).await?)?)
    }
}

/// What one row measured. Times in microseconds, sorted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    /// Exchanges completed.
    pub(crate) count: usize,
    /// Wall time.
    pub(crate) seconds: f64,
    /// Whole exchanges.
    pub(crate) total: Vec<u32>,
    /// Until the first body byte.
    pub(crate) first: Vec<u32>,
    /// Between two chunks.
    pub(crate) gaps: Vec<u32>,
}

impl Sample {
    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.total.extend(other.total);
        self.first.extend(other.first);
        self.gaps.extend(other.gaps);
    }

    fn finish(mut self, since: Instant) -> Self {
        self.seconds = since.elapsed().as_secs_f64();
        for times in [&mut self.total, &mut self.first, &mut self.gaps] {
            times.sort_unstable();
        }
        self
    }
}

/// Each connection sends its next request when the last was answered.
pub(crate) async fn closed_loop(
    target: &Target,
    connections: usize,
    time: Duration,
) -> anyhow::Result<Sample> {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let target = target.clone();
        tasks.spawn(async move {
            let mut connection = target.connect().await?;
            let mut sample = Sample::default();
            while began.elapsed() < time {
                sample.merge(exchange(&mut connection, &target).await?);
            }
            anyhow::Ok(sample)
        });
    }
    collect(tasks, began).await
}

/// Rounds of that many streams at once, each on a connection of its own, until the time is over.
pub(crate) async fn streams(target: &Target, streams: usize, time: Duration) -> anyhow::Result<Sample> {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for number in 0..streams {
        let target = target.clone();
        tasks.spawn(async move {
            // Spread over one chunk interval: providers do not tick in unison.
            tokio::time::sleep(origin::BETWEEN * u32::try_from(number % 16)? / 16).await;
            let mut connection = target.connect().await?;
            let mut sample = Sample::default();
            while began.elapsed() < time {
                sample.merge(exchange(&mut connection, &target).await?);
            }
            anyhow::Ok(sample)
        });
    }
    collect(tasks, began).await
}

async fn collect(mut tasks: JoinSet<anyhow::Result<Sample>>, began: Instant) -> anyhow::Result<Sample> {
    let mut all = Sample::default();
    while let Some(sample) = tasks.join_next().await {
        all.merge(sample??);
    }
    Ok(all.finish(began))
}

async fn exchange(connection: &mut Connection, target: &Target) -> anyhow::Result<Sample> {
    let began = Instant::now();
    connection.stream.write_all(&target.request).await?;
    let head = connection.head().await?.ok_or_else(|| anyhow::anyhow!("closed instead of answering"))?;
    anyhow::ensure!(head.start.contains(" 200"), "answered {}", head.start);
    let mut sample = Sample { count: 1, ..Sample::default() };
    let mut last = None;
    connection
        .body(head.framing, |_| {
            let now = Instant::now();
            match last {
                None => sample.first.push(micros(now - began)),
                Some(last) => sample.gaps.push(micros(now - last)),
            }
            last = Some(now);
        })
        .await?;
    sample.total.push(micros(began.elapsed()));
    Ok(sample)
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}
