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

/// What sentences add up to.
#[derive(Clone, Copy, Debug)]
struct Sums {
    sentences: u32,
    /// The three highest log-odds, highest first.
    top: [f32; 3],
    /// Sum of the probabilities.
    sum: f32,
    /// Logarithm of the chance that no sentence is unsupported.
    none: f32,
}

/// Log-odds stand-in for a sentence that does not exist.
const NO_SENTENCE: f32 = -6.0;
/// Log-odds stand-in for a finding that does not exist.
const NO_FINDING: f32 = -3.0;

impl Default for Sums {
    fn default() -> Self {
        Self { sentences: 0, top: [NO_SENTENCE; 3], sum: 0.0, none: 0.0 }
    }
}

impl Sums {
    fn add(&mut self, logit: f32) {
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

    /// The chance that any is unsupported.
    fn any(&self) -> f32 {
        1.0 - self.none.exp()
    }
}

/// What a response's sentences and findings add up to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// By the rules alone.
    rules: Sums,
    /// With the encoder's readings in them.
    fused: Sums,
    /// Whether there were any.
    read: bool,
    /// Sentences without a score: too short, headings, refusals.
    unscored: u32,
    /// The highest risk of a single finding.
    finding: f32,
}

impl Tally {
    /// Adds a sentence: its log-odds by the rules, and with the encoder's reading. Without either it only counts.
    pub(crate) fn sentence(&mut self, rules: Option<f32>, fused: Option<f32>) {
        self.read |= fused.is_some();
        match rules {
            Some(logit) => self.rules.add(logit),
            None => self.unscored = self.unscored.saturating_add(1),
        }
        if let Some(logit) = fused.or(rules) {
            self.fused.add(logit);
        }
    }

    /// Adds a finding's risk.
    pub(crate) fn finding(&mut self, risk: f32) {
        self.finding = self.finding.max(risk);
    }

    /// The risk of the whole response, never below that of one of its sentences or findings.
    pub(crate) fn risk(&self, setting: &Setting) -> f32 {
        let rules = self.by_rules(setting);
        if !self.read {
            return rules;
        }
        let Sums { top, sentences, .. } = self.fused;
        let least = self.finding.max(sigmoid(top[0]));
        if self.rules.sentences == 0 {
            // The rules are switched off.
            return least;
        }
        fusion::response(&top, self.fused.any(), sentences as f32, rules).max(least)
    }

    fn by_rules(&self, setting: &Setting) -> f32 {
        let Sums { sentences, top, sum, .. } = self.rules;
        if sentences == 0 {
            return self.finding;
        }
        let n = sentences as f32;
        let finding = if self.finding > 0.0 {
            (self.finding / (1.0 - self.finding)).ln().clamp(NO_FINDING, 3.0)
        } else {
            NO_FINDING
        };
        let inputs = [
            top[0],
            top[1],
            top[2],
            sum / n,
            sum.ln_1p(),
            self.rules.any(),
            n.ln(),
            finding,
            (self.unscored as f32).ln_1p(),
            setting.bytes,
            setting.sentences,
            setting.summary,
            setting.question,
            setting.materials,
        ];
        weights::response(&inputs, setting.json).max(self.finding).max(sigmoid(top[0]))
    }
}
