//! The proxy as a whole: bind everything, serve, drain.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use agentguard_policy::Policy;
use arc_swap::ArcSwap;
use prometheus::Registry;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::dns::Dns;
use crate::exchange::content::Hasher;
use crate::exchange::context::Contexts;
use crate::exchange::metrics::JudgeMetrics;
use crate::front::caught::Catcher;
use crate::front::coverage::Coverage;
use crate::front::hosts::Hosts;
use crate::front::listener::Listener;
use crate::front::places::Places;
use crate::http::route::Router;
use crate::intercept::Catch;
use crate::metrics::Metrics;
use crate::model::{self, Pool};
use crate::shared::Shared;
use crate::upstream::Target;
use crate::upstream::roots::{self, RootsError};
use crate::{Config, ModelConfig, Recorder, Tally, Upstream, admin, providers};

/// After the drain's deadline, for cut exchanges to be recorded.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Why the proxy cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// A listener's address.
    #[error("the {what} listener cannot be opened on {address}: {source}")]
    Listen {
        /// Which listener.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// The system's word.
        source: io::Error,
    },
    /// The certificate authorities.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// The model's threads.
    #[error("the model's threads cannot be started: {0}")]
    Model(#[source] io::Error),
    /// A metric's name is taken in the registry, so another proxy uses it.
    #[error("the proxy's metrics cannot be registered: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// A bound proxy.
pub struct Proxy {
    base_url: Option<Listener>,
    inbound: Vec<Listener>,
    caught: Vec<Listener>,
    admin: Option<(TcpListener, SocketAddr)>,
    registry: Registry,
    unjudged: Tally,
    shared: Arc<Shared>,
}

/// Where a proxy listens. With port 0 in the configuration, the ports that the system gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// `/{provider}/…`.
    pub base_url: Option<SocketAddr>,
    /// In front of agents, in the configuration's order.
    pub inbound: Vec<SocketAddr>,
    /// For caught connections, in the configuration's order.
    pub caught: Vec<SocketAddr>,
    /// Probes and metrics.
    pub admin: Option<SocketAddr>,
}

impl Proxy {
    /// Opens every listener; none of them is served before [`Proxy::run`].
    ///
    /// `policy` may be exchanged at any time: an exchange goes by the one that it began with.
    ///
    /// # Errors
    /// [`BindError`], a sentence for whoever starts it.
    pub async fn bind(
        config: Config,
        policy: Arc<ArcSwap<Policy>>,
        recorder: Arc<dyn Recorder>,
        registry: &Registry,
    ) -> Result<Self, BindError> {
        let roots = roots::load(config.ca_file.as_deref())?;
        let shared = Arc::new(Shared {
            policy,
            recorder,
            workload: config.workload,
            hasher: Hasher::new(config.hash_key.as_ref()),
            exchanges: Arc::new(Semaphore::new(config.limits.exchanges)),
            judged: Arc::new(Semaphore::new(config.limits.judged)),
            judge_metrics: JudgeMetrics::new(registry)?,
            model: config.model.map(|model| pool(&model, registry)).transpose()?,
            contexts: (!config.inbound.is_empty())
                .then(|| Arc::new(Contexts::new(config.timeouts.context, config.limits.context_bytes))),
            timeouts: config.timeouts,
            dns: Dns::new(config.resolve),
            metrics: Metrics::new(registry)?,
            late: TaskTracker::new(),
            cut: CancellationToken::new(),
            limits: config.limits,
        });
        let places = Places::new(shared.limits.connections);
        let mut base_url = None;
        if let Some(address) = config.base_url_listen {
            let known = providers::all(&config.upstreams);
            let target = |(name, Upstream { url }): (String, Upstream)| {
                let target = Arc::new(Target::new(&name, url, roots.clone(), &shared.dns));
                (name, target)
            };
            let router = Router::BaseUrl(known.into_iter().map(target).collect::<BTreeMap<_, _>>());
            base_url = Some(listen("base URL", address, router, &shared, &places).await?);
        }
        let mut inbound = Vec::with_capacity(config.inbound.len());
        for agent in config.inbound {
            let router =
                Router::Inbound(Arc::new(Target::new("", agent.upstream, roots.clone(), &shared.dns)));
            inbound.push(listen("inbound", agent.listen, router, &shared, &places).await?);
        }
        let mut caught = Vec::new();
        let mut unjudged = Tally::default();
        if let Some(intercept) = config.intercept {
            let listen = intercept.listen.clone();
            let hosts =
                Arc::new(Hosts::new(intercept, roots, shared.limits.tunnels, Coverage::new(registry)?));
            unjudged = hosts.watch.tally();
            for Catch { mode, address } in listen {
                let catcher = Catcher { mode, hosts: hosts.clone(), shared: shared.clone() };
                let bound = Listener::catching(address, catcher, &shared, &places).await;
                let refused = |source| BindError::Listen { what: mode.as_str(), address, source };
                caught.push(bound.map_err(refused)?);
            }
        }
        let mut admin = None;
        if let Some(address) = config.admin_listen {
            let refused = |source| BindError::Listen { what: "admin", address, source };
            let tcp = TcpListener::bind(address).await.map_err(refused)?;
            let bound = tcp.local_addr().map_err(refused)?;
            admin = Some((tcp, bound));
        }
        Ok(Self { base_url, inbound, caught, admin, registry: registry.clone(), unjudged, shared })
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        Addresses {
            base_url: self.base_url.as_ref().map(Listener::address),
            inbound: self.inbound.iter().map(Listener::address).collect(),
            caught: self.caught.iter().map(Listener::address).collect(),
            admin: self.admin.as_ref().map(|(_, address)| *address),
        }
    }

