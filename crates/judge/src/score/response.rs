//! The response's risk from its sentences' and findings' risks, as they come: nothing is kept but a few numbers.

use super::{sigmoid, weights};

/// What a response's sentences add up to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally {
    sentences: u32,
    /// The three highest log-odds, highest first.
    top: [f32; 3],
    /// Sum of the probabilities.
    sum: f32,
    /// Logarithm of the chance that no sentence is unsupported.
    none: f32,
    /// The highest risk of a single finding.
    finding: f32,
}

/// Log-odds stand-in for a sentence that does not exist.
const NO_SENTENCE: f32 = -6.0;
/// Log-odds stand-in for a finding that does not exist.
const NO_FINDING: f32 = -3.0;

impl Default for Tally {
    fn default() -> Self {
        Self { sentences: 0, top: [NO_SENTENCE; 3], sum: 0.0, none: 0.0, finding: 0.0 }
    }
}

impl Tally {
    /// Adds a sentence's log-odds.
    pub(crate) fn sentence(&mut self, logit: f32) {
        self.sentences += 1;
        let logit = logit.clamp(-8.0, 8.0);
        let at = self.top.partition_point(|t| *t >= logit);
        if at < 3 {
            self.top[at..].rotate_right(1);
            self.top[at] = logit;
        }
        let p = sigmoid(logit);
        self.sum += p;
        self.none += (1.0 - p).ln();
    }

    /// Adds a finding's risk.
    pub(crate) fn finding(&mut self, risk: f32) {
        self.finding = self.finding.max(risk);
    }

    /// The risk of the whole response, never below that of one of its sentences or findings. `json`: the evidence is structured.
    pub(crate) fn risk(&self, json: bool) -> f32 {
        if self.sentences == 0 {
            return self.finding;
        }
        let n = self.sentences as f32;
        let finding = if self.finding > 0.0 {
            (self.finding / (1.0 - self.finding)).ln().clamp(NO_FINDING, 3.0)
        } else {
            NO_FINDING
        };
        let inputs = [
            self.top[0],
            self.top[1],
            self.top[2],
            self.sum / n,
            self.sum.ln_1p(),
            1.0 - self.none.exp(),
            n.ln(),
            finding,
        ];
        weights::response(&inputs, json).max(self.finding).max(sigmoid(self.top[0]))
    }
}
