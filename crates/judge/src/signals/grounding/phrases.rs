//! How a sentence's words hang together in the evidence: in a row, in one sentence, and in what order.

use crate::evidence::Evidence;
use crate::signals::{Analysis, entities};
use crate::text::lexicon;

/// What the evidence holds of a sentence beyond its single words.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Phrases {
    /// Share of the words that stand in a row of three or more that the evidence has, too.
    pub covered: f32,
    /// Share of the neighbouring content words that are both known, but that no sentence of the evidence holds together.
    pub apart_share: f32,
    /// Share of the content words, by rarity, that the closest sentence holds.
    pub closest_weight: f32,
    /// Known names with a word that the closest sentence does not hold.
    pub names_elsewhere: u32,
    /// Where in the evidence the closest sentence stands, 0..1.
    pub place: f32,
    /// Distinct content words for each one of the closest sentence, at most 4.
    pub size_ratio: f32,
    /// Absent content words that begin unlike any word of the evidence.
    pub foreign: u32,
}

/// Computes them.
pub(super) fn phrases(analysis: &Analysis<'_>, evidence: &Evidence) -> Phrases {
    let mut phrases = Phrases::default();
    let (index, tokens) = (evidence.index(), &analysis.tokens);
    phrases.covered = covered(analysis, evidence);
    let mut before: Option<usize> = None;
    let (mut pairs, mut apart, mut weight, mut held) = (0u32, 0u32, 0.0f32, 0.0f32);
    let closest = analysis.closest.sentence;
    let holds = |stem: u32| closest.is_some_and(|sentence| index.holds(sentence, stem));
    for (at, token) in tokens.iter().enumerate().filter(|(_, t)| t.is_content()) {
        let rarity = lexicon::rarity(token.stem);
        weight += rarity;
        if holds(token.stem) {
            held += rarity;
        }
        if !analysis.known[at] && !index.has_beginning(token.of(analysis.text)) {
            phrases.foreign += 1;
        }
        if let Some(last) = before.replace(at) {
            pairs += 1;
            let both = analysis.known[last] && analysis.known[at];
            apart += u32::from(both && !index.together(tokens[last].stem, token.stem));
        }
    }
    phrases.apart_share = apart as f32 / pairs.max(1) as f32;
    phrases.closest_weight = if weight > 0.0 { held / weight } else { 0.0 };
    for name in &analysis.names {
        let mut words = tokens[name.first..=name.last].iter().filter(|t| t.is_content());
        let elsewhere = words.any(|t| !holds(t.stem));
        phrases.names_elsewhere +=
            u32::from(elsewhere && entities::unknown(analysis, evidence, name).is_none());
    }
    if let Some(sentence) = closest.and_then(|s| index.get(s)) {
        phrases.place = closest.unwrap_or(0) as f32 / index.len().max(1) as f32;
        phrases.size_ratio = (analysis.stems.len() as f32 / sentence.words.max(1) as f32).min(4.0);
    }
    phrases
}

/// Share of the words that stand in a row of three or more of the evidence.
fn covered(analysis: &Analysis<'_>, evidence: &Evidence) -> f32 {
    let (index, tokens) = (evidence.index(), &analysis.tokens);
    let (mut covered, mut in_row) = (0u32, false);
    for three in tokens.windows(3) {
        let held = index.has_triple(&three[0], &three[1], &three[2]);
        covered += if held && in_row { 1 } else { 3 * u32::from(held) };
        in_row = held;
    }
    // Rows that overlap by one or two words count those twice; never more than there are.
    (covered as f32 / tokens.len().max(1) as f32).min(1.0)
}
