//! Batches: from the spool to the control plane, one at a time, until each is acknowledged.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use agentguard_api::BatchReply;
use parking_lot::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::batch::Batch;
use super::config::ReportConfig;
use super::link::{Failure, Link};
use super::metrics::Metrics;
use crate::spool::{Accounts, SpoolReader};

const PATH: &str = "/api/v1/ingest/verdicts";
/// The longest pause between batches that a control plane may ask for.
const MAX_PAUSE: Duration = Duration::from_secs(60);
/// Between two tries to read a spool whose disk fails.
const DISK: Duration = Duration::from_secs(1);

/// Sends batches.
pub(super) struct Sender {
    link: Link,
    /// Locked only by blocking tasks, one at a time.
    reader: Arc<Mutex<SpoolReader>>,
    accounts: Accounts,
    metrics: Metrics,
    batch_events: usize,
    batch_bytes: usize,
    backoff: Backoff,
    /// Read and not acknowledged: one batch, or what it was split into.
    held: VecDeque<Batch>,
    failing_since: Option<Instant>,
}

impl Sender {
    pub(super) fn new(link: Link, reader: SpoolReader, metrics: Metrics, config: &ReportConfig) -> Self {
        Self {
            link,
            accounts: reader.accounts(),
            reader: Arc::new(Mutex::new(reader)),
            metrics,
            batch_events: config.batch_events.max(1),
            batch_bytes: config.batch_bytes,
            backoff: Backoff::new(config.min_backoff, config.max_backoff),
            held: VecDeque::new(),
            failing_since: None,
        }
    }

    /// Sends whatever comes until `stop`. What is held then is kept for [`Sender::empty`].
    pub(super) async fn run(&mut self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            // Not part of what is dropped at the end: what it has read would be gone until the next start.
            let held = self.fetch().await;
            let step = async { if held { self.step().await } else { self.accounts.news().await } };
            if stop.run_until_cancelled(step).await.is_none() {
                return;
            }
        }
    }

    /// Sends until nothing is left.
    pub(super) async fn empty(&mut self) {
        while self.fetch().await {
            self.step().await;
        }
    }

    /// Sees to it that something is held. False: there is nothing.
    async fn fetch(&mut self) -> bool {
        if !self.held.is_empty() {
            return true;
        }
        let reader = Arc::clone(&self.reader);
        let (events, bytes) = (self.batch_events, self.batch_bytes);
        // Not to be dropped half-way: the task would take the parcel with it.
        let read =
            spawn_blocking(move || reader.lock().next(events, bytes).map(|parcel| parcel.map(Batch::new)))
                .await;
        match read {
            Ok(Ok(Some(batch))) => {
                self.held.push_back(batch);
                true
            }
            Ok(Ok(None)) => {
                self.metrics.oldest.set(0.0);
                false
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the spool cannot be read");
                sleep(DISK).await;
                true
            }
            // Only a panic, which was reported, or the runtime's end.
            Err(_) => false,
        }
    }

    /// Sends the first of what is held and does what the reply asks for. May be dropped at any time.
    async fn step(&mut self) {
        let Some(batch) = self.held.front_mut() else { return };
        self.metrics.oldest.set(batch.age());
        let tried = *batch.tried.get_or_insert_with(Instant::now);
        let reply = self.link.post::<BatchReply>(PATH, batch.body.clone()).await;
        match reply {
            Ok(reply) => self.answered(&reply, tried).await,
            Err(Failure::Later { reason, why, after }) => self.failed(reason, &why, after).await,
            Err(Failure::Never { status }) => self.refused(status).await,
        }
    }

    async fn answered(&mut self, reply: &BatchReply, tried: Instant) {
        let Some(batch) = self.held.front() else { return };
        let rejected = reply.rejected.len() as u64;
        let answered = reply.accepted + reply.duplicate + rejected;
        // A control plane that lost its data, or never had the beginning, cannot say `acked_seq` for what it just stored:
        // that it answers for each event is as good.
        let done = if answered >= batch.len() as u64 { batch.last_seq() } else { reply.acked_seq };
        if done < batch.last_seq() {
            let why = format!("it answered for {answered} of {} verdicts", batch.len());
            return self.failed("partial", &why, None).await;
        }
        for (outcome, count) in
            [("accepted", reply.accepted), ("duplicate", reply.duplicate), ("rejected", rejected)]
        {
            self.metrics.events.with_label_values(&[outcome]).inc_by(count);
        }
        if let Some(first) = reply.rejected.first() {
            tracing::warn!(
                rejected,
                seq = first.seq,
                why = first.error,
                "the control plane cannot store verdicts"
            );
        }
        self.metrics.batches.with_label_values(&["stored"]).inc();
        self.metrics.ack.observe(tried.elapsed().as_secs_f64());
        self.reached();
        self.done(false).await;
        if reply.backoff_ms > 0 {
            sleep(Duration::from_millis(reply.backoff_ms).min(MAX_PAUSE)).await;
        }
    }

    /// The first of what is held is done with; `lost`: its one verdict is given up.
    async fn done(&mut self, lost: bool) {
        let Some(batch) = self.held.front() else { return };
        let (accounts, instance, seq) = (self.accounts.clone(), batch.instance(), batch.last_seq());
        // Dropped here, it is sent once more: the control plane has it already.
        let _ = spawn_blocking(move || {
            if lost {
                accounts.refused(instance, seq);
            }
            accounts.acknowledge(instance, seq);
        })
        .await;
        self.held.pop_front();
    }

    /// The control plane cannot take this as it is: halves may do, and of a single verdict we have to let go.
    async fn refused(&mut self, status: u16) {
        let Some(batch) = self.held.front() else { return };
        self.metrics.batches.with_label_values(&["split"]).inc();
        if batch.len() == 1 {
            let seq = batch.last_seq();
            tracing::warn!(status, instance = %batch.instance(), seq, "the control plane refuses a verdict; it is lost");
            self.reached();
            return self.done(true).await;
        }
        let Some(batch) = self.held.pop_front() else { return };
        let (first, second) = batch.halves();
        if let Some(second) = second {
            self.held.push_front(second);
        }
        self.held.push_front(first);
    }

    async fn failed(&mut self, reason: &str, why: &str, after: Option<Duration>) {
        self.metrics.retries.with_label_values(&[reason]).inc();
        let wait = self.backoff.next(after);
        if self.backoff.is_first() {
            self.failing_since = Some(Instant::now());
            tracing::warn!(why, "the control plane takes no verdicts; they are kept in the spool");
        }
        sleep(wait).await;
    }

    fn reached(&mut self) {
        if self.backoff.reset() {
            let seconds = self.failing_since.take().map_or(0, |since| since.elapsed().as_secs());
            tracing::info!(
                seconds,
                verdicts = self.accounts.in_flight(),
                "the control plane takes verdicts again"
            );
        }
    }
}
