//! Connections that mean no good, by the thousand, while somebody else is to be served.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::connect::Target;
use super::way::Running;

/// Between two connections of the one who is to be served.
const PROBE: Duration = Duration::from_millis(20);
/// A handshake with a stranger.
const STRANGER: Duration = Duration::from_secs(5);

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attack {
    /// Nothing: what the others' service is like otherwise.
    None,
    /// A thousand listed names a second, no two alike; each handshake is finished.
    ListedNames,
    /// A thousand unlisted names a second, no two alike.
    UnlistedNames,
    /// Connections of half a ClientHello and nothing more.
    HalfHellos(usize),
    /// Connections that say nothing after the server's part of the handshake.
    HalfHandshakes(usize),
    /// Connections of which the ClientHello comes a byte a second.
    Drips(usize),
}

impl Attack {
    pub(super) fn name(self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::ListedNames => "1,000 listed names a second".to_owned(),
            Self::UnlistedNames => "1,000 unlisted names a second".to_owned(),
            Self::HalfHellos(n) => format!("{n} half ClientHellos"),
            Self::HalfHandshakes(n) => format!("{n} half handshakes"),
            Self::Drips(n) => format!("{n} ClientHellos, a byte a second"),
        }
    }
}

/// How it went.
pub(super) struct Siege {
    pub(super) attack: Attack,
    /// Connections that the attacker made, and those of them that stood at the end.
    pub(super) made: usize,
    pub(super) standing: usize,
    /// KiB: before, most during, ten seconds after.
    pub(super) before: f64,
    pub(super) most: f64,
    pub(super) after: f64,
    /// The others' connections: microseconds, sorted, and how many failed.
    pub(super) served: Vec<u32>,
    pub(super) failed: usize,
    /// The last failure.
    pub(super) why: String,
}

/// Attacks for so long, and serves somebody else meanwhile.
pub(super) async fn siege(
    running: &Running,
    target: &Target,
    attack: Attack,
    time: Duration,
) -> anyhow::Result<Siege> {
    let before = running.resident();
    let (made, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let attacker = tokio::spawn(attacker(target.clone(), attack, made.clone(), over.clone()));
    // Those that stand are made first.
    let wanted = match attack {
        Attack::HalfHellos(n) | Attack::HalfHandshakes(n) | Attack::Drips(n) => n,
        _ => 0,
    };
    let began = Instant::now();
    while made.load(Ordering::Relaxed) < wanted && began.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(20)).await;
    }
    let (mut served, mut failed, mut most, mut why) = (Vec::new(), 0, before, String::new());
    let began = Instant::now();
    let mut pace = interval(PROBE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while began.elapsed() < time {
        pace.tick().await;
        match target.visit().await {
            Ok((_, answered)) => served.push(answered),
            Err(error) => {
                failed += 1;
                why = format!("{error:#}, after {:.1} s", began.elapsed().as_secs_f64());
            }
        }
        most = most.max(running.resident());
    }
    over.store(true, Ordering::Relaxed);
    let standing = attacker.await??;
    sleep(Duration::from_secs(10)).await;
    served.sort_unstable();
    let made = made.load(Ordering::Relaxed);
    Ok(Siege { attack, made, standing, before, most, after: running.resident(), served, failed, why })
}

