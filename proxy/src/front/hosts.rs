//! The hosts that are intercepted, and the pingora proxy of their connections.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use agentguard_api::UnjudgedReason;
use agentguard_trust::{Event, Mint};
use pingora::apps::HttpServerApp;
use quick_cache::sync::Cache;
use rustls::ServerConfig;
use rustls::crypto::ring::Ticketer;
use tokio::sync::Semaphore;

use super::app::{self, App};
use super::bound::Bound;
use super::coverage::Coverage;
use super::decide::{Decision, Mode, Opening, Unknown};
use super::pins::Pins;
use super::sniff::Protocol;
use super::unjudged::Watch;
use crate::http::forward::Forward;
use crate::http::route::Router;
use crate::intercept::{Intercept, Pinned};
use crate::shared::Shared;
use crate::upstream::Target;
use crate::upstream::roots::Roots;
use crate::{Origin, providers};

/// Hosts whose addresses are remembered; a pattern may match any number.
const KEPT: usize = 256;

/// What is intercepted, and how.
pub(crate) struct Hosts {
    mint: Arc<Mint>,
    pub(crate) unknown: Unknown,
    on_pinned: Pinned,
    pub(crate) connect_ports: Vec<u16>,
    http_ports: Vec<u16>,
    pub(crate) pins: Pins,
    /// Places for tunnels.
    pub(crate) tunnels: Arc<Semaphore>,
    pub(crate) coverage: Arc<Coverage>,
    pub(crate) watch: Watch,
    tls: Arc<ServerConfig>,
    roots: Roots,
    bound: Cache<(String, u16), Bound>,
    caught: OnceLock<Arc<App>>,
    forward: OnceLock<Arc<App>>,
}

impl Hosts {
    pub(crate) fn new(intercept: Intercept, roots: Roots, tunnels: usize, coverage: Coverage) -> Self {
        let coverage = Arc::new(coverage);
        let told = coverage.clone();
        let watch = Watch::new(intercept.hosts.clone());
        let mint = Mint::new(intercept.authority, intercept.hosts).with_observer(move |event| {
            if let Event::Minted { took, .. } = event {
                told.minted(*took);
            }
        });
        let mint = Arc::new(mint);
        Self {
            tls: Arc::new(tls(mint.clone())),
            mint,
            unknown: intercept.unknown,
            on_pinned: intercept.pinned,
            http_ports: [intercept.http_ports, intercept.connect_ports.clone()].concat(),
            connect_ports: intercept.connect_ports,
            pins: Pins::default(),
            tunnels: Arc::new(Semaphore::new(tunnels)),
            coverage,
            watch,
            roots,
            bound: Cache::new(KEPT),
            caught: OnceLock::new(),
            forward: OnceLock::new(),
        }
    }

    /// Whether this host is to be intercepted.
    pub(crate) fn lists(&self, host: &str) -> bool {
        self.mint.intercepts(host)
    }

    /// Whether this host's clients have shown that they cannot be intercepted, and are to work all the same.
    pub(crate) fn leaves_alone(&self, host: &str) -> bool {
        self.on_pinned == Pinned::Pass && self.pins.pinned(host, Instant::now())
    }

    /// Counts what was decided.
    pub(crate) fn decided(&self, mode: Mode, opening: &Opening, decision: &Decision) {
        self.coverage.decided(mode, decision);
        if self.watch.decided(opening, decision) == Some(UnjudgedReason::NotPermitted) {
            self.coverage.not_permitted();
        }
    }

    /// Our side of TLS with clients.
    pub(crate) fn tls(&self) -> Arc<ServerConfig> {
        self.tls.clone()
    }

    /// What a connection for this host is bound to.
    pub(crate) fn bound(&self, host: &str, port: u16, shared: &Arc<Shared>) -> Bound {
        let made = || {
            let origin = Origin::new(true, host, port);
            let target = Target::caught(providers::of_host(host), origin, self.roots.clone(), &shared.dns);
            Ok::<_, Infallible>(Bound::to(target))
        };
        let Ok(bound) = self.bound.get_or_insert_with(&(host.to_owned(), port), made);
        bound
    }

    /// The proxy of connections that are bound.
    pub(crate) fn app(&self, shared: &Arc<Shared>) -> Arc<App> {
        let made =
            || Arc::new(App::new(app::proxy(Router::Caught, shared), Protocol::Http1, &shared.timeouts));
        self.caught.get_or_init(made).clone()
    }

    /// The proxy of plain HTTP requests that are asked of us as of a proxy.
    pub(crate) fn forward(&self, shared: &Arc<Shared>) -> Arc<App> {
        let made = || {
            let router =
                Router::Forward(Forward::new(self.mint.clone(), self.http_ports.clone(), shared.dns.clone()));
            Arc::new(App::new(app::proxy(router, shared), Protocol::Http1, &shared.timeouts))
        };
        self.forward.get_or_init(made).clone()
    }

    /// Closes idle connections.
    pub(crate) async fn cleanup(&self) {
        for app in [&self.caught, &self.forward].into_iter().filter_map(OnceLock::get) {
            app.http_cleanup().await;
        }
    }
}

fn tls(mint: Arc<Mint>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_cert_resolver(mint);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // Sessions are taken up again by tickets, which the clients keep; without, the newest 256 are kept here, under a lock.
    match Ticketer::new() {
        Ok(ticketer) => config.ticketer = ticketer,
        Err(error) => {
            tracing::warn!(%error, "no key for session tickets: only the newest sessions can be resumed");
        }
    }
    config
}
