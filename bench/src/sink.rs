//! A control plane that acknowledges and counts. The real one has a benchmark of its own; here it would take the cores
//! that the contenders are measured on.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::http1::Connection;

/// What came in since it was last asked for.
#[derive(Debug, Default)]
struct Counts {
    events: usize,
    judged: usize,
    /// Instance and highest seq of the last batch: a batch that is sent again counts once.
    last: (String, u64),
}

impl Counts {
    /// Takes a batch; gives its highest seq.
    fn add(&mut self, batch: &Batch<'_>) -> u64 {
        if self.last.0 != batch.instance {
            self.last = (batch.instance.to_owned(), 0);
        }
        for event in batch.events.iter().filter(|event| event.seq > self.last.1) {
            self.events += 1;
            self.judged += usize::from(event.verdict != "not_checked");
        }
        self.last.1 = batch.events.last().map_or(self.last.1, |event| event.seq.max(self.last.1));
        self.last.1
    }
}

/// As much of a batch as is counted.
#[derive(Deserialize)]
struct Batch<'a> {
    instance: &'a str,
    #[serde(borrow)]
    events: Vec<Event<'a>>,
}

#[derive(Deserialize)]
struct Event<'a> {
    seq: u64,
    verdict: &'a str,
}

/// A running sink.
#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    counts: Arc<Mutex<Counts>>,
}

impl Sink {
    /// Verdicts received since the last call, and those of them that were judged.
    pub(crate) fn taken(&self) -> (usize, usize) {
        let counts = std::mem::take(&mut *self.counts.lock());
        (counts.events, counts.judged)
    }
}

/// Starts it on a free loopback port, on a thread of its own.
pub(crate) fn start() -> anyhow::Result<Sink> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let sink = Sink { address: listener.local_addr()?, counts: Arc::default() };
    let counts = sink.counts.clone();
    std::thread::Builder::new().name("sink".into()).spawn(move || {
        runtime.block_on(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counts = counts.clone();
                // A contender that ends in mid-request is not heard of again.
                tokio::spawn(async move {
                    let _ = serve(stream, &counts).await;
                });
            }
        });
    })?;
    Ok(sink)
}

async fn serve(stream: TcpStream, counts: &Mutex<Counts>) -> anyhow::Result<()> {
    let mut connection = Connection::new(stream)?;
    while let Some(head) = connection.head().await? {
        let mut body = Vec::new();
        connection.body(head.framing, |chunk| body.extend_from_slice(chunk)).await?;
        let reply = if head.start.contains("/ingest/verdicts") {
            let json = zstd::decode_all(body.as_slice())?;
            let batch: Batch<'_> = serde_json::from_slice(&json)?;
            let last = counts.lock().add(&batch);
            serde_json::json!({"accepted": batch.events.len(), "duplicate": 0, "rejected": [], "acked_seq": last})
        } else {
            serde_json::json!({"acked_seq": 0, "unexplained": 0, "policy": ""})
        };
        let reply = reply.to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{reply}",
            reply.len()
        );
        connection.stream.write_all(head.as_bytes()).await?;
    }
    Ok(())
}
