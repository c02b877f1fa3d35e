//! Overviews of the last second: a wall of dashboards asks once.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use agentguard_telemetry::metrics::{MetricError, register};
use parking_lot::Mutex;
use prometheus::{IntCounterVec, Opts, Registry};

use crate::store::Scope;

/// How old an answer may be.
const FRESH: Duration = Duration::from_secs(1);
/// Answers kept.
const KEPT: usize = 64;

/// Whose, from, and to in seconds.
type Key = (Scope, i64, i64);

/// Answers by scope and range.
pub(crate) struct OverviewCache {
    answers: Mutex<HashMap<Key, (Instant, String)>>,
    hits: IntCounterVec,
}

impl OverviewCache {
    /// An empty cache.
    pub(crate) fn new(registry: &Registry) -> Result<Self, MetricError> {
        let hits = IntCounterVec::new(
            Opts::new("cache_hits_total", "Looks into a cache, by what came of them."),
            &["cache", "result"],
        );
        let hits = register(registry, hits)?;
        for result in ["hit", "miss"] {
            hits.with_label_values(&["overview", result]);
        }
        Ok(Self { answers: Mutex::new(HashMap::new()), hits })
    }

    /// The answer for a range, when it is fresh. Ranges that end now differ by microseconds: they count as one per second.
    pub(super) fn get(&self, scope: &Scope, from: i64, to: i64) -> Option<String> {
        let answers = self.answers.lock();
        let hit = answers.get(&key(scope, from, to)).filter(|(made, _)| made.elapsed() < FRESH);
        self.hits.with_label_values(&["overview", if hit.is_some() { "hit" } else { "miss" }]).inc();
        hit.map(|(_, body)| body.clone())
    }

    /// Keeps an answer.
    pub(super) fn put(&self, scope: &Scope, from: i64, to: i64, body: String) {
        let mut answers = self.answers.lock();
        if answers.len() >= KEPT {
            answers.retain(|_, (made, _)| made.elapsed() < FRESH);
        }
        if answers.len() < KEPT {
            answers.insert(key(scope, from, to), (Instant::now(), body));
        }
    }
}

fn key(scope: &Scope, from: i64, to: i64) -> Key {
    (scope.clone(), from, to.div_euclid(1_000_000))
}

#[cfg(test)]
mod tests;
