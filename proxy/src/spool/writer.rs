//! The thread that writes: takes what is queued, appends it, syncs in groups, and only then lets the reader see it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use agentguard_api::{LossReason, VerdictEvent};
use agentguard_judge::State;
use agentguard_policy::Action;

use super::appender::Appender;
use super::config::SpoolConfig;
use super::instance::Lane;
use super::queue::Taken;
use super::ranges::Ranges;
use super::record::{self, HEADER, MAX_PAYLOAD};
use super::shelf::Shared;

/// The writer's state.
pub(super) struct Writer {
    shared: Arc<Shared>,
    segment_bytes: u64,
    sync_interval: Duration,
    sync_events: u64,
    lanes: [Appender; 2],
    /// Since the last commit.
    lost: Vec<(LossReason, Ranges)>,
    /// Every seq up to here is with an appender or in `lost`, or was committed.
    last_seq: u64,
    uncommitted: u64,
    due: Option<Instant>,
    /// What certainly still fits; acknowledgements only make it more.
    room: u64,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, config: &SpoolConfig) -> Self {
        Self {
            shared,
            segment_bytes: config.segment_bytes(),
            sync_interval: config.sync_interval,
            sync_events: config.sync_events,
            lanes: Lane::BOTH.map(Appender::new),
            lost: Vec::new(),
            last_seq: 0,
            uncommitted: 0,
            due: None,
            room: 0,
        }
    }

    /// Writes until the queue is closed and empty.
    pub(super) fn run(mut self) {
        loop {
            let Taken { events, last_seq, flush, closing } = self.shared.queue.take(self.due);
            for event in events {
                // The queue was full for those in between.
                self.skip_to(event.seq - 1);
                self.append(event);
            }
            self.skip_to(last_seq);
            for lane in Lane::BOTH {
                self.write(lane);
            }
            if self.is_dirty() && self.due.is_none() {
                self.due = Some(Instant::now() + self.sync_interval);
            }
            let due =
                self.uncommitted >= self.sync_events || self.due.is_some_and(|due| due <= Instant::now());
            if due || flush.is_some() || closing {
                self.commit();
            }
            if let Some(ticket) = flush {
                self.shared.queue.flush_done(ticket);
            }
            if closing {
                // Nobody is to wait for a writer that is gone.
                self.shared.queue.flush_done(u64::MAX);
                return;
            }
        }
    }

    fn skip_to(&mut self, seq: u64) {
        if self.last_seq < seq {
            self.lose(LossReason::QueueFull, self.last_seq + 1, seq);
            self.last_seq = seq;
        }
    }

    fn append(&mut self, event: VerdictEvent) {
        let seq = event.seq;
        let lane = lane(&event);
        if let Some(payload) = self.payload(event) {
            let size = (HEADER + payload.len()) as u64;
            if self.lanes[lane as usize].is_full(size, self.segment_bytes) {
                self.commit();
                self.close(lane);
            }
            if self.make_room(lane, size) {
                let appender = &mut self.lanes[lane as usize];
                record::encode(seq, &payload, appender.take(seq));
                self.uncommitted += 1;
                if appender.is_buffer_large() {
                    self.write(lane);
                }
            } else {
                self.lose(LossReason::SpoolFull, seq, seq);
            }
        } else {
            self.lose(LossReason::Refused, seq, seq);
        }
        self.last_seq = seq;
    }

    /// The event as JSON. One that is too large for a record is kept without the evidence, then without any content.
    fn payload(&self, mut event: VerdictEvent) -> Option<Vec<u8>> {
        let trims: [fn(&mut VerdictEvent); 3] = [
            |event| event.content.iter_mut().for_each(|content| content.evidence.clear()),
            |event| event.content = None,
            |event| event.spans.clear(),
        ];
        let mut payload = serde_json::to_vec(&event).ok()?;
        for trim in trims {
            if payload.len() <= MAX_PAYLOAD {
                break;
            }
            self.shared.metrics.trimmed.inc();
            trim(&mut event);
            payload = serde_json::to_vec(&event).ok()?;
        }
        (payload.len() <= MAX_PAYLOAD).then_some(payload)
    }

    /// Sees to it that `size` bytes fit under the cap: passing verdicts go first, flagged ones only for flagged ones.
    fn make_room(&mut self, lane: Lane, size: u64) -> bool {
        let expendable: &[Lane] = if lane == Lane::Flag { &[Lane::Pass, Lane::Flag] } else { &[Lane::Pass] };
        while self.room < size {
            let unpublished = self.lanes.iter().map(Appender::unpublished).sum();
            self.room = self.shared.shelf(|shelf| shelf.room(unpublished));
            // All that passes goes before anything that is flagged, what is still being written included.
            if self.room < size && !expendable.iter().any(|lane| self.give_up(*lane)) {
                return false;
            }
        }
        self.room -= size;
        true
    }

    /// Gives up the oldest segment of a lane that was never sent from, or closes the one that is being written so that it can go next.
    /// False: neither is there.
    fn give_up(&mut self, lane: Lane) -> bool {
        let (evicted, attempted) = self.shared.shelf(|shelf| {
            let evicted = shelf.evict(lane, &self.shared);
            (evicted, shelf.live(self.shared.live).position.attempted)
        });
        if evicted {
            return true;
        }
        let open = self.lanes[lane as usize].first().is_some_and(|first| first > attempted);
        if open {
            self.commit();
            self.close(lane);
        }
        open
    }

    fn write(&mut self, lane: Lane) {
        let appender = &mut self.lanes[lane as usize];
        if let Err(error) = appender.write(&self.shared) {
            self.fail(lane, &error);
        }
    }

    /// Syncs what was appended and shows it to the reader.
    fn commit(&mut self) {
        self.due = None;
        if !self.is_dirty() {
            return;
        }
        let timer = self.shared.metrics.sync.start_timer();
        for lane in Lane::BOTH {
            if let Err(error) = self.lanes[lane as usize].sync(&self.shared) {
                self.fail(lane, &error);
            }
        }
        timer.observe_duration();
        self.uncommitted = 0;
        let settled = self.shared.shelf(|shelf| {
            for (lane, appender) in Lane::BOTH.into_iter().zip(&mut self.lanes) {
                if let Some((segment, bytes)) = appender.publish() {
                    self.shared.metrics.recorded.inc_by(segment.seqs.count());
                    shelf.bytes += bytes;
                    shelf.live(self.shared.live).publish(lane, segment);
                }
            }
            let live = shelf.live(self.shared.live);
            for (reason, lost) in self.lost.drain(..) {
                live.lose(reason, &lost);
            }
            live.settle(self.last_seq)
        });
        if let Err(error) = settled {
            self.shared.failed("write its position", &error);
        }
        self.shared.news.notify_one();
    }

    fn close(&mut self, lane: Lane) {
        self.lanes[lane as usize] = Appender::new(lane);
        self.shared.shelf(|shelf| shelf.live(self.shared.live).close(lane));
    }

    /// What was not synced is lost; the next record begins a new segment, because a failed sync leaves a file in doubt.
    fn fail(&mut self, lane: Lane, error: &std::io::Error) {
        self.shared.failed("write", error);
        let lost = self.lanes[lane as usize].abandon();
        self.lost.push((LossReason::WriteFailed, lost));
        self.close(lane);
    }

    fn lose(&mut self, reason: LossReason, start: u64, end: u64) {
        match self.lost.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, ranges)) => ranges.insert(start, end),
            None => {
                let mut ranges = Ranges::default();
                ranges.insert(start, end);
                self.lost.push((reason, ranges));
            }
        }
    }

    fn is_dirty(&self) -> bool {
        self.uncommitted > 0 || !self.lost.is_empty()
    }
}

fn lane(event: &VerdictEvent) -> Lane {
    let flagged = matches!(event.verdict, State::Ungrounded | State::Contradicted);
    let acted = matches!(event.action, Action::Redact | Action::Block);
    if flagged || acted { Lane::Flag } else { Lane::Pass }
}
