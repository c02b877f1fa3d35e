//! Start and end: ports and database first, then serving, then draining.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use agentguard_telemetry::Secret;
use agentguard_telemetry::metrics::MetricError;
use prometheus::Registry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::{Access, Config};
use crate::content::{ContentError, Contents};
use crate::http::{self, App, Parts};
use crate::identity::Identity;
use crate::identity::secrets::{check_key, check_placeholder};
use crate::ingest::{self, Queue, Writer};
use crate::policies::{KeyError, Keys, Policies};
use crate::store::{self, Store, StoreError};
use crate::{clock, tail};

/// What open requests get at the end; Kubernetes waits 30 s before it kills.
const DRAIN: Duration = Duration::from_secs(25);
/// Shortest token accepted: 16 random bytes in hexadecimal are 32 characters, a guessable word is not.
const MIN_TOKEN: usize = 16;
/// Between two looks for verdicts past their retention.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Between two steps of one sweep: commits go between.
const SWEEP_STEP: Duration = Duration::from_millis(25);

/// A control plane with its ports taken and its database open.
pub struct Control {
    app: Arc<App>,
    store: Arc<dyn Store>,
    writer: Writer,
    api: TcpListener,
    metrics: Option<TcpListener>,
    addresses: Addresses,
    config: Config,
    first_secret: Option<Secret>,
}

/// Where it listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// API and page.
    pub api: SocketAddr,
    /// `/metrics`.
    pub metrics: Option<SocketAddr>,
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
    /// A token that could be guessed or would not survive a header.
    #[error(
        "the token must have at least {MIN_TOKEN} visible ASCII characters; `openssl rand -hex 16` makes a good one"
    )]
    Token,
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
    /// A key that others could guess.
    #[error("{0}")]
    Key(String),
    /// Accounts cannot be used.
    #[error("accounts cannot be used: {0}")]
    Identity(String),
    /// The key that content is encrypted under.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Policy bundles cannot be signed.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// Two metrics have one name.
    #[error(transparent)]
    Metrics(#[from] MetricError),
}

impl Control {
    /// Takes the ports, opens the database, brings its schema up to date. Serves nothing yet.
    pub async fn bind(config: Config) -> Result<Self, ControlError> {
        if config.token.is_none() && !config.access.accounts && !config.listen.ip().is_loopback() {
            return Err(ControlError::Open(config.listen));
        }
        if config.token.as_ref().is_some_and(|token| !is_token(token.expose())) {
            return Err(ControlError::Token);
        }
        check_access(&config.access)?;
        let (api, api_address) = listen(config.listen, "API and page").await?;
        let metrics = match config.metrics_listen {
            Some(address) => Some(listen(address, "metrics").await?),
            None => None,
        };
        let (metrics, metrics_address) = metrics.unzip();
        let addresses = Addresses { api: api_address, metrics: metrics_address };
        let (store, records) = store::open(&config).await?;
        let opened = Identity::open(records.clone(), config.token.as_ref(), &config.access).await;
        let (identity, first_secret) = opened.map_err(|error| ControlError::Identity(error.to_string()))?;
        let keys = Keys::load(config.signing_key.as_ref(), &config.data_dir)?;
        let policies = Arc::new(Policies::new(records.clone(), keys, config.limits.bundle_waits));
        policies.begin().await?;
        let registry = Registry::new();
        let contents = Contents::open(records.clone(), &config.content, &registry).await?;
        // Nobody but this machine's own sends content to a loopback address: that needs no warning.
        if contents.keys().is_none() && !config.listen.ip().is_loopback() {
            tracing::warn!("ENCRYPTION_KEY is not set: captured content is stored unencrypted");
        }
        let ingest = Arc::new(ingest::Metrics::new(&registry)?);
        let hub = Arc::new(tail::Hub::new());
        let (queue, writer) =
            Queue::new(&config.limits, Arc::clone(&store), Arc::clone(&hub), Arc::clone(&ingest));
        let parts = Parts { store: Arc::clone(&store), identity, contents, policies, queue, ingest, hub };
        let app = Arc::new(App::new(&config, registry, parts)?);
        Ok(Self { app, store, writer, api, metrics, addresses, config, first_secret })
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The one-time secret that makes the first account, where one was made up: to be shown once to whoever started this.
    #[must_use]
    pub fn first_secret(&self) -> Option<&Secret> {
        self.first_secret.as_ref()
    }

    /// Serves until `drain`; then refuses new connections, lets open requests finish for up to 25 seconds, commits what was
    /// taken up, and folds the write-ahead log in.
    pub async fn run(self, drain: CancellationToken) {
        let Self { app, store, writer, api, metrics, config, .. } = self;
        let stop_writer = CancellationToken::new();
        let writer = tokio::spawn(writer.run(stop_writer.clone()));
        let sweeper = config.retention.map(|age| tokio::spawn(sweep(Arc::clone(&store), age, drain.clone())));
        app.drain_on(drain.clone());
        let policies = tokio::spawn({
            let (policies, store, stop) = (Arc::clone(&app.policies), Arc::clone(&store), drain.clone());
            async move { policies.run(store, stop).await }
        });
        let connections = config.limits.connections;
        let scraped = async {
            if let Some(metrics) = metrics {
                http::serve(metrics, http::metrics_router(&app), connections, drain.clone(), DRAIN).await;
            }
        };
        tokio::join!(http::serve(api, http::router(&app), connections, drain.clone(), DRAIN), scraped);
        stop_writer.cancel();
        // Both end by themselves; an error is a panic of theirs, already logged.
        let _ = writer.await;
        let _ = policies.await;
        if let Some(sweeper) = sweeper {
            let _ = sweeper.await;
        }
        store.close().await;
    }
}

async fn listen(address: SocketAddr, what: &'static str) -> Result<(TcpListener, SocketAddr), ControlError> {
    let failed = |source| ControlError::Listen { address, what, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Refuses keys that others could guess.
fn check_access(access: &Access) -> Result<(), ControlError> {
    let key = |name, key: Option<&Secret>| key.map_or(Ok(()), |key| check_key(name, key));
    let token = |name: &str, token: Option<&Secret>| match token {
        Some(token) if !is_token(token.expose()) => {
            Err(format!("{name} must have at least {MIN_TOKEN} visible ASCII characters"))
        }
        Some(token) => check_placeholder(name, token),
        None => Ok(()),
    };
    key("JWT_SECRET_KEY", access.jwt_key.as_ref())
        .and_then(|()| key("ENCRYPTION_KEY", access.audit_key.as_ref()))
        .and_then(|()| token("the bootstrap token", access.bootstrap.as_ref()))
        .and_then(|()| token("the sidecars' token", access.sidecar_token.as_ref()))
        .map_err(ControlError::Key)
}

fn is_token(token: &str) -> bool {
    token.len() >= MIN_TOKEN && token.bytes().all(|b| b.is_ascii_graphic())
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
