//! Between the data path and the writer thread: gives out seqs, bounded by count and bytes, never waits for the disk.

use std::time::Instant;

use agentguard_api::VerdictEvent;
use agentguard_judge::State;
use parking_lot::{Condvar, Mutex};
use uuid::Uuid;

/// An event without content, about.
const EVENT_BYTES: usize = 2048;

/// The queue.
#[derive(Debug)]
pub(super) struct Queue {
    instance: Uuid,
    max_events: usize,
    max_bytes: usize,
    state: Mutex<Inner>,
    /// For the writer: there is something to do.
    work: Condvar,
    /// For those who wait for a flush.
    flushed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    last_seq: u64,
    judged: u64,
    events: Vec<VerdictEvent>,
    bytes: usize,
    /// The last seq that the writer knows of.
    taken_seq: u64,
    flush_wanted: u64,
    flush_done: u64,
    closing: bool,
}

/// What the writer takes over in one go.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// In order of seq. A seq that is missing was given out while the queue was full.
    pub(super) events: Vec<VerdictEvent>,
    /// The last seq given out.
    pub(super) last_seq: u64,
    /// Somebody waits until all this is on disk: hand it to [`Queue::flush_done`].
    pub(super) flush: Option<u64>,
    /// Nothing will follow.
    pub(super) closing: bool,
}

impl Queue {
    pub(super) fn new(instance: Uuid, max_events: usize, max_bytes: usize) -> Self {
        let (state, work, flushed) = (Mutex::default(), Condvar::new(), Condvar::new());
        Self { instance, max_events, max_bytes, state, work, flushed }
    }

    /// Gives the event its instance and seq and takes it, or only its seq when full.
    pub(super) fn push(&self, mut event: VerdictEvent) {
        let weight = weight(&event);
        let mut state = self.state.lock();
        if state.closing {
            // Nobody would write it; it does not count as produced either.
            return;
        }
        state.last_seq += 1;
        let seq = state.last_seq;
        state.judged += u64::from(event.verdict != State::NotChecked);
        let full = state.events.len() >= self.max_events || state.bytes + weight > self.max_bytes;
        // A single event larger than the bound is taken when it is alone.
        if !full || state.events.is_empty() {
            event.instance = self.instance;
            event.seq = seq;
            state.bytes += weight;
            state.events.push(event);
        }
        drop(state);
        self.work.notify_one();
    }

    /// How many events were pushed, and how many of them were judged.
    pub(super) fn seen(&self) -> (u64, u64) {
        let state = self.state.lock();
        (state.last_seq, state.judged)
    }

    /// Waits for something to do, at most until `deadline`, and takes it all.
    pub(super) fn take(&self, deadline: Option<Instant>) -> Taken {
        let mut state = self.state.lock();
        while state.is_idle() {
            match deadline {
                None => self.work.wait(&mut state),
                Some(deadline) if self.work.wait_until(&mut state, deadline).timed_out() => break,
                Some(_) => {}
            }
        }
        state.bytes = 0;
        state.taken_seq = state.last_seq;
        let wanted = state.flush_wanted;
        Taken {
            events: std::mem::take(&mut state.events),
            last_seq: state.last_seq,
            flush: (wanted > state.flush_done).then_some(wanted),
            closing: state.closing,
        }
    }

    /// Waits until everything pushed so far is on disk. False: it is not, by `deadline`.
    pub(super) fn flush(&self, deadline: Instant) -> bool {
        let mut state = self.state.lock();
        state.flush_wanted += 1;
        let ticket = state.flush_wanted;
        self.work.notify_one();
        while state.flush_done < ticket {
            if self.flushed.wait_until(&mut state, deadline).timed_out() {
                return state.flush_done >= ticket;
            }
        }
        true
    }

    pub(super) fn flush_done(&self, ticket: u64) {
        self.state.lock().flush_done = ticket;
        self.flushed.notify_all();
    }

    /// Takes nothing more; the writer ends when it has written the rest.
    pub(super) fn close(&self) {
        self.state.lock().closing = true;
        self.work.notify_one();
    }
}

impl Inner {
    fn is_idle(&self) -> bool {
        self.taken_seq == self.last_seq && self.flush_wanted <= self.flush_done && !self.closing
    }
}

fn weight(event: &VerdictEvent) -> usize {
    let content = event.content.as_ref().map_or(0, |content| {
        let calls = content.tool_calls.iter().map(|call| call.name.len() + call.arguments.len());
        let evidence = content.evidence.iter().map(|source| source.label.len() + source.text.len());
        content.texts.iter().map(String::len).chain(calls).chain(evidence).sum()
    });
    EVENT_BYTES + content
}
