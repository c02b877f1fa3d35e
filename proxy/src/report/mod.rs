//! Verdicts and heartbeats to the control plane.
//!
//! [`Reporter::run`] sends what is in the spool, oldest first, a batch at a time. The reply to a batch comes after the control
//! plane's commit and is the acknowledgement; without one the batch is sent again, for as long as it takes, and the control
//! plane drops what it already has. Beside it, every few seconds, each instance's account of itself: what it produced, what is
//! on the way, what was lost and why.
//!
//! It keeps nothing: what it has not delivered when it ends is delivered by the next start.

mod backoff;
mod batch;
mod beat;
mod config;
mod credential;
mod link;
mod metrics;
mod send;

use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus::Registry;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub use config::{ReportConfig, ReportError};
pub use credential::Token;

use crate::Tally;

use crate::policy::InForce;
use crate::spool::{Accounts, SpoolReader};
pub(crate) use backoff::Backoff;
use beat::{Beater, LAST_BEAT};
pub(crate) use link::{Failure, Link};
use metrics::Metrics;
use send::Sender;

/// Brings what is in the spool to the control plane.
pub struct Reporter {
    accounts: Accounts,
    sender: Sender,
    beater: Beater,
    drain: Duration,
}

impl Reporter {
    /// `policy` is asked for its revision and for what became of the control plane's at every heartbeat. Nothing is sent before [`Reporter::run`].
    ///
    /// # Errors
    /// The address or the CA file is bad, or the metrics' names are taken.
    pub fn new(
        reader: SpoolReader,
        config: &ReportConfig,
        policy: Arc<InForce>,
        registry: &Registry,
    ) -> Result<Self, ReportError> {
        let metrics = Metrics::new(registry)?;
        let link = Link::new(config)?;
        let accounts = reader.accounts();
        let beater = Beater::new(link.clone(), accounts.clone(), policy, metrics.clone(), config.heartbeat);
        let sender = Sender::new(link, reader, metrics, config);
        Ok(Self { accounts, sender, beater, drain: config.drain })
    }

    /// Heartbeats tell of these connections, too.
    #[must_use]
    pub fn telling(mut self, unjudged: Tally) -> Self {
        self.beater.tell_of(unjudged);
        self
    }

    /// Reports until `stop`, then flushes the spool and sends what is left within the drain time. Returns how many verdicts
    /// stay in the spool for the next start.
    pub async fn run(mut self, stop: CancellationToken) -> u64 {
        tokio::join!(self.sender.run(&stop), self.beater.run(&stop));
        let deadline = Instant::now() + self.drain;
        let accounts = self.accounts.clone();
        let flushed = tokio::task::spawn_blocking(move || accounts.flush(deadline - Instant::now()));
        if !flushed.await.unwrap_or(false) {
            tracing::warn!("the last verdicts could not be written within the drain time");
        }
        // Out of time is no error: the rest stays on disk.
        let _ = timeout(deadline.saturating_duration_since(Instant::now()), self.sender.empty()).await;
        let last = deadline.saturating_duration_since(Instant::now()).max(LAST_BEAT);
        let _ = timeout(last, self.beater.beat()).await;
        let left = self.accounts.in_flight();
        if left > 0 {
            tracing::warn!(verdicts = left, "verdicts stay in the spool and are sent at the next start");
        }
        left
    }
}
