//! How much of a sentence's wording the evidence holds: the features of the sentence score.
//!
//! Nothing here looks ahead in the answer, so that a sentence scores the same whether or not more text follows.

use super::numbers::Tally;
use super::structured::Said;
use super::{Analysis, entities};
use crate::claims::Form;
use crate::evidence::Evidence;
use crate::quantity::Quantity;
use crate::text::{Class, Shape, Token, lexicon};

/// Number of features.
pub(crate) const FEATURES: usize = 36;

/// Their names, in order; the fitting script reads them from the table's head.
#[rustfmt::skip]
pub(crate) const NAMES: [&str; FEATURES] = [
    "content", "absent", "absent_share", "absent_weight", "absent_max", "pairs_absent", "triples_absent",
    "best", "second", "both", "numbers", "numbers_absent", "numbers_elsewhere", "names", "names_absent",
    "negated", "negation_differs", "hedges", "hedges_absent", "position", "evidence_bytes",
    "evidence_sentences", "question_overlap", "item", "quote", "json", "denied", "open", "confirmed",
    "given_denied", "material", "length", "absent_run", "after_refusal", "hours", "summary",
];

/// The features of one sentence.
pub(crate) type Features = [f32; FEATURES];

/// What the answer has said before this sentence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Before {
    /// Claims.
    pub claims: u32,
    /// A refusal or an admission that the material does not say.
    pub refused: bool,
    /// Results of calculations.
    pub shown: Vec<f64>,
}

/// Computes the features.
pub(crate) fn features(
    analysis: &Analysis<'_>,
    evidence: &Evidence,
    tally: Tally,
    said: Said,
    before: &Before,
) -> Features {
    let index = evidence.index();
    let tokens = &analysis.tokens;
    let content = || tokens.iter().zip(&analysis.known).filter(|(t, _)| t.is_content());
    let count = content().count();
    let total = count.max(1) as f32;
    let (mut absent, mut weight, mut absent_weight, mut heaviest) = (0u32, 0.0f32, 0.0f32, 0.0f32);
    let (mut run, mut longest) = (0u32, 0u32);
    let (mut hedges, mut hedges_absent) = (0u32, 0u32);
    for (token, known) in content() {
        let rarity = lexicon::rarity(token.stem);
        weight += rarity;
        let hedge = token.class.has(Class::HEDGE);
        hedges += u32::from(hedge);
        if *known || is_supported_number(analysis, token) {
            run = 0;
            continue;
        }
        absent += 1;
        run += 1;
        longest = longest.max(run);
        hedges_absent += u32::from(hedge);
        absent_weight += rarity;
        heaviest = heaviest.max(rarity);
    }
    let share = |held: usize, all: usize| if all == 0 { 0.0 } else { 1.0 - held as f32 / all as f32 };
    let pairs = tokens.windows(2).filter(|t| index.has_pair(&t[0], &t[1])).count();
    let triples = tokens.windows(3).filter(|t| index.has_triple(&t[0], &t[1], &t[2])).count();
    let negated = tokens.iter().any(|t| t.class.has(Class::NEGATION));
    let there_negated = analysis.closest.sentence.and_then(|s| index.get(s)).is_some_and(|s| s.negated);
    let names_absent =
        analysis.names.iter().filter(|n| entities::unknown(analysis, evidence, n).is_some()).count();
    let flag = |on: bool| f32::from(u8::from(on));
    let capped = |n: u32, most: u32| n.min(most) as f32;
    let log = |n: usize| (1.0 + n as f32).ln();
    [
        log(count),
        capped(absent, 12),
        absent as f32 / total,
        if weight > 0.0 { absent_weight / weight } else { 0.0 },
        heaviest / 10.0,
        share(pairs, tokens.len().saturating_sub(1)),
        share(triples, tokens.len().saturating_sub(2)),
        analysis.closest.best,
        analysis.closest.second,
        analysis.closest.both,
        capped(tally.all, 6),
        capped(tally.absent, 4),
        capped(tally.elsewhere, 4),
        capped(u32::try_from(analysis.names.len()).unwrap_or(8), 8),
        capped(u32::try_from(names_absent).unwrap_or(4), 4),
        flag(negated),
        flag(negated != there_negated),
        capped(hedges, 5),
        capped(hedges_absent, 5),
        capped(before.claims, 20) / 20.0,
        log(index.bytes()),
        log(index.len()),
        evidence.question_overlap(&analysis.stems),
        flag(analysis.claim.form == Form::Item),
        flag(analysis.text.contains(['"', '“'])),
        flag(index.is_json()),
        capped(said.denied, 3),
        capped(said.open, 3),
        capped(said.confirmed, 3),
        capped(said.given_denied, 3),
        flag(tokens.iter().any(|t| t.class.has(Class::MATERIAL))),
        log(analysis.text.len()),
        capped(longest, 8),
        flag(before.refused),
        capped(said.hours, 1),
        flag(evidence.asks_summary()),
    ]
}

/// A number written differently in the evidence (`1,000` for `1000`, `5 pm` for `17:00`) is no absent word.
fn is_supported_number(analysis: &Analysis<'_>, token: &Token) -> bool {
    if token.shape != Shape::Digits && !token.class.has(Class::NUMBER) {
        return false;
    }
    let holds = |q: &Quantity| q.start <= token.start && token.end <= q.end;
    analysis.quantities.iter().position(holds).is_some_and(|at| analysis.supports[at].is_some())
}
