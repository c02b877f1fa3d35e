//! Groups, failures and the end, over a store that does as it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use agentguard_api::BatchReply;
use agentguard_api::query::Sidecar;
use async_trait::async_trait;
use parking_lot::Mutex;
use prometheus::Registry;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Queue, QueueError};
use crate::config::Limits;
use crate::ingest::Metrics;
use crate::rollup::{Bucket, Totals};
use crate::store::{
    Counts, Detail, Done, Erase, Filter, Page, Position, Scope, Store, StoreError, Swept, Work,
};
use crate::tail::Hub;
use crate::testing::{DAY0, batch, event};

/// Notes the size of each group; refuses those that hold the poisoned instance.
#[derive(Default)]
struct Told {
    groups: Mutex<Vec<usize>>,
    slow: bool,
    open: AtomicUsize,
}

const POISON: Uuid = Uuid::max();

#[async_trait]
impl Store for Told {
    async fn commit(&self, work: &[Work]) -> Result<Vec<Done>, StoreError> {
        assert_eq!(self.open.fetch_add(1, Ordering::SeqCst), 0, "two commits at once");
        if self.slow {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.open.fetch_sub(1, Ordering::SeqCst);
        self.groups.lock().push(work.len());
        if work.iter().any(|w| matches!(w, Work::Batch(b) if b.instance == POISON)) {
            return Err(StoreError::Damaged("poison".to_owned()));
        }
        Ok(work.iter().map(|_| Done::Batch(BatchReply::default(), vec![0])).collect())
    }

    async fn sweep(&self, _: i64) -> Result<Swept, StoreError> {
        unreachable!()
    }
    async fn page(
        &self,
        _: &Scope,
        _: &Filter,
        _: Option<Position>,
        _: usize,
        _: Instant,
    ) -> Result<Page, StoreError> {
        unreachable!()
    }
    async fn verdict(&self, _: &Scope, _: Uuid) -> Result<Option<Detail>, StoreError> {
        unreachable!()
    }
    async fn erase_content(&self, _: &Scope, _: Erase) -> Result<u64, StoreError> {
        unreachable!()
    }
    async fn counts(&self, _: &Scope, _: &Filter, _: Instant) -> Result<Counts, StoreError> {
        unreachable!()
    }
    async fn totals(&self, _: &Scope, _: i64, _: i64) -> Result<Totals, StoreError> {
        unreachable!()
    }
    async fn series(&self, _: &Scope, _: i64, _: i64, _: i64) -> Result<Vec<Bucket>, StoreError> {
        unreachable!()
    }
    async fn newest_flagged(&self, _: &Scope, _: i64, _: i64, _: usize) -> Result<Vec<String>, StoreError> {
        unreachable!()
    }
    async fn sidecars(&self, _: &Scope) -> Result<Vec<Sidecar>, StoreError> {
        unreachable!()
    }
    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
    async fn close(&self) {}
}

fn start(store: &Arc<Told>, stop: &CancellationToken) -> (Queue, tokio::task::JoinHandle<()>) {
    let metrics = Arc::new(Metrics::new(&Registry::new()).unwrap());
    let (queue, writer) =
        Queue::new(&Limits::default(), Arc::clone(store) as Arc<dyn Store>, Arc::new(Hub::new()), metrics);
    (queue, tokio::spawn(writer.run(stop.clone())))
}

fn work(instance: Uuid) -> Work {
    batch(instance, vec![event(instance, 1, DAY0, &json!({}))])
}

#[tokio::test(start_paused = true)]
async fn what_comes_during_a_commit_shares_the_next_one() {
    let (store, stop) = (Arc::new(Told { slow: true, ..Told::default() }), CancellationToken::new());
    let (queue, _task) = start(&store, &stop);
    let all = (0..40).map(|_| queue.commit(work(Uuid::now_v7())));
    for done in futures_util::future::join_all(all).await {
        done.unwrap();
    }
    let groups = store.groups.lock().clone();
    assert!(groups.len() <= 2 && groups.iter().sum::<usize>() == 40, "{groups:?}");
    assert!(!queue.failing());
}

#[tokio::test(start_paused = true)]
async fn what_one_batch_makes_fail_does_not_fail_the_others() {
    let (store, stop) = (Arc::new(Told::default()), CancellationToken::new());
    let (queue, _task) = start(&store, &stop);
    let all = [Uuid::now_v7(), POISON, Uuid::now_v7()].map(|instance| queue.commit(work(instance)));
    let done = futures_util::future::join_all(all).await;
    assert!(done[0].is_ok() && done[2].is_ok());
    assert_eq!(done[1], Err(QueueError::Store));
    queue.commit(work(POISON)).await.unwrap_err();
    assert!(queue.failing());
    queue.commit(work(Uuid::now_v7())).await.unwrap();
    assert!(!queue.failing());
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_up_is_committed_before_the_end_and_nothing_after() {
    let (store, stop) = (Arc::new(Told { slow: true, ..Told::default() }), CancellationToken::new());
    let (queue, task) = start(&store, &stop);
    let all: Vec<_> = (0..5)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move { queue.commit(work(Uuid::now_v7())).await })
        })
        .collect();
    tokio::task::yield_now().await;
    stop.cancel();
    for done in all {
        done.await.unwrap().unwrap();
    }
    task.await.unwrap();
    assert!(queue.ended());
    assert_eq!(queue.commit(work(Uuid::now_v7())).await, Err(QueueError::Stopping));
}
