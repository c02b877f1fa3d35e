//! What an idle connection costs a proxy: resident memory before and after there are thousands.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::client::TlsStream;

use super::connect::Target;
use super::way::{Running, files};

/// Connections that are made at once.
const ABREAST: usize = 16;
/// What else the processes hold open.
const SPARE: u64 = 300;
/// Before the process is as large as it stays: allocators give back with a delay.
const SETTLE: Duration = Duration::from_secs(3);

/// What was measured.
pub(super) struct Held {
    pub(super) connections: usize,
    /// KiB, before.
    pub(super) before: f64,
    /// KiB, with them.
    pub(super) with: f64,
}

impl Held {
    pub(super) fn each(&self) -> f64 {
        (self.with - self.before) / self.connections as f64
    }
}

/// Opens so many connections, or as many as files may be open (a tunnel is two of them), makes one request on each, and leaves them.
pub(super) async fn hold(running: &Running, target: &Target, wanted: usize) -> anyhow::Result<Held> {
    let room = usize::try_from(files().saturating_sub(SPARE) / 2)?;
    let connections = wanted.min(room);
    // As in service: pools, caches and arenas are there already.
    drop(open(target, 256).await?);
    tokio::time::sleep(SETTLE).await;
    let before = running.resident();
    let held = open(target, connections).await?;
    tokio::time::sleep(SETTLE).await;
    let with = running.resident();
    drop(held);
    Ok(Held { connections, before, with })
}

async fn open(target: &Target, connections: usize) -> anyhow::Result<Vec<TlsStream<TcpStream>>> {
    let mut tasks = JoinSet::new();
    for share in 0..ABREAST {
        let target = target.clone();
        let count = connections / ABREAST + usize::from(share < connections % ABREAST);
        tasks.spawn(async move {
            let mut held = Vec::with_capacity(count);
            for _ in 0..count {
                let mut tls = target.open().await?;
                target.ask(&mut tls).await?;
                held.push(tls);
            }
            anyhow::Ok(held)
        });
    }
    let mut all = Vec::with_capacity(connections);
    while let Some(held) = tasks.join_next().await {
        all.extend(held??);
    }
    Ok(all)
}
