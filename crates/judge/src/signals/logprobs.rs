//! Token log-probabilities: numbers and names of which the model itself was unsure.
//!
//! Weak evidence on its own: such spans never reach a threshold by themselves. Text and log-probabilities may come in either
//! order and in different pieces; what is waiting on either side is bounded.

use std::collections::VecDeque;

use agentguard_wire::TokenLogprob;
use smallvec::SmallVec;

use super::Analysis;
use crate::text::chars;

/// Probability below which the first token of a number or name counts as a guess.
const UNSURE: f32 = 0.35;
/// Doubtful tokens, or words, waiting for the other side.
const MAX_WAITING: usize = 4_096;
/// Spans kept.
const MAX_SPANS: usize = 64;

/// What is known of the model's confidence in one choice.
#[derive(Debug, Default)]
pub(crate) struct Confidence {
    /// Scalar values covered by the tokens so far.
    read: usize,
    /// Ranges of tokens with a low probability, in order.
    doubtful: VecDeque<(usize, usize)>,
    /// Ranges of numbers and names, in order.
    words: VecDeque<(usize, usize)>,
    unsure: Vec<(usize, usize)>,
}

impl Confidence {
    /// Takes tokens in order.
    pub(crate) fn tokens(&mut self, tokens: &[TokenLogprob]) {
        for token in tokens {
            let end = self.read + chars::count(&token.token);
            let worded = token.token.contains(char::is_alphanumeric);
            if worded && token.logprob < UNSURE.ln() && self.doubtful.len() < MAX_WAITING {
                let lead = token.token.len() - token.token.trim_start().len();
                self.doubtful.push_back((self.read + lead, end));
            }
            self.read = end;
        }
    }

    /// Takes the numbers and names of a sentence.
    pub(crate) fn claim(&mut self, analysis: &Analysis<'_>) {
        let quantities = analysis.quantities.iter().map(|q| (q.start, q.end));
        let tokens = &analysis.tokens;
        let names =
            analysis.names.iter().filter(|n| !n.initial).map(|n| (tokens[n.first].start, tokens[n.last].end));
        let mut places: SmallVec<[(usize, usize); 16]> = quantities.chain(names).collect();
        places.sort_unstable();
        for (start, end) in places {
            if self.words.len() < MAX_WAITING {
                let (start, end) = chars::range(analysis.text, start, end);
                self.words.push_back((analysis.claim.offset(start), analysis.claim.offset(end)));
            }
        }
        self.settle();
    }

    /// Words whose tokens have arrived are decided and forgotten.
    fn settle(&mut self) {
        while let Some((start, end)) = self.words.front().copied().filter(|(_, end)| *end <= self.read) {
            self.words.pop_front();
            while self.doubtful.front().is_some_and(|d| d.1 <= start) {
                self.doubtful.pop_front();
            }
            if self.doubtful.front().is_some_and(|d| d.0 < end) && self.unsure.len() < MAX_SPANS {
                self.unsure.push((start, end));
            }
        }
    }

    /// The ranges of numbers and names with a doubtful token.
    pub(crate) fn unsure(&self) -> impl Iterator<Item = (usize, usize)> {
        let mut settled = Self {
            read: self.read,
            doubtful: self.doubtful.clone(),
            words: self.words.clone(),
            unsure: self.unsure.clone(),
        };
        settled.settle();
        settled.unsure.into_iter()
    }
}
