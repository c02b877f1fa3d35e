//! HTTP: listeners, what every request passes through, and the routes.

mod assets;
mod auth;
mod caller;
mod front;
mod health;
mod metrics;
mod pages;
mod problem;
mod serve;

use std::sync::Arc;

use agentguard_telemetry::metrics::MetricError;
use arc_swap::ArcSwap;
use axum::Router;
use axum::routing::{get, post};
use prometheus::Registry;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;

pub(crate) use caller::Caller;
pub(crate) use problem::ApiError;
pub(crate) use serve::serve;

use crate::api;
use crate::config::{Config, Limits};
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
    requests: Arc<Semaphore>,
    auth: Option<auth::Auth>,
    hosts: Vec<String>,
    http: metrics::Metrics,
    registry: Registry,
}

impl App {
    /// Puts it together.
    pub(crate) fn new(
        config: &Config,
        registry: Registry,
        store: Arc<dyn Store>,
        queue: Queue,
        ingest: Arc<ingest::Metrics>,
        hub: Arc<Hub>,
        policies: Arc<Policies>,
    ) -> Result<Self, MetricError> {
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
            auth: config.token.as_ref().map(|token| auth::Auth::new(token.expose())),
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
    let api = Router::new()
        .route("/ingest/verdicts", post(api::ingest::verdicts))
        .route("/sidecar/heartbeat", post(api::ingest::heartbeat))
        .route("/overview", get(api::overview::overview))
        .route("/timeseries", get(api::overview::timeseries))
        .route("/workloads", get(api::overview::workloads))
        .route("/models", get(api::overview::models))
        .route("/verdicts", get(api::verdicts::list))
        .route("/verdicts/facets", get(api::verdicts::facets))
        .route("/verdicts/{id}", get(api::verdicts::detail))
        .route("/sidecars", get(api::sidecars))
        .route("/tail", get(api::tail::tail))
        .route("/policy", get(api::policy))
        .route("/policies", get(api::policies::list).post(api::policies::create))
        .route("/policies/validate", post(api::policies::validate))
        .route("/policies/simulate", post(api::policies::simulate))
        .route("/policies/supersede", post(api::policies::supersede))
        .route("/policies/{name}", get(api::policies::detail).delete(api::policies::delete))
        .route("/policies/{name}/versions", post(api::policies::add))
        .route("/policies/{name}/versions/{version}", get(api::policies::version))
        .route("/policies/{name}/diff", get(api::policies::diff))
        .route("/policies/{name}/publish", post(api::policies::publish))
        .route("/policies/{name}/promote", post(api::policies::promote))
        .route("/policies/{name}/rollback", post(api::policies::roll_back))
        .route("/policies/{name}/withdraw", post(api::policies::withdraw))
        .route("/kill-switch", get(api::policies::kill_switch).put(api::policies::set_kill_switch))
        .route("/sidecar/bundle", get(api::bundle::bundle))
        .route("/sidecars/policies", get(api::policies::sidecars));
    Router::new()
        .nest("/api/v1", api)
        .route("/health", get(health::health))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/startupz", get(health::startupz))
        .route("/version", get(health::version))
        .route("/.well-known/agentguard-keys", get(api::bundle::keys))
        .route("/openapi.json", get(api::openapi::openapi))
        .route("/docs", get(pages::docs))
        .route("/docs/docs.css", get(pages::docs_css))
        .route("/docs/docs.js", get(pages::docs_js))
        .route("/login.css", get(pages::plain_css))
        .route("/login", get(auth::form).post(auth::login))
        .route("/logout", post(auth::logout))
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
