//! What each instance has to say about itself, and what the control plane said to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agentguard_api::{LossReason, Workload};
use uuid::Uuid;

use super::instance::Instance;
use super::ranges::Ranges;
use super::shelf::{Shared, Shelf};

/// A second handle on the spool, beside the reader's.
#[derive(Clone, Debug)]
pub struct Accounts {
    shared: Arc<Shared>,
}

/// What an instance's heartbeat says of its spool: `produced = stored + lost + in_flight`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub instance: Uuid,
    /// Whether it is this process.
    pub live: bool,
    /// Microseconds since the Unix epoch.
    pub started: i64,
    /// Of the proxy.
    pub version: String,
    /// Who.
    pub workload: Workload,
    /// Highest seq that is on disk or lost.
    pub produced: u64,
    /// By reason, since it started.
    pub lost: BTreeMap<LossReason, u64>,
    /// The lowest of the ranges that were not confirmed.
    pub lost_ranges: Vec<(u64, u64)>,
    /// On disk, not acknowledged.
    pub in_flight: u64,
    /// Of the whole spool.
    pub spool_bytes: u64,
    /// Exchanges that ended; 0 for earlier instances, which said it themselves.
    pub seen: u64,
    /// Exchanges that were judged; likewise.
    pub judged: u64,
}

impl Accounts {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Of every instance, oldest first, each with at most `max_ranges` ranges.
    #[must_use]
    pub fn all(&self, max_ranges: usize) -> Vec<Account> {
        let account = |instance: &Instance, bytes| {
            let live = instance.id == self.shared.live;
            let (seen, judged) = if live { self.shared.queue.seen() } else { (0, 0) };
            Account {
                instance: instance.id,
                live,
                started: instance.meta.started,
                version: instance.meta.version.clone(),
                workload: instance.meta.workload.clone(),
                produced: instance.position.settled,
                lost: instance.losses.counts().clone(),
                lost_ranges: instance.losses.unreported(max_ranges),
                in_flight: instance.records,
                spool_bytes: bytes,
                seen,
                judged,
            }
        };
        self.shared
            .shelf(|shelf| shelf.instances.values().map(|instance| account(instance, shelf.bytes)).collect())
    }

    /// The control plane has taken this account. An earlier instance that has nothing left to say is deleted.
    pub fn confirm(&self, account: &Account) {
        self.work(account.instance, "delete an instance that is done", |shelf, id| {
            let Some(instance) = shelf.instances.get_mut(&id) else { return Ok(()) };
            let acked = instance.position.acked;
            instance.losses.reported(&account.lost_ranges, acked);
            let done =
                account.in_flight == 0 && instance.records == 0 && instance.losses.unreported(1).is_empty();
            if account.live || !done {
                return Ok(());
            }
            shelf.instances.remove(&id).map_or(Ok(()), Instance::delete)
        });
    }

    /// Everything lost is to be reported again: the control plane may not be the one that took it.
    pub fn report_again(&self) {
        self.shared
            .shelf(|shelf| shelf.instances.values_mut().for_each(|instance| instance.losses.report_again()));
    }

    /// The control plane has stored, or never will store, every verdict of the instance up to `seq`.
    pub fn acknowledge(&self, instance: Uuid, seq: u64) {
        self.work(instance, "delete what was acknowledged", |shelf, id| {
            let Some(instance) = shelf.instances.get_mut(&id) else { return Ok(()) };
            let freed = instance.acknowledge(seq);
            freed.map(|freed| shelf.bytes -= freed)
        });
    }

    /// The control plane will not take this verdict, whatever we do.
    pub fn refused(&self, instance: Uuid, seq: u64) {
        self.work(instance, "count a loss", |shelf, id| {
            let Some(instance) = shelf.instances.get_mut(&id) else { return Ok(()) };
            let mut lost = Ranges::default();
            lost.insert(seq, seq);
            instance.lose(LossReason::Refused, &lost);
            instance.losses.save()
        });
    }

    /// Waits until there may be something new to read. For one task.
    pub async fn news(&self) {
        self.shared.news.notified().await;
    }

    /// Verdicts on disk that are not acknowledged.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.shared.shelf(|shelf| shelf.instances.values().map(|instance| instance.records).sum())
    }

    /// Waits until what was recorded so far is on disk, or counted as lost. False: not in this time. Blocks.
    #[must_use]
    pub fn flush(&self, timeout: Duration) -> bool {
        self.shared.queue.flush(Instant::now() + timeout)
    }

    fn work(&self, id: Uuid, what: &str, work: impl FnOnce(&mut Shelf, Uuid) -> std::io::Result<()>) {
        if let Err(error) = self.shared.shelf(|shelf| work(shelf, id)) {
            self.shared.failed(what, &error);
        }
    }
}
