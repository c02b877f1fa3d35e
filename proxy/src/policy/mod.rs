//! The policy in force: a file's, the control plane's, or the built-in one.
//!
//! A file on this machine wins over what the control plane publishes: whoever gave it wants it to hold. The kill switch holds over both:
//! it only ever makes the proxy do less. Exchanges take the policy from [`InForce::current`] and see none of this.

mod bundle;
mod choose;
mod distribution;
mod keep;
mod keys;
mod metrics;

use std::sync::Arc;

use agentguard_api::{BundleReport, BundleState};
use agentguard_policy::Policy;
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::Notify;

pub use bundle::BundleError;
pub(crate) use distribution::{Distribution, Sidecar};
pub use keys::{KeyError, TrustedKey};

use choose::Chosen;

/// The policy in force and where it comes from.
pub struct InForce {
    current: Arc<ArcSwap<Policy>>,
    parts: Mutex<Parts>,
    /// Something newer than what we have is said to be there.
    news: Notify,
}

struct Parts {
    /// The file's, or the built-in one.
    local: Policy,
    is_file: bool,
    /// Of the control plane, once there is one for this sidecar.
    remote: Option<Policy>,
    observe_only: bool,
    report: BundleReport,
}

impl InForce {
    /// The control plane's policy, and the built-in one until there is one.
    #[must_use]
    pub fn built_in() -> Arc<Self> {
        Self::with(Policy::default(), false)
    }

    /// A file's, whatever the control plane says.
    #[must_use]
    pub fn file(policy: Policy) -> Arc<Self> {
        Self::with(policy, true)
    }

    fn with(local: Policy, is_file: bool) -> Arc<Self> {
        let report = BundleReport {
            revision: 0,
            state: BundleState::Waiting,
            error: None,
            policy: String::new(),
            canary: false,
            observe_only: false,
        };
        let current = Arc::new(ArcSwap::from_pointee(local.clone()));
        let parts = Parts { local, is_file, remote: None, observe_only: false, report };
        Arc::new(Self { current, parts: Mutex::new(parts), news: Notify::new() })
    }

    /// The policy in force; an exchange goes by the one that it began with.
    #[must_use]
    pub fn current(&self) -> Arc<ArcSwap<Policy>> {
        Arc::clone(&self.current)
    }

    /// The file was read again.
    pub fn reload(&self, policy: Policy) {
        let mut parts = self.parts.lock();
        parts.local = policy;
        self.put(&parts);
    }

    /// What is said of the control plane's bundle.
    #[must_use]
    pub fn report(&self) -> BundleReport {
        self.parts.lock().report.clone()
    }

    /// Takes what a bundle says to this sidecar. Of one whose policy cannot be read, the kill switch is taken all the same.
    fn apply(&self, revision: u64, chosen: Chosen) {
        let mut parts = self.parts.lock();
        let parts = &mut *parts;
        parts.observe_only = chosen.observe_only;
        parts.report.revision = revision;
        parts.report.observe_only = chosen.observe_only;
        match chosen.policy {
            Ok(policy) => {
                parts.report.state = if parts.is_file { BundleState::Local } else { BundleState::Applied };
                parts.report.error = None;
                let applies = !parts.is_file;
                parts.report.policy = if applies { chosen.name } else { String::new() };
                parts.report.canary = applies && chosen.canary;
                parts.remote = policy;
            }
            Err(error) => {
                parts.report.state = BundleState::Failed;
                parts.report.error = Some(error);
            }
        }
        self.put(parts);
    }

    /// A bundle was refused; what was in force still is.
    fn refuse(&self, error: &BundleError) {
        let mut parts = self.parts.lock();
        parts.report.state = BundleState::Failed;
        parts.report.error = Some(error.to_string());
    }

    /// The control plane has a bundle of this revision.
    pub(crate) fn heard_of(&self, revision: u64) {
        if revision > self.parts.lock().report.revision {
            self.news.notify_one();
        }
    }

    fn put(&self, parts: &Parts) {
        let policy = parts.remote.as_ref().filter(|_| !parts.is_file).unwrap_or(&parts.local);
        let policy = if parts.observe_only { policy.observing() } else { policy.clone() };
        if *self.current.load().as_ref() != policy {
            tracing::info!(
                revision = policy.revision,
                observe_only = parts.observe_only,
                "the policy in force"
            );
            self.current.store(Arc::new(policy));
        }
    }
}

#[cfg(test)]
mod tests;
