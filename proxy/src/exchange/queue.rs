//! The frames of a stream that are held, in order, and what each of them waits for.
//!
//! Pure: no clock, no I/O. Frames leave strictly in the order in which they came.

use std::collections::{HashSet, VecDeque};

use agentguard_judge::session::Output;
use agentguard_wire::response::MAX_CHOICES;
use agentguard_wire::{Event, Frame};
use smallvec::SmallVec;
use tokio::time::Instant;

/// What is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// The stream's end, so that something can be put before it.
    End,
    /// Text until its sentence is judged, calls until they are complete and judged, and the end. `finish`: also the
    /// message that a choice is finished, as long as nothing of another choice waits behind it.
    Sentence {
        /// Whether the finish of a choice waits for the verdict.
        finish: bool,
    },
    /// Everything.
    All,
}

/// A frame that is held.
pub(crate) struct Held {
    /// The frame.
    pub(crate) frame: Frame,
    /// When it came.
    pub(crate) arrived: Instant,
    last: bool,
    waits: Waits,
}

impl Held {
    /// Whether the stream ends with it, so that nothing can be put behind it.
    pub(crate) fn ends(&self) -> bool {
        self.last || self.frame.events.contains(&Event::End)
    }
}

#[derive(Default)]
struct Waits {
    /// Choice, and how far its text must be settled.
    text: SmallVec<[(u32, usize); 1]>,
    /// Choice and call that must be judged.
    calls: SmallVec<[(u32, u32); 1]>,
    verdict: Verdict,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    #[default]
    Not,
    /// Unless something behind it may leave.
    Soft,
    Needed,
}

/// The held frames.
pub(crate) struct Queue {
    hold: Hold,
    frames: VecDeque<Held>,
    bytes: usize,
    /// By choice: text that came, and text that is settled.
    came: Vec<usize>,
    settled: Vec<usize>,
    /// Choice and call that are judged.
    judged: HashSet<(u32, u32)>,
    /// Set by the verdict, or by giving up: nothing waits any more.
    open: bool,
}

impl Queue {
    pub(crate) fn new(hold: Hold) -> Self {
        Self {
            hold,
            frames: VecDeque::new(),
            bytes: 0,
            came: Vec::new(),
            settled: Vec::new(),
            judged: HashSet::new(),
            open: false,
        }
    }

    /// Takes a frame. `last`: the stream ended with it.
    pub(crate) fn push(&mut self, frame: Frame, arrived: Instant, last: bool) {
        for event in &frame.events {
            if let Event::Text { choice, start, text } = event {
                let end = start + text.chars().count();
                let came = of(&mut self.came, *choice);
                *came = end.max(*came);
            }
        }
        let mut waits = self.waits(&frame);
        if last {
            waits.verdict = Verdict::Needed;
        }
        self.bytes += frame.raw.len();
        self.frames.push_back(Held { frame, arrived, last, waits });
    }

    fn waits(&mut self, frame: &Frame) -> Waits {
        let mut waits = Waits::default();
        let mut verdict = |need: Verdict| waits.verdict = waits.verdict.max(need);
        if self.hold == Hold::All {
            verdict(Verdict::Needed);
            return waits;
        }
        if frame.events.contains(&Event::End) {
            verdict(Verdict::Needed);
        }
        let Hold::Sentence { finish } = self.hold else { return waits };
        for event in &frame.events {
            match event {
                Event::Text { choice, start, text } => {
                    waits.text.push((*choice, start + text.chars().count()));
                }
                Event::Snapshot { choice } => waits.text.push((*choice, *of(&mut self.came, *choice))),
                Event::ToolStart { choice, call, .. }
                | Event::ToolArguments { choice, call, .. }
                | Event::ToolEnd { choice, call } => waits.calls.push((*choice, *call)),
                Event::Finish { .. } if finish => waits.verdict = waits.verdict.max(Verdict::Soft),
                _ => {}
            }
        }
        waits
    }

    /// Notes what the judge settled by reading an event.
    pub(crate) fn settle(&mut self, event: &Event, output: &Output) {
        match event {
            Event::ToolEnd { choice, call } => {
                self.judged.insert((*choice, *call));
            }
            Event::Text { choice, .. }
            | Event::Break { choice, .. }
            | Event::Logprobs { choice, .. }
            | Event::Finish { choice, .. } => self.settle_text(*choice, output.settled),
            _ => {}
        }
    }

    /// Notes how far the text of a choice is judged.
    pub(crate) fn settle_text(&mut self, choice: u32, until: usize) {
        let settled = of(&mut self.settled, choice);
        *settled = until.max(*settled);
    }

    /// Nothing waits any more.
    pub(crate) fn open(&mut self) {
        self.open = true;
    }

    /// Whether everything that came may leave.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// The next frame, if it may leave.
    pub(crate) fn ready(&self) -> Option<&Held> {
        let front = self.frames.front()?;
        let soft = |held: &Held| held.waits.verdict == Verdict::Soft;
        let leaves = self.is_free(front) && (!soft(front) || self.something_leaves_behind());
        (self.open || leaves).then_some(front)
    }

    /// The frames that may leave now, up to the first that waits for anything.
    pub(crate) fn leaving(&self) -> impl Iterator<Item = &Held> {
        let free = |held: &&Held| self.open || (self.is_free(held) && held.waits.verdict == Verdict::Not);
        self.frames.iter().take_while(free)
    }

    /// Takes the next frame.
    pub(crate) fn pop(&mut self) -> Option<Held> {
        let held = self.frames.pop_front()?;
        self.bytes -= held.frame.raw.len();
        Some(held)
    }

    /// The frame that waits longest.
    pub(crate) fn front(&self) -> Option<&Held> {
        self.frames.front()
    }

    /// Whether nothing is held.
    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether what a frame waits for has come, a soft verdict aside.
    fn is_free(&self, held: &Held) -> bool {
        let settled = |choice: u32| self.settled.get(slot(choice)).copied().unwrap_or(0);
        held.waits.verdict < Verdict::Needed
            && held.waits.text.iter().all(|(choice, end)| settled(*choice) >= *end)
            && held.waits.calls.iter().all(|call| self.judged.contains(call))
    }

    /// Whether a later frame of text or calls has all that it waits for: then a finish before it must not hold it up.
    fn something_leaves_behind(&self) -> bool {
        let content = |held: &&Held| !held.waits.text.is_empty() || !held.waits.calls.is_empty();
        self.frames.iter().skip(1).find(content).is_some_and(|held| self.is_free(held))
    }
}

fn slot(choice: u32) -> usize {
    (choice as usize).min(MAX_CHOICES - 1)
}

fn of(counts: &mut Vec<usize>, choice: u32) -> &mut usize {
    let slot = slot(choice);
    if counts.len() <= slot {
        counts.resize(slot + 1, 0);
    }
    &mut counts[slot]
}

#[cfg(test)]
mod tests;
