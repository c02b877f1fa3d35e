//! HTTP: listeners, what every request passes through, and the routes.

mod assets;
mod auth;
mod body;
mod caller;
pub(crate) mod cookies;
mod front;
mod health;
mod metrics;
mod pages;
mod problem;
mod rates;
mod routes;
mod serve;
mod site;

use std::sync::Arc;

use agentguard_telemetry::metrics::MetricError;
use arc_swap::ArcSwap;
use axum::Router;
use axum::routing::get;
use prometheus::Registry;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;

pub(crate) use auth::Came;
pub(crate) use body::Body;
pub(crate) use caller::{Caller, Origin};
pub(crate) use problem::ApiError;
pub(crate) use serve::serve;

use crate::api;
use crate::config::{Config, Limits};
use crate::content::Contents;
use crate::identity::Identity;
use crate::ingest::{self, Queue};
use crate::policies::Policies;
use crate::store::Store;
use crate::tail::Hub;

/// What the handlers share.
pub(crate) struct App {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) queue: Queue,
    pub(crate) ingest: Arc<ingest::Metrics>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) policy: Arc<ArcSwap<agentguard_api::query::PolicyView>>,
    pub(crate) limits: Limits,
    pub(crate) receiving: Arc<Semaphore>,
    pub(crate) decoding: Arc<Semaphore>,
    pub(crate) tails: Arc<Semaphore>,
    pub(crate) overviews: api::OverviewCache,
    pub(crate) policies: Arc<Policies>,
    pub(crate) drain: CancellationToken,
    /// Who may do what; the audit log is there, too.
    pub(crate) identity: Identity,
    /// Captured content, sealed and opened.
    pub(crate) contents: Contents,
    requests: Arc<Semaphore>,
    needs: routes::Needs,
    rates: rates::Rates,
    /// Trusted proxies between the clients and us.
    hops: usize,
    hosts: Vec<String>,
    http: metrics::Metrics,
    registry: Registry,
}

/// What an [`App`] is put together from.
pub(crate) struct Parts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) identity: Identity,
    pub(crate) contents: Contents,
    pub(crate) policies: Arc<Policies>,
    pub(crate) queue: Queue,
    pub(crate) ingest: Arc<ingest::Metrics>,
    pub(crate) hub: Arc<Hub>,
}

impl App {
    /// Puts it together.
    pub(crate) fn new(config: &Config, registry: Registry, parts: Parts) -> Result<Self, MetricError> {
        let Parts { store, identity, contents, policies, queue, ingest, hub } = parts;
        let limits = config.limits.clone();
        Ok(Self {
            store,
            queue,
            ingest,
            hub,
            policies,
            policy: Arc::clone(&config.policy),
            receiving: Arc::new(Semaphore::new(limits.receiving)),
            decoding: Arc::new(Semaphore::new(limits.decoding)),
            tails: Arc::new(Semaphore::new(limits.tails)),
            requests: Arc::new(Semaphore::new(limits.requests)),
            overviews: api::OverviewCache::new(&registry)?,
            drain: CancellationToken::new(),
            identity,
            contents,
            needs: routes::Needs::new(),
            rates: rates::Rates::new(&config.access.rates),
            hops: config.access.trusted_proxies,
            hosts: config.hosts.iter().map(|h| h.to_ascii_lowercase()).collect(),
            http: metrics::Metrics::new(&registry)?,
            registry,
            limits,
        })
    }

    /// Ends the tails and readiness when `drain` comes.
    pub(crate) fn drain_on(self: &Arc<Self>, drain: CancellationToken) {
        let ours = self.drain.clone();
        tokio::spawn(async move {
            drain.cancelled().await;
            ours.cancel();
        });
    }
}

/// The API and the page.
pub(crate) fn router(app: &Arc<App>) -> Router {
    routes::router()
        .fallback(assets::page)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(CompressionLayer::new())
        .layer(axum::middleware::from_fn_with_state(Arc::clone(app), front::front))
        .with_state(Arc::clone(app))
}

/// `/metrics`, on its own port.
pub(crate) fn metrics_router(app: &Arc<App>) -> Router {
    Router::new().route("/metrics", get(metrics::metrics)).with_state(Arc::clone(app))
}
