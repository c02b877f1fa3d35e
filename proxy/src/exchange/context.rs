//! What an agent saw in its own calls, kept for judging the reply that it makes of them.
//!
//! A reply is matched with the calls that carry the same W3C trace id. Without one, with those that were begun while the
//! caller waited: right when the agent serves one request at a time, a guess otherwise, and marked as such. Kept for a
//! while and within a budget; the oldest goes first.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use agentguard_api::Correlation;
use agentguard_judge::evidence::Source;
use agentguard_judge::{Evidence, SourceKind};
use agentguard_wire::Answer;
use parking_lot::{Condvar, Mutex};
use tokio::time::Instant;

/// Calls kept at most, whatever their size.
const CALLS: usize = 4096;

/// The agent's calls.
pub(crate) struct Contexts {
    calls: Mutex<VecDeque<Arc<Call>>>,
    /// Bytes of all calls that are still held by anybody.
    bytes: Arc<AtomicUsize>,
    keep: Duration,
    limit: usize,
}

/// How long a reply waits for the evidence of the calls behind it. An agent may be quicker than its preparation.
const PREPARATION: Duration = Duration::from_secs(2);

/// One call.
pub(crate) struct Call {
    trace: Option<String>,
    begun: Instant,
    seen: Mutex<Seen>,
    prepared: Condvar,
    bytes: AtomicUsize,
    all: Arc<AtomicUsize>,
}

#[derive(Default)]
struct Seen {
    sources: Vec<Source>,
    /// Set when the evidence is there, or will not come.
    complete: bool,
}

/// Will say what evidence a call carried. Dropped without a word, it says that there is none.
pub(crate) struct Witness(Arc<Call>);

impl Contexts {
    pub(crate) fn new(keep: Duration, limit: usize) -> Self {
        Self { calls: Mutex::default(), bytes: Arc::default(), keep, limit }
    }

    /// A call begins.
    pub(crate) fn begin(&self, trace: Option<&str>) -> (Arc<Call>, Witness) {
        let call = Arc::new(Call {
            trace: trace.map(str::to_owned),
            begun: Instant::now(),
            seen: Mutex::default(),
            prepared: Condvar::new(),
            bytes: AtomicUsize::new(0),
            all: self.bytes.clone(),
        });
        let mut calls = self.calls.lock();
        calls.push_back(call.clone());
        let mut excess = self.bytes.load(Ordering::Relaxed).saturating_sub(self.limit);
        while let Some(oldest) = calls.front()
            && (excess > 0 || calls.len() > CALLS || oldest.begun.elapsed() > self.keep)
        {
            excess = excess.saturating_sub(oldest.bytes.load(Ordering::Relaxed));
            calls.pop_front();
        }
        (call.clone(), Witness(call))
    }

    /// What the agent saw for a request that began then. Blocks for a moment when it is still being prepared.
    pub(crate) fn seen(&self, trace: Option<&str>, since: Instant) -> (Vec<Source>, Option<Correlation>) {
        let calls: Vec<_> = self.calls.lock().iter().cloned().collect();
        let traced = |call: &&Arc<Call>| trace.is_some() && call.trace.as_deref() == trace;
        // A call of another trace was made for somebody else, whenever that was.
        let overlaps = |call: &&Arc<Call>| call.begun >= since && (call.trace.is_none() || trace.is_none());
        let correlation = if calls.iter().any(|call| traced(&call)) {
            Correlation::Trace
        } else if calls.iter().any(|call| overlaps(&call)) {
            Correlation::Overlap
        } else {
            return (Vec::new(), None);
        };
        let matching = calls.iter().filter(|call| match correlation {
            Correlation::Trace => traced(call),
            Correlation::Overlap => overlaps(call),
        });
        let mut sources = Vec::new();
        let deadline = Instant::now() + PREPARATION;
        for (number, call) in matching.enumerate() {
            let label = |source: &Source| format!("call[{number}].{}", source.label);
            sources.extend(
                call.wait(deadline).into_iter().map(|source| Source { label: label(&source), ..source }),
            );
        }
        (sources, Some(correlation))
    }
}

impl Call {
    /// What the model answered.
    pub(crate) fn heard(&self, answer: &Answer) {
        let said = answer.choices.iter().filter(|choice| !choice.text.is_empty());
        self.add(said.map(|choice| Source {
            kind: SourceKind::AgentContext,
            label: "answer".to_owned(),
            text: choice.text.clone(),
        }));
    }

    /// What is known of it, once the evidence is complete.
    fn wait(&self, deadline: Instant) -> Vec<Source> {
        let mut seen = self.seen.lock();
        while !seen.complete && !self.prepared.wait_until(&mut seen, deadline.into_std()).timed_out() {}
        seen.sources.clone()
    }

    fn add(&self, sources: impl Iterator<Item = Source>) {
        let mut seen = self.seen.lock();
        for source in sources {
            self.bytes.fetch_add(source.text.len(), Ordering::Relaxed);
            self.all.fetch_add(source.text.len(), Ordering::Relaxed);
            seen.sources.push(source);
        }
    }
}

impl Witness {
    /// The evidence that the call carried.
    pub(crate) fn saw(&self, evidence: &Evidence) {
        let proofs = evidence.sources().iter().filter(|source| source.kind.proves());
        self.0.add(proofs.map(|source| Source { kind: SourceKind::AgentContext, ..source.clone() }));
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.seen.lock().complete = true;
        self.0.prepared.notify_all();
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.all.fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
