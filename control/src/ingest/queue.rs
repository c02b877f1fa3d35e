//! The bounded queue before the store, and the task that commits it in groups.
//!
//! A group holds what came while the one before it was being committed, up to [`GROUP_EVENTS`]. Commits begin at least [`PACE`]
//! apart: a lone batch is committed at once, under load they share their sync.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::Metrics;
use crate::config::Limits;
use crate::store::{Done, Store, StoreError, Work};
use crate::tail::Hub;

/// Events of one commit.
const GROUP_EVENTS: usize = 2_000;
/// Between the beginnings of two commits. A commit costs 1.5 to 2 ms of CPU however little is in it: at this pace a trickle costs 4 % of a core,
/// and nobody waits noticeably.
const PACE: Duration = Duration::from_millis(50);

/// The sending side.
#[derive(Clone)]
pub(crate) struct Queue {
    jobs: mpsc::UnboundedSender<Job>,
    events: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    failing: Arc<AtomicBool>,
}

/// Why work was not committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QueueError {
    #[error("too many events are waiting to be stored")]
    Full,
    #[error("the store cannot be written to now")]
    Store,
    #[error("the control plane is stopping")]
    Stopping,
}

struct Job {
    work: Work,
    events: usize,
    reply: oneshot::Sender<Result<Done, QueueError>>,
    // Given back when the job is done with. They bound the channel.
    _room: (OwnedSemaphorePermit, OwnedSemaphorePermit),
}

impl Queue {
    /// A queue and the task that empties it.
    pub(crate) fn new(
        limits: &Limits,
        store: Arc<dyn Store>,
        hub: Arc<Hub>,
        metrics: Arc<Metrics>,
    ) -> (Self, Writer) {
        let (tx, rx) = mpsc::unbounded_channel();
        let queue = Self {
            jobs: tx,
            events: Arc::new(Semaphore::new(limits.queued_events)),
            bytes: Arc::new(Semaphore::new(limits.queued_bytes)),
            metrics: Arc::clone(&metrics),
            failing: Arc::default(),
        };
        let failing = Arc::clone(&queue.failing);
        (queue, Writer { jobs: rx, store, hub, metrics, failing })
    }

    /// Whether the last commit failed.
    pub(crate) fn failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Whether nobody commits any more.
    pub(crate) fn ended(&self) -> bool {
        self.jobs.is_closed()
    }

    /// Waits until the work is durable.
    pub(crate) async fn commit(&self, work: Work) -> Result<Done, QueueError> {
        let (events, bytes) = match &work {
            Work::Batch(batch) => {
                let bad: usize = batch.bad.iter().map(|b| b.raw.len() + b.error.len()).sum();
                let good: usize = batch.events.iter().map(crate::store::Event::size).sum();
                (batch.events.len() + batch.bad.len(), good + bad)
            }
            Work::Heartbeat(..) => (1, 1024),
        };
        let room = (take(&self.events, events.max(1))?, take(&self.bytes, bytes)?);
        let (reply, done) = oneshot::channel();
        self.metrics.queue_length.add(events as i64);
        let job = Job { work, events, reply, _room: room };
        let sent = self.jobs.send(job);
        if sent.is_err() {
            self.metrics.queue_length.sub(events as i64);
            return Err(QueueError::Stopping);
        }
        done.await.unwrap_or(Err(QueueError::Stopping))
    }
}

fn take(room: &Arc<Semaphore>, n: usize) -> Result<OwnedSemaphorePermit, QueueError> {
    let n = u32::try_from(n).map_err(|_| QueueError::Full)?;
    Arc::clone(room).try_acquire_many_owned(n).map_err(|e| match e {
        TryAcquireError::NoPermits => QueueError::Full,
        TryAcquireError::Closed => QueueError::Stopping,
    })
}

/// The task that commits.
pub(crate) struct Writer {
    jobs: mpsc::UnboundedReceiver<Job>,
    store: Arc<dyn Store>,
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
    failing: Arc<AtomicBool>,
}

impl Writer {
    /// Commits until `stop`, then what is still there.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut group = Vec::new();
        let mut begun: Option<Instant> = None;
        loop {
            let job = tokio::select! {
                biased;
                job = self.jobs.recv() => job,
                () = stop.cancelled(), if !self.jobs.is_closed() => {
                    self.jobs.close();
                    continue;
                }
            };
            let Some(job) = job else { return };
            let mut events = job.events;
            group.push(job);
            if let Some(wait) = begun.and_then(|at| PACE.checked_sub(at.elapsed())) {
                self.gather(&mut group, &mut events, wait).await;
            }
            while events < GROUP_EVENTS {
                let Ok(job) = self.jobs.try_recv() else { break };
                events += job.events;
                group.push(job);
            }
            begun = Some(Instant::now());
            self.commit(std::mem::take(&mut group)).await;
            self.metrics.queue_length.sub(events as i64);
        }
    }

    /// Takes what comes, for so long or until the group is full.
    async fn gather(&mut self, group: &mut Vec<Job>, events: &mut usize, wait: Duration) {
        let full = async {
            while *events < GROUP_EVENTS {
                let Some(job) = self.jobs.recv().await else { break };
                *events += job.events;
                group.push(job);
            }
        };
        // Elapsed or full: both mean "go".
        let _ = tokio::time::timeout(wait, full).await;
    }

    async fn commit(&self, group: Vec<Job>) {
        let (work, replies): (Vec<Work>, Vec<_>) =
            group.into_iter().map(|job| (job.work, (job.reply, job._room))).unzip();
        match self.try_commit(&work).await {
            Ok(done) => {
                for ((work, done), (reply, _room)) in work.into_iter().zip(done).zip(replies) {
                    self.finish(work, done, reply);
                }
            }
            Err(_) if work.len() > 1 => {
                // What one of them made fail must not fail the others.
                for (work, (reply, _room)) in work.into_iter().zip(replies) {
                    let work = [work];
                    let done = self.try_commit(&work).await;
                    let [work] = work;
                    match done.map(|mut done| done.pop()) {
                        Ok(Some(done)) => self.finish(work, done, reply),
                        Ok(None) | Err(_) => drop(reply.send(Err(QueueError::Store))),
                    }
                }
            }
            Err(_) => {
                for (reply, _room) in replies {
                    drop(reply.send(Err(QueueError::Store)));
                }
            }
        }
    }

    async fn try_commit(&self, work: &[Work]) -> Result<Vec<Done>, StoreError> {
        let timer = self.metrics.commit_seconds.start_timer();
        let done = self.store.commit(work).await;
        timer.observe_duration();
        self.failing.store(done.is_err(), Ordering::Relaxed);
        if let Err(error) = &done {
            self.metrics.commit_failures.inc();
            tracing::error!(%error, "a commit failed; the senders will come back with it");
        }
        done
    }

    /// Tells the sender, the metrics and the tail.
    fn finish(&self, work: Work, done: Done, reply: oneshot::Sender<Result<Done, QueueError>>) {
        if let (Work::Batch(mut batch), Done::Batch(told, stored)) = (work, &done) {
            self.metrics.count(told);
            let mut stored = stored.iter().peekable();
            for (position, event) in batch.events.drain(..).enumerate() {
                if stored.next_if(|&&at| at == position).is_some() {
                    self.metrics.stored(&event);
                    self.hub.publish(&batch.tenant, batch.instance, event);
                }
            }
        }
        // The sender may be gone; then it asks again and is told `duplicate`.
        let _ = reply.send(Ok(done));
    }
}

#[cfg(test)]
mod tests;
