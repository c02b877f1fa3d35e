//! Waits until a verdict is where people see it: in the control plane, asked over its API as the dashboard does.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use agentguard_api::VerdictEvent;
use agentguard_api::query::VerdictPage;
use parking_lot::Mutex;

/// Between two looks.
const EVERY: Duration = Duration::from_millis(50);

/// Verdicts by trace id, as they appear.
pub(super) struct Watch {
    client: reqwest::Client,
    url: String,
    seen: Mutex<HashMap<String, (VerdictEvent, Instant)>>,
}

impl Watch {
    /// A watch over the control plane at that address, from that moment on (microseconds since the Unix epoch).
    #[must_use]
    pub(super) fn new(client: reqwest::Client, control: SocketAddr, from: i64) -> Self {
        let url = format!("http://{control}/api/v1/verdicts?limit=200&from={from}");
        Self { client, url, seen: Mutex::default() }
    }

    /// Looks again and again; never returns.
    pub(super) async fn look(&self) {
        loop {
            if let Ok(page) = self.page().await {
                let now = Instant::now();
                let mut seen = self.seen.lock();
                for event in page.items.into_iter().map(|item| item.event) {
                    if let Some(trace) = event.trace.clone() {
                        seen.entry(trace).or_insert((event, now));
                    }
                }
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    async fn page(&self) -> reqwest::Result<VerdictPage> {
        self.client.get(&self.url).send().await?.error_for_status()?.json().await
    }

    /// The verdict of that trace and when it was first seen, waiting at most that long.
    pub(super) async fn verdict(&self, trace: &str, within: Duration) -> Option<(VerdictEvent, Instant)> {
        let until = Instant::now() + within;
        loop {
            if let Some(found) = self.seen.lock().remove(trace) {
                return Some(found);
            }
            if Instant::now() > until {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
