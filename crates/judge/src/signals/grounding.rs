//! How much of a sentence's wording the evidence holds: the features of the sentence score.
//!
//! Nothing here looks ahead in the answer, so that a sentence scores the same whether or not more text follows.

mod before;
mod phrases;
mod style;

pub(crate) use before::Before;

use super::numbers::Tally;
use super::structured::Said;
use super::{Analysis, Finding, entities};
use crate::claims::Form;
use crate::evidence::Evidence;
use crate::quantity::Quantity;
use crate::text::{Class, Shape, Token, lexicon};
use crate::verdict::SpanKind;

/// Number of features.
pub(crate) const FEATURES: usize = 71;

/// Their names, in order; the fitting script reads them from the table's head.
#[rustfmt::skip]
pub(crate) const NAMES: [&str; FEATURES] = [
    "content", "absent", "absent_share", "absent_weight", "absent_max", "pairs_absent", "triples_absent",
    "best", "second", "both", "numbers", "numbers_absent", "numbers_elsewhere", "names", "names_absent",
    "negated", "negation_differs", "hedges", "hedges_absent", "position", "evidence_bytes",
    "evidence_sentences", "question_overlap", "item", "quote", "json", "denied", "open", "confirmed",
    "given_denied", "material", "length", "absent_run", "after_refusal", "hours", "summary",
    "covered", "apart_share", "closest_weight", "names_elsewhere", "place", "size_ratio", "foreign",
    "foreign_share", "stop_share", "rarity", "commas", "joins", "concludes", "advises", "examples", "addresses",
    "opinions", "materials_said", "aside", "digits", "absent_before", "absent_last", "absent_most",
    "triples_before", "findings_before", "repeated", "new_absent", "ahead", "open_negated", "denied_negated",
    "findings", "contradictions", "question_words", "materials", "offset",
];

/// Places of features that the sentences after this one look back on.
const ABSENT_SHARE: usize = 2;
const TRIPLES_ABSENT: usize = 6;

/// The features of one sentence.
pub(crate) type Features = [f32; FEATURES];

/// Computes the features.
pub(crate) fn features(
    analysis: &Analysis<'_>,
    evidence: &Evidence,
    tally: Tally,
    said: Said,
    findings: &[Finding],
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
    let phrases = phrases::phrases(analysis, evidence);
    let style = style::style(analysis);
    let follows = before.follows(analysis);
    let contradictions = findings.iter().filter(|f| f.rule.kind() == SpanKind::Contradiction).count();
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
        phrases.covered,
        phrases.apart_share,
        phrases.closest_weight,
        capped(phrases.names_elsewhere, 4),
        phrases.place,
        phrases.size_ratio,
        capped(phrases.foreign, 12),
        phrases.foreign as f32 / total,
        style.stop_share,
        style.rarity,
        capped(style.commas, 8),
        capped(style.joins, 6),
        flag(style.concludes),
        capped(style.advises, 4),
        capped(style.examples, 3),
        capped(style.addresses, 4),
        capped(style.opinions, 3),
        capped(style.material, 4),
        flag(style.aside),
        capped(style.digits, 8),
        follows.absent_mean,
        follows.absent_last,
        follows.absent_most,
        follows.triples_mean,
        capped(follows.findings, 8),
        follows.repeated,
        follows.new_absent,
        follows.ahead,
        capped(said.open_negated, 3),
        capped(said.denied_negated, 3),
        capped(u32::try_from(findings.len()).unwrap_or(8), 8),
        capped(u32::try_from(contradictions).unwrap_or(4), 4),
        log(evidence.question_words()),
        capped(evidence.materials().unwrap_or(0), 10),
        log(analysis.claim.start),
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

#[cfg(test)]
mod tests;
