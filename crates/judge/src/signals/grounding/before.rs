//! What the answer has said before a sentence.

use super::Features;
use crate::signals::Analysis;
use crate::text::set::Set;

/// Stems of an answer that are remembered.
const MAX_SAID: u32 = 4_096;

/// What the answer has said before this sentence.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// Claims that were held against the evidence.
    pub(super) claims: u32,
    /// A refusal or an admission that the material does not say.
    pub refused: bool,
    /// Results of calculations.
    pub shown: Vec<f64>,
    /// Findings.
    findings: u32,
    /// Sentences with features.
    scored: u32,
    absent: Course,
    triples: Course,
    /// The evidence sentence that the last one came closest to.
    closest: Option<u32>,
    said: Set,
    count: u32,
}

/// A share of each sentence so far.
#[derive(Clone, Copy, Debug, Default)]
struct Course {
    sum: f32,
    last: f32,
    most: f32,
}

impl Course {
    fn add(&mut self, share: f32) {
        self.sum += share;
        self.last = share;
        self.most = self.most.max(share);
    }
}

/// How a sentence follows on those before it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Follows {
    pub absent_mean: f32,
    pub absent_last: f32,
    pub absent_most: f32,
    pub triples_mean: f32,
    pub findings: u32,
    /// Share of its content words that the answer has said.
    pub repeated: f32,
    /// Share of its content words that neither the answer has said nor the evidence.
    pub new_absent: f32,
    /// Evidence sentences from the last one's closest to this one's, −8..8.
    pub ahead: f32,
}

impl Before {
    pub(super) fn follows(&self, analysis: &Analysis<'_>) -> Follows {
        let scored = self.scored.max(1) as f32;
        let content = || analysis.tokens.iter().zip(&analysis.known).filter(|(t, _)| t.is_content());
        let share = |n: usize| n as f32 / content().count().max(1) as f32;
        let ahead = self.closest.zip(analysis.closest.sentence).map_or(0.0, |(a, b)| b as f32 - a as f32);
        Follows {
            absent_mean: self.absent.sum / scored,
            absent_last: self.absent.last,
            absent_most: self.absent.most,
            triples_mean: self.triples.sum / scored,
            findings: self.findings,
            repeated: share(content().filter(|(t, _)| self.said.has(t.stem)).count()),
            new_absent: share(content().filter(|(t, known)| !**known && !self.said.has(t.stem)).count()),
            ahead: ahead.clamp(-8.0, 8.0),
        }
    }

    /// Takes a sentence in.
    pub(crate) fn note(&mut self, analysis: &Analysis<'_>, findings: usize, features: Option<&Features>) {
        self.claims = self.claims.saturating_add(1);
        self.findings = self.findings.saturating_add(findings.try_into().unwrap_or(u32::MAX));
        for stem in &analysis.stems {
            if self.count < MAX_SAID {
                self.said.insert(*stem);
                self.count += 1;
            }
        }
        if let Some(features) = features {
            self.scored = self.scored.saturating_add(1);
            self.absent.add(features[super::ABSENT_SHARE]);
            self.triples.add(features[super::TRIPLES_ABSENT]);
            self.closest = analysis.closest.sentence;
        }
    }
}
