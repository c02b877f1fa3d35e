//! The response's risk from its sentences' and findings' risks, as they come: nothing is kept but a few numbers.

use super::{fusion, sigmoid, weights};
use crate::Evidence;

/// What a response's risk depends on besides its sentences: how much there is to be wrong about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    json: bool,
    bytes: f32,
    sentences: f32,
    summary: f32,
    question: f32,
    materials: f32,
}

impl Setting {
    /// The setting of answers to that evidence.
    pub(crate) fn of(evidence: &Evidence) -> Self {
        let log = |n: usize| (1.0 + n as f32).ln();
        Self {
            json: evidence.index().is_json(),
            bytes: log(evidence.index().bytes()),
            sentences: log(evidence.index().len()),
            summary: f32::from(u8::from(evidence.asks_summary())),
            question: log(evidence.question_words()),
            materials: evidence.materials().unwrap_or(0).min(10) as f32,
        }
    }
}

/// What a response's sentences add up to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally {
    sentences: u32,
    /// Sentences without a score: too short, headings, refusals.
    unscored: u32,
    /// The three highest log-odds, highest first.
    top: [f32; 3],
    /// Sum of the probabilities.
    sum: f32,
    /// Logarithm of the chance that no sentence is unsupported.
    none: f32,
    /// The highest risk of a single finding.
    finding: f32,
    /// Whether the encoder has read any sentence.
    fused: bool,
}

/// Log-odds stand-in for a sentence that does not exist.
const NO_SENTENCE: f32 = -6.0;
/// Log-odds stand-in for a finding that does not exist.
const NO_FINDING: f32 = -3.0;

impl Default for Tally {
    fn default() -> Self {
        Self { sentences: 0, unscored: 0, top: [NO_SENTENCE; 3], sum: 0.0, none: 0.0, finding: 0.0, fused: false }
    }
}

impl Tally {
    /// Adds a sentence's log-odds; `fused`: the encoder's reading is in them.
    pub(crate) fn sentence(&mut self, logit: f32, fused: bool) {
        self.sentences += 1;
        self.fused |= fused;
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

    /// Counts a sentence that has no score.
    pub(crate) fn unscored(&mut self) {
        self.unscored = self.unscored.saturating_add(1);
    }

    /// Adds a finding's risk.
    pub(crate) fn finding(&mut self, risk: f32) {
        self.finding = self.finding.max(risk);
    }

    /// The risk of the whole response, never below that of one of its sentences or findings.
    pub(crate) fn risk(&self, setting: &Setting) -> f32 {
        if self.sentences == 0 {
            return self.finding;
        }
        let n = self.sentences as f32;
        let finding = if self.finding > 0.0 {
            (self.finding / (1.0 - self.finding)).ln().clamp(NO_FINDING, 3.0)
        } else {
            NO_FINDING
        };
        if self.fused {
            let any = 1.0 - self.none.exp();
            let risk = fusion::response(&self.top, any, n, finding, setting.json);
            return risk.max(self.finding).max(sigmoid(self.top[0]));
        }
        let inputs = [
            self.top[0],
            self.top[1],
            self.top[2],
            self.sum / n,
            self.sum.ln_1p(),
            1.0 - self.none.exp(),
            n.ln(),
            finding,
            (self.unscored as f32).ln_1p(),
            setting.bytes,
            setting.sentences,
            setting.summary,
            setting.question,
            setting.materials,
        ];
        weights::response(&inputs, setting.json).max(self.finding).max(sigmoid(self.top[0]))
    }
}