/// Attacks until it is over. Says how many of its connections stand then.
async fn attacker(
    target: Target,
    attack: Attack,
    made: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
) -> anyhow::Result<usize> {
    match attack {
        Attack::None => Ok(0),
        Attack::ListedNames | Attack::UnlistedNames => {
            names(target, attack == Attack::ListedNames, &made, &over).await;
            Ok(0)
        }
        Attack::HalfHellos(n) => {
            let hello = hello(&target.host)?;
            stand(n, target.address, &hello[..hello.len() / 2], &made, &over).await
        }
        Attack::HalfHandshakes(n) => stand(n, target.address, &hello(&target.host)?, &made, &over).await,
        Attack::Drips(n) => {
            let hello: Arc<[u8]> = hello(&target.host)?.into();
            let mut tasks = JoinSet::new();
            for _ in 0..n {
                let Ok(mut tcp) = TcpStream::connect(target.address).await else { continue };
                made.fetch_add(1, Ordering::Relaxed);
                let (hello, over) = (hello.clone(), over.clone());
                tasks.spawn(async move {
                    for byte in hello.iter() {
                        if over.load(Ordering::Relaxed) || tcp.write_all(&[*byte]).await.is_err() {
                            break;
                        }
                        sleep(Duration::from_secs(1)).await;
                    }
                    usize::from(!ended(&tcp))
                });
            }
            Ok(tasks.join_all().await.into_iter().sum())
        }
    }
}

/// Makes so many connections, says this on each, and holds them until it is over. Says how many stand then.
async fn stand(
    connections: usize,
    address: SocketAddr,
    said: &[u8],
    made: &AtomicUsize,
    over: &AtomicBool,
) -> anyhow::Result<usize> {
    let mut held = Vec::with_capacity(connections);
    for number in 0..connections {
        let mut tcp = TcpStream::connect(address).await?;
        // It may have been closed already.
        let _ = tcp.write_all(said).await;
        held.push(tcp);
        made.fetch_add(1, Ordering::Relaxed);
        if number % 64 == 0 {
            sleep(Duration::from_millis(5)).await; // the other side accepts as it can
        }
    }
    while !over.load(Ordering::Relaxed) {
        sleep(PROBE).await;
    }
    let mut standing = 0;
    for tcp in &held {
        // What has come is read away, so that an end is seen.
        let mut taken = [0; 4096];
        while matches!(tcp.try_read(&mut taken), Ok(n) if n > 0) {}
        standing += usize::from(!ended(tcp));
    }
    Ok(standing)
}

fn ended(tcp: &TcpStream) -> bool {
    !matches!(tcp.try_read(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}

/// A thousand a second, each with a name of its own.
async fn names(target: Target, listed: bool, made: &AtomicUsize, over: &AtomicBool) {
    let mut pace = interval(Duration::from_millis(10));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut tasks = JoinSet::new();
    let mut number = 0;
    while !over.load(Ordering::Relaxed) {
        pace.tick().await;
        for _ in 0..10 {
            number += 1;
            let zone = if listed { "many.bench.invalid" } else { "nowhere.bench.invalid" };
            let stranger = target.to(&format!("n{number}.{zone}"));
            tasks.spawn(async move {
                if listed {
                    timeout(STRANGER, stranger.open()).await.is_ok_and(|opened| opened.is_ok())
                } else {
                    let Ok(hello) = hello(&stranger.host) else { return false };
                    let Ok(mut tcp) = TcpStream::connect(stranger.address).await else { return false };
                    // It leads nowhere, so it is closed.
                    tcp.write_all(&hello).await.is_ok() && timeout(STRANGER, tcp.read(&mut [0])).await.is_ok()
                }
            });
        }
        // No more than a second's worth at once: then it is no longer a thousand a second.
        while tasks.len() > 1000 {
            made.fetch_add(
                usize::from(tasks.join_next().await.is_some_and(|done| done.unwrap_or(false))),
                Ordering::Relaxed,
            );
        }
    }
    while let Some(done) = tasks.join_next().await {
        made.fetch_add(usize::from(done.unwrap_or(false)), Ordering::Relaxed);
    }
}

/// A ClientHello for this host.
fn hello(host: &str) -> anyhow::Result<Vec<u8>> {
    let tls = super::pki::client(&[], false)?;
    let mut connection = ClientConnection::new(tls, ServerName::try_from(host.to_owned())?)?;
    let mut hello = Vec::new();
    connection.write_tls(&mut hello)?;
    Ok(hello)
}
