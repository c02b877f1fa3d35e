//! The way of the policy from the control plane to here: a question that waits, an answer that is believed only when it is signed and
//! later than what we have, and the same again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use agentguard_api::{Envelope, Workload};
use agentguard_telemetry::metrics::MetricError;
use prometheus::Registry;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::InForce;
use super::bundle::{self, BundleError, Taken};
use super::choose::{Identity, choose};
use super::keep::Shelf;
use super::keys::TrustedKey;
use super::metrics::Metrics;
use crate::report::{Backoff, Failure, Link, ReportConfig, ReportError};

const PATH: &str = "/api/v1/sidecar/bundle";
/// After an answer that was not waited for, at least so long and at most twice that.
const PAUSE: Duration = Duration::from_secs(5);
/// Between an answer and the next question, at most: thousands of sidecars get the same answer at once.
const SPREAD: Duration = Duration::from_millis(250);

/// Whose policy it is and where it is kept.
#[derive(Debug)]
pub(crate) struct Sidecar<'s> {
    pub(crate) workload: &'s Workload,
    pub(crate) instance: Uuid,
    pub(crate) data_dir: &'s Path,
    /// The keys whose bundles are believed; empty: those of the first bundle that comes.
    pub(crate) keys: Vec<TrustedKey>,
}

/// Asks for bundles and puts them into force.
pub(crate) struct Distribution {
    link: Link,
    in_force: Arc<InForce>,
    who: Identity,
    shelf: Shelf,
    pinned: Vec<TrustedKey>,
    /// Trusted on first use; `None`: nobody yet.
    trusted: Option<Vec<TrustedKey>>,
    last: Option<Taken>,
    /// The tag of the last answer, also of one that was refused: what we wait for is another one.
    tag: Option<String>,
    wait: Duration,
    backoff: Backoff,
    metrics: Metrics,
}

impl Distribution {
    /// Puts the last good bundle into force, if one was kept. Asks nobody yet.
    pub(crate) fn new(
        sidecar: Sidecar<'_>,
        config: &ReportConfig,
        in_force: Arc<InForce>,
        registry: &Registry,
    ) -> Result<Self, ReportError> {
        let Sidecar { workload, instance, data_dir, keys } = sidecar;
        let id = if workload.pod.is_empty() { instance.to_string() } else { workload.pod.clone() };
        let shelf = Shelf::new(data_dir);
        let mut this = Self {
            link: Link::new(config)?,
            in_force,
            who: Identity { namespace: workload.namespace.clone(), id },
            trusted: shelf.keys(),
            shelf,
            pinned: keys,
            last: None,
            tag: None,
            wait: config.policy_wait,
            backoff: Backoff::new(config.min_backoff, config.max_backoff),
            metrics: Metrics::new(registry).map_err(|error: MetricError| ReportError::Metrics(error))?,
        };
        // Without a trusted key, nobody vouches for what lies there.
        if let Some(kept) = this.shelf.bundle().filter(|_| this.trusts().is_some()) {
            match this.take(&kept) {
                Ok(_) => {
                    tracing::info!(
                        revision = this.in_force.report().revision,
                        "the kept policy bundle holds"
                    );
                }
                Err(error) => tracing::warn!(%error, "the kept policy bundle is not used"),
            }
        }
        Ok(this)
    }

    /// Asks until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        while stop.run_until_cancelled(self.round()).await.is_some() {}
    }

    async fn round(&mut self) {
        let asked = self.link.ask(PATH, self.tag.as_deref(), self.wait);
        let asked = tokio::select! {
            asked = asked => asked,
            // The question may be lost on the way: it is asked again.
            () = self.in_force.news.notified() => return,
        };
        match asked {
            Ok(answer) => {
                if self.backoff.reset() {
                    tracing::info!("the control plane answers for the policy again");
                }
                match &answer.body {
                    Some(body) => {
                        self.tag = answer.tag;
                        self.received(body).await;
                    }
                    None => self.count("unchanged"),
                }
                let pause = if answer.waited { SPREAD } else { PAUSE.mul_f64(2.0) };
                let least = if answer.waited { Duration::ZERO } else { PAUSE };
                sleep(pause.mul_f64(rand::random::<f64>()).max(least)).await;
            }
            Err(failure) => {
                self.count("failed");
                let (why, after) = match failure {
                    Failure::Later { why, after, .. } => (why, after),
                    Failure::Never { status } => (format!("it answered with status {status}"), None),
                };
                let wait = self.backoff.next(after);
                if self.backoff.is_first() {
                    tracing::warn!(
                        why,
                        "the control plane says nothing of the policy; what is in force stays"
                    );
                }
                sleep(wait).await;
            }
        }
    }

    async fn received(&mut self, body: &[u8]) {
        let taken = serde_json::from_slice::<Envelope>(body)
            .map_err(|error| BundleError::Unreadable(error.to_string()))
            .and_then(|envelope| self.take(&envelope).map(|keep| (envelope, keep)));
        match taken {
            Ok((envelope, keep)) => {
                self.count("applied");
                if keep {
                    self.keep(envelope).await;
                }
            }
            Err(error) => {
                self.count("refused");
                tracing::error!(%error, "a policy bundle is refused; what is in force stays");
                self.in_force.refuse(&error);
            }
        }
    }

    /// Puts a bundle into force if it is to be believed. Says whether it is good enough to start from.
    fn take(&mut self, envelope: &Envelope) -> Result<bool, BundleError> {
        let remedy = self.remedy();
        let bundle = bundle::open(envelope, self.trusts(), &remedy)?;
        bundle::follows(&bundle, self.last.as_ref())?;
        let keys = bundle::keys(&bundle)?;
        let chosen = choose(&bundle, &self.who);
        let good = chosen.policy.is_ok();
        if let Err(error) = &chosen.policy {
            tracing::error!(
                error,
                policy = chosen.name,
                "the published policy cannot be read; the one in force stays"
            );
        }
        self.metrics.revision.set(i64::try_from(bundle.revision).unwrap_or(i64::MAX));
        self.metrics.observe_only.set(i64::from(chosen.observe_only));
        self.in_force.apply(bundle.revision, chosen);
        self.last = Some(Taken::of(&bundle));
        if self.pinned.is_empty() && self.trusted.as_deref() != Some(&keys) {
            if self.trusted.is_none() {
                tracing::info!(
                    ?keys,
                    "trusting the control plane's policy keys on first use; --policy-key pins them"
                );
            }
            if let Err(error) = self.shelf.trust(&keys) {
                tracing::warn!(%error, path = %self.shelf.keys_path().display(), "the trusted keys cannot be kept");
            }
            self.trusted = Some(keys);
        }
        Ok(good)
    }

    async fn keep(&self, envelope: Envelope) {
        let shelf = self.shelf.clone();
        if let Ok(Err(error)) = spawn_blocking(move || shelf.keep(&envelope)).await {
            tracing::warn!(%error, "the policy bundle cannot be kept for the next start");
        }
    }

    fn trusts(&self) -> Option<&[TrustedKey]> {
        if self.pinned.is_empty() { self.trusted.as_deref() } else { Some(&self.pinned) }
    }

    fn remedy(&self) -> String {
        if self.pinned.is_empty() {
            format!("delete {} and start again", self.shelf.keys_path().display())
        } else {
            "give the new one with --policy-key".to_owned()
        }
    }

    fn count(&self, outcome: &str) {
        self.metrics.asked.with_label_values(&[outcome]).inc();
    }
}
