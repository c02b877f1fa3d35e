//! Goes through stored verdicts, newest first, as far as time and number allow.

use std::time::{Duration, Instant};

use agentguard_api::VerdictEvent;

use crate::store::scope::Scope;
use crate::store::{Filter, Store, StoreError};

/// Verdicts of one question to the store.
const PAGE: usize = 1000;

/// Shows each verdict that the scope lets through to `see`. Returns how many, and whether there were more.
pub(in crate::policies) async fn scan(
    store: &dyn Store,
    scope: &Scope,
    filter: &Filter,
    most: u64,
    time: Duration,
    mut see: impl FnMut(&VerdictEvent),
) -> Result<(u64, bool), StoreError> {
    let deadline = Instant::now() + time;
    let (mut seen, mut after) = (0, None);
    loop {
        let page = store.page(filter, after, PAGE, deadline).await?;
        for item in &page.items {
            let event: VerdictEvent = serde_json::from_str(item)
                .map_err(|error| StoreError::Damaged(format!("a verdict: {error}")))?;
            if scope.shows(&event.workload.namespace) {
                see(&event);
                seen += 1;
            }
        }
        match page.next {
            None => return Ok((seen, false)),
            Some(_) if seen >= most || Instant::now() >= deadline => return Ok((seen, true)),
            next => after = next,
        }
        // A thousand are a few milliseconds of parsing: others may want this thread.
        tokio::task::yield_now().await;
    }
}
