//! A provider, a proxy and a client in one process, on real sockets.

#![allow(dead_code, reason = "every test file uses its own part of it")]
#![allow(unreachable_pub, reason = "a module of test crates")]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

pub mod agent;
pub mod chat;
pub mod client;
pub mod provider;
pub mod tls;

use std::sync::Arc;
use std::time::Duration;

use agentguard_api::VerdictEvent;
use agentguard_policy::{Action, Policy, Rule};
use agentguard_proxy::{Addresses, Config, Inbound, Proxy, Recorder, Tally, Upstream};
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use prometheus::Registry;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

#[allow(unused_imports, reason = "not every test file asks as a plain client")]
pub use client::Client;
#[allow(unused_imports, reason = "not every test file has a provider of HTTP")]
pub use provider::Provider;

/// Remembers the events.
#[derive(Default)]
pub struct Events(Mutex<Vec<VerdictEvent>>);

impl Recorder for Events {
    fn record(&self, event: VerdictEvent) {
        self.0.lock().push(event);
    }
}

/// A running proxy.
pub struct World {
    pub addresses: Addresses,
    pub policy: Arc<ArcSwap<Policy>>,
    pub registry: Registry,
    pub drain: CancellationToken,
    pub unjudged: Tally,
    events: Arc<Events>,
    running: JoinHandle<()>,
}

/// A policy that only observes.
pub fn observing() -> Policy {
    policy(|rule| rule.action = Action::Observe)
}

/// A policy of one rule.
pub fn policy(change: impl FnOnce(&mut Rule)) -> Policy {
    let mut policy = Policy::default();
    change(&mut policy.default);
    policy
}

impl World {
    /// A proxy that only observes, and whose provider `openai` is at `url`.
    pub async fn start(url: &str) -> Self {
        Self::with(url, observing(), |_| {}).await
    }

    /// A proxy with that policy.
    pub async fn guarded(url: &str, rule: impl FnOnce(&mut Rule)) -> Self {
        Self::with(url, policy(rule), |_| {}).await
    }

    /// A proxy with that policy and configuration.
    pub async fn with(url: &str, policy: Policy, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        let any = Some("127.0.0.1:0".parse().unwrap());
        config.base_url_listen = any;
        config.admin_listen = any;
        for name in ["openai", "anthropic", "gemini", "ollama", "cohere", "bedrock"] {
            config.upstreams.insert(name.to_owned(), Upstream { url: url.parse().unwrap() });
        }
        change(&mut config);
        let policy = Arc::new(ArcSwap::from_pointee(policy));
        let events = Arc::new(Events::default());
        let registry = Registry::new();
        let proxy = Proxy::bind(config, policy.clone(), events.clone(), &registry).await.unwrap();
        let addresses = proxy.addresses();
        let unjudged = proxy.unjudged();
        let drain = CancellationToken::new();
        let running = tokio::spawn(proxy.run(drain.clone()));
        Self { addresses, policy, registry, drain, unjudged, events, running }
    }

    /// A URL below the base URL listener.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addresses.base_url.unwrap())
    }

    /// A URL below the first inbound listener.
    pub fn inbound_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addresses.inbound[0])
    }

    /// The one event so far, waited for.
    pub async fn event(&self) -> VerdictEvent {
        self.events(1).await.pop().unwrap()
    }

    /// That many events, waited for; more are a failure.
    pub async fn events(&self, count: usize) -> Vec<VerdictEvent> {
        for _ in 0..500 {
            if self.events.0.lock().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let events = self.events.0.lock().clone();
        assert_eq!(events.len(), count, "events: {events:?}");
        events
    }

    /// One metric's value, labels as in `name{a="b"}`; 0 when it is not there.
    pub fn metric(&self, name: &str) -> f64 {
        let text = prometheus::TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap();
        let line = text.lines().find(|line| line.rsplit_once(' ').is_some_and(|(n, _)| n == name));
        line.map_or(0.0, |line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
    }

    /// Waits until a metric has that value.
    pub async fn until(&self, name: &str, value: f64) {
        for _ in 0..500 {
            if self.metric(name) == value {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{name} is {} and not {value}", self.metric(name));
    }

    /// Drains, waits for the end, and gives the events.
    pub async fn stop(self) -> Vec<VerdictEvent> {
        self.drain.cancel();
        tokio::time::timeout(Duration::from_secs(20), self.running).await.expect("the drain ends").unwrap();
        self.events.0.lock().clone()
    }
}

/// An inbound listener in front of an agent.
pub fn inbound(url: &str) -> Inbound {
    Inbound { listen: "127.0.0.1:0".parse().unwrap(), upstream: url.parse().unwrap() }
}
