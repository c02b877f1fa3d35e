//! The response's risk from its sentences' and findings' risks, as they come: nothing is kept but a few numbers.

use super::{sigmoid, weights};

/// What a response's sentences add up to.
#[derive(Clone, Copy, Debug, Default)]
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
const NONE: f32 = -6.0;

impl Tally {
    /// Adds a sentence's log-odds.
    pub(crate) fn sentence(&mut self, logit: f32) {
        if self.sentences == 0 {
            self.top = [NONE; 3];
        }
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

    /// Inputs of the response score.
    pub(crate) fn features(&self) -> [f32; weights::RESPONSE] {
        let n = self.sentences.max(1) as f32;
        [
            self.top[0],
            self.top[1],
            self.top[2],
            self.sum / n,
            self.sum.ln_1p(),
            (1.0 - self.none.exp()),
            n.ln(),
        ]
    }

    /// The risk of the whole response. Never below that of one of its findings.
    pub(crate) fn risk(&self) -> f32 {
        let sentences = if self.sentences == 0 { 0.0 } else { weights::response(&self.features()) };
        sentences.max(self.finding)
    }
}
