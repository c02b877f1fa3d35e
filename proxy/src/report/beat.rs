//! Heartbeats: every instance's account of itself, and with it the seqs that will never come.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use agentguard_api::{Heartbeat, HeartbeatReply, Unjudged};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::link::{Failure, Link};
use super::metrics::Metrics;
use crate::Tally;
use crate::policy::InForce;
use crate::spool::{Account, Accounts};

/// At the end of a drain, for each of the last heartbeats.
pub(super) const LAST_BEAT: Duration = Duration::from_secs(2);

const PATH: &str = "/api/v1/sidecar/heartbeat";
/// Ranges in one heartbeat; what is beyond goes with the next one, at once.
const RANGES: usize = 1000;
/// Counts of connections in one heartbeat; of a longer list of hosts, those with the most.
const COUNTS: usize = 200;
/// After so many beats everything is said again, in case the control plane is another one or lost its data.
const REPEAT: u64 = 12;

/// Sends heartbeats.
pub(super) struct Beater {
    link: Link,
    accounts: Accounts,
    policy: Arc<InForce>,
    metrics: Metrics,
    unjudged: Tally,
    every: Duration,
    beats: u64,
    failing: bool,
}

impl Beater {
    pub(super) fn new(
        link: Link,
        accounts: Accounts,
        policy: Arc<InForce>,
        metrics: Metrics,
        every: Duration,
    ) -> Self {
        Self { link, accounts, policy, metrics, unjudged: Tally::default(), every, beats: 0, failing: false }
    }

    pub(super) fn tell_of(&mut self, unjudged: Tally) {
        self.unjudged = unjudged;
    }

    /// Beats until `stop`, for the first time at once.
    pub(super) async fn run(&mut self, stop: &CancellationToken) {
        let mut ticks = interval(self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let mut beat = pin!(self.beat());
            if stop.run_until_cancelled(beat.as_mut()).await.is_none() {
                // Given up, it might be taken after the last one, and stand.
                let _ = timeout(LAST_BEAT, beat).await;
                return;
            }
        }
    }

    /// Tells of every instance. The control plane being away is the sender's to log.
    pub(super) async fn beat(&mut self) {
        if self.failing || self.beats.is_multiple_of(REPEAT) {
            self.ask(Accounts::report_again).await;
        }
        self.beats += 1;
        self.failing = self.round().await.is_err();
    }

    async fn round(&self) -> Result<(), Failure> {
        loop {
            let mut more = false;
            for account in self.ask(|accounts| accounts.all(RANGES)).await.unwrap_or_default() {
                let told = self.tell(&account).await;
                let outcome = if told.is_ok() { "taken" } else { "failed" };
                self.metrics.heartbeats.with_label_values(&[outcome]).inc();
                match told {
                    Ok(()) => {
                        more |= account.lost_ranges.len() == RANGES;
                        self.ask(move |accounts| accounts.confirm(&account)).await;
                    }
                    // The same again would not help, but other instances may fare better.
                    Err(Failure::Never { status }) => {
                        tracing::warn!(status, instance = %account.instance, "the control plane refuses a heartbeat");
                    }
                    Err(failure @ Failure::Later { .. }) => return Err(failure),
                }
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// Asks the spool, which may be waiting for its disk. `None`: the runtime ends.
    async fn ask<R: Send + 'static>(&self, ask: impl FnOnce(&Accounts) -> R + Send + 'static) -> Option<R> {
        let accounts = self.accounts.clone();
        tokio::task::spawn_blocking(move || ask(&accounts)).await.ok()
    }

    fn unjudged(&self) -> Vec<Unjudged> {
        let mut all = self.unjudged.all();
        all.truncate(COUNTS);
        all
    }

    async fn tell(&self, account: &Account) -> Result<(), Failure> {
        let account = account.clone();
        let heartbeat = Heartbeat {
            instance: account.instance,
            started: account.started,
            version: account.version,
            workload: account.workload,
            produced: account.produced,
            lost: account.lost,
            lost_ranges: account.lost_ranges,
            in_flight: account.in_flight,
            spool_bytes: account.spool_bytes,
            policy: if account.live { self.policy.current().load().revision.clone() } else { String::new() },
            seen: account.seen,
            judged: account.judged,
            not_checked: if account.live { self.unjudged() } else { Vec::new() },
            bundle: account.live.then(|| self.policy.report()),
        };
        let body = serde_json::to_vec(&heartbeat).expect("plain data with string keys");
        if let Some(HeartbeatReply { bundle, .. }) = self.link.tell(PATH, body).await? {
            self.policy.heard_of(bundle);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