    /// Connections that were caught and not judged, as they are counted from now on.
    #[must_use]
    pub fn unjudged(&self) -> Tally {
        self.unjudged.clone()
    }

    /// Serves until `drain` is cancelled, then lets running exchanges finish up to the drain deadline, then cuts them.
    /// When it returns, every exchange is recorded. `/ready` fails from the beginning of the drain; the admin listener
    /// answers to the end.
    pub async fn run(self, drain: CancellationToken) {
        let Self { base_url, inbound, caught, admin, registry, shared, .. } = self;
        let connections = TaskTracker::new();
        let over = CancellationToken::new();
        if let Some((tcp, _)) = admin {
            let stop = over.clone();
            let serve = axum::serve(tcp, admin::router(&registry, drain.clone()))
                .with_graceful_shutdown(async move { stop.cancelled().await });
            tokio::spawn(async move { serve.await });
        }
        let listeners = TaskTracker::new();
        for listener in base_url.into_iter().chain(inbound).chain(caught) {
            listeners.spawn(listener.serve(drain.clone(), connections.clone()));
        }
        listeners.close();
        drain.cancelled().await;
        listeners.wait().await;
        connections.close();
        let ended = async {
            connections.wait().await;
            shared.late.close();
            shared.late.wait().await;
        };
        if timeout(shared.timeouts.drain, ended).await.is_err() {
            tracing::warn!(
                connections = shared.metrics.connections.get(),
                verdicts = shared.late.len(),
                "drain deadline: what still runs is cut"
            );
        }
        shared.cut.cancel();
        let places = u32::try_from(shared.limits.exchanges).unwrap_or(u32::MAX);
        let _ = timeout(LAST_WORDS, shared.exchanges.acquire_many(places)).await;
        over.cancel();
    }
}

async fn listen(
    what: &'static str,
    address: SocketAddr,
    router: Router,
    shared: &Arc<Shared>,
    places: &Places,
) -> Result<Listener, BindError> {
    let bound = Listener::bind(address, router, shared, places).await;
    bound.map_err(|source| BindError::Listen { what, address, source })
}

fn pool(config: &ModelConfig, registry: &Registry) -> Result<Arc<Pool>, BindError> {
    let metrics = model::Metrics::new(registry)?;
    Pool::start(config, metrics).map(Arc::new).map_err(BindError::Model)
}
