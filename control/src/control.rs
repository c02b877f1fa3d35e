//! Start and end: ports and database first, then serving, then draining.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::http::{self, App};
use crate::ingest::{self, Queue, Writer};
use crate::store::{Sqlite, Store, StoreError};
use crate::{clock, tail};

/// What open requests get at the end; Kubernetes waits 30 s before it kills.
const DRAIN: Duration = Duration::from_secs(25);
/// Between two looks for verdicts past their retention.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Between two steps of one sweep: commits go between.
const SWEEP_STEP: Duration = Duration::from_millis(50);

/// A control plane with its ports taken and its database open.
pub struct Control {
    app: Arc<App>,
    store: Arc<dyn Store>,
    writer: Writer,
    api: TcpListener,
    metrics: TcpListener,
    addresses: Addresses,
    config: Config,
}

/// Where it listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// API and page.
    pub api: SocketAddr,
    /// `/metrics`.
    pub metrics: SocketAddr,
}

/// Why the control plane cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Open to others without a token.
    #[error(
        "refusing to listen on {0} without a token: anybody who reaches it could read every verdict; \
         set a token, or listen on 127.0.0.1"
    )]
    Open(SocketAddr),
    /// The port cannot be had.
    #[error("cannot listen on {address} for {what}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What for.
        what: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Two metrics have one name.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

impl Control {
    /// Takes the ports, opens the database, brings its schema up to date. Serves nothing yet.
    pub async fn bind(config: Config) -> Result<Self, ControlError> {
        if config.token.is_none() && !config.listen.ip().is_loopback() {
            return Err(ControlError::Open(config.listen));
        }
        let api = listen(config.listen, "API and page").await?;
        let metrics = listen(config.metrics_listen, "metrics").await?;
        let address = |l: &TcpListener, address, what| {
            l.local_addr().map_err(|source| ControlError::Listen { address, what, source })
        };
        let addresses = Addresses {
            api: address(&api, config.listen, "API and page")?,
            metrics: address(&metrics, config.metrics_listen, "metrics")?,
        };
        let store: Arc<dyn Store> =
            Arc::new(Sqlite::open(&config.data_dir, config.limits.dead_letters).await?);
        let registry = Registry::new();
        let ingest = Arc::new(ingest::Metrics::new(&registry)?);
        let hub = Arc::new(tail::Hub::new());
        let (queue, writer) =
            Queue::new(&config.limits, Arc::clone(&store), Arc::clone(&hub), Arc::clone(&ingest));
        let app = Arc::new(App::new(&config, registry, Arc::clone(&store), queue, ingest, hub)?);
        Ok(Self { app, store, writer, api, metrics, addresses, config })
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Serves until `drain`; then refuses new connections, lets open requests finish for up to 25 seconds, commits what was
    /// taken up, and folds the write-ahead log in.
    pub async fn run(self, drain: CancellationToken) {
        let Self { app, store, writer, api, metrics, config, .. } = self;
        let stop_writer = CancellationToken::new();
        let writer = tokio::spawn(writer.run(stop_writer.clone()));
        let sweeper = tokio::spawn(sweep(Arc::clone(&store), config.retention, drain.clone()));
        app.drain_on(drain.clone());
        let connections = config.limits.connections;
        tokio::join!(
            http::serve(api, http::router(&app), connections, drain.clone(), DRAIN),
            http::serve(metrics, http::metrics_router(&app), connections, drain.clone(), DRAIN),
        );
        stop_writer.cancel();
        // Both end by themselves; an error is a panic of theirs, already logged.
        let _ = writer.await;
        let _ = sweeper.await;
        store.close().await;
    }
}

async fn listen(address: SocketAddr, what: &'static str) -> Result<TcpListener, ControlError> {
    TcpListener::bind(address).await.map_err(|source| ControlError::Listen { address, what, source })
}

/// Deletes what is older than the retention, now and then.
async fn sweep(store: Arc<dyn Store>, retention: Duration, drain: CancellationToken) {
    let retention = i64::try_from(retention.as_micros()).unwrap_or(i64::MAX);
    loop {
        let pause = match store.sweep(clock::now().saturating_sub(retention)).await {
            Ok(swept) if swept.more => SWEEP_STEP,
            Ok(_) => SWEEP_EVERY,
            Err(error) => {
                tracing::error!(%error, "old verdicts could not be deleted; trying again");
                SWEEP_EVERY
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = drain.cancelled() => return,
        }
    }
}
