//! Claims that the encoder has still to read, in order.
//!
//! The rules judge a claim at once; with the encoder on, nothing is said of it before the encoder has read it, too, and
//! nothing of a later claim before that: what is settled only grows, whatever order the readings come back in.

use std::collections::VecDeque;

use agentguard_encoder::{Score, Window};

use crate::claims::Claim;
use crate::signals::Finding;

/// Claims that wait at a time in one choice; of more the encoder is not asked.
const MAX_WAITING: usize = 1_024;

/// A sentence that the encoder is to read.
#[derive(Clone, Debug)]
pub struct Task {
    /// Hand it back with the reading.
    pub id: TaskId,
    /// The sentence beside the evidence: one window, or several when it is long.
    pub windows: Vec<Window>,
}

/// Which sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId {
    /// Which answer.
    pub choice: u32,
    pub(super) number: u64,
}

/// What the rules say of a claim.
#[derive(Debug)]
pub(super) struct Judged {
    pub claim: Claim,
    pub findings: Vec<Finding>,
    /// Log-odds of the sentence; `None`: it has no score.
    pub logit: Option<f32>,
}

/// A token that the encoder has read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Token {
    /// First scalar value in the claim's text.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// Probability that the evidence does not support it.
    pub risk: f32,
}

/// What the encoder says of a claim.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    /// Its tokens, in order.
    pub tokens: Vec<Token>,
    /// Probability that any of them is unsupported; the highest, when the claim took several windows.
    pub sentence: f32,
}

/// A claim in the queue.
#[derive(Debug)]
struct Waiting {
    judged: Judged,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The encoder was not asked.
    None,
    /// It was; the places of the tokens that it reads.
    Asked { number: u64, places: Vec<(usize, usize)> },
    /// It answered, or will not (`None`).
    Done(Option<Reading>),
}

/// The claims of one choice that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    claims: VecDeque<Waiting>,
    /// Sentences asked for so far.
    asked: u64,
}

impl Queue {
    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// Whether the encoder may be asked for one more.
    pub(super) fn has_room(&self) -> bool {
        self.claims.len() < MAX_WAITING
    }

    /// Where the first claim that waits begins.
    pub(super) fn begins(&self) -> Option<usize> {
        self.claims.front().map(|waiting| waiting.judged.claim.offset(0))
    }

    /// Adds a claim of which nothing is asked.
    pub(super) fn follow(&mut self, judged: Judged) {
        self.claims.push_back(Waiting { judged, state: State::None });
    }

    /// Adds a claim that the encoder is to read.
    pub(super) fn ask(&mut self, choice: u32, judged: Judged, windows: Vec<Window>) -> Task {
        self.asked += 1;
        let number = self.asked;
        let places = windows.iter().flat_map(|window| window.ranges().iter().copied()).collect();
        self.claims.push_back(Waiting { judged, state: State::Asked { number, places } });
        Task { id: TaskId { choice, number }, windows }
    }

    /// Takes a reading: a score for each window, in order, or `None` when there will be none. Scores that do not fit are none.
    pub(super) fn read(&mut self, number: u64, scores: Option<Vec<Score>>) {
        let asked =
            |waiting: &&mut Waiting| matches!(waiting.state, State::Asked { number: n, .. } if n == number);
        let Some(waiting) = self.claims.iter_mut().find(asked) else { return };
        let State::Asked { places, .. } = &waiting.state else { return };
        waiting.state = State::Done(scores.and_then(|scores| reading(places, &scores)));
    }

    /// No more readings will come.
    pub(super) fn skip(&mut self) {
        for waiting in &mut self.claims {
            if matches!(waiting.state, State::Asked { .. }) {
                waiting.state = State::Done(None);
            }
        }
    }

    /// The next claim in order of which all is known, with what the encoder read of it (`Some(None)`: asked in vain).
    pub(super) fn next(&mut self) -> Option<(Judged, Option<Option<Reading>>)> {
        if matches!(self.claims.front()?.state, State::Asked { .. }) {
            return None;
        }
        let Waiting { judged, state } = self.claims.pop_front()?;
        match state {
            State::Done(reading) => Some((judged, Some(reading))),
            State::None | State::Asked { .. } => Some((judged, None)),
        }
    }
}

fn reading(places: &[(usize, usize)], scores: &[Score]) -> Option<Reading> {
    let risks: Vec<f32> = scores.iter().flat_map(|score| score.tokens.iter().copied()).collect();
    let sentence = scores.iter().map(|score| score.sentence).fold(0.0, f32::max);
    let sound = risks.len() == places.len() && risks.iter().chain([&sentence]).all(|risk| risk.is_finite());
    let token = |(&(start, end), risk): (&(usize, usize), f32)| Token { start, end, risk };
    sound.then(|| Reading { tokens: places.iter().zip(risks).map(token).collect(), sentence })
}
