//! Quantities that the evidence does not hold, or holds differently.

use super::{Analysis, Finding, Rule};
use crate::evidence::Evidence;
use crate::quantity::{Quantity, Unit, Value};
use crate::text::{Class, Shape};

/// Overlap from which on the closest sentence is about the same thing.
const SAME_TOPIC: f32 = 0.65;

/// What became of a sentence's quantities.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Quantities that say something.
    pub all: u32,
    /// Those that the evidence does not hold.
    pub absent: u32,
    /// Those that it holds, but not in the closest sentence.
    pub elsewhere: u32,
}

/// Adds a finding for every quantity without support.
pub(crate) fn find(analysis: &Analysis<'_>, evidence: &Evidence, out: &mut Vec<Finding>) -> Tally {
    let mut tally = Tally::default();
    for (i, quantity) in analysis.quantities.iter().enumerate() {
        if is_furniture(analysis, quantity) {
            continue;
        }
        tally.all += 1;
        if let Some(sentence) = evidence.facts().support(quantity) {
            tally.elsewhere +=
                u32::from(analysis.closest.sentence.is_some_and(|closest| closest != sentence));
            continue;
        }
        if follows(analysis, evidence, i) {
            continue;
        }
        tally.absent += 1;
        let conflict = conflicting(analysis, evidence, quantity);
        let rule = conflict.map_or_else(|| absent(quantity), |_| Rule::NumberConflict);
        let near = conflict.or(analysis.closest.sentence.filter(|_| analysis.closest.best >= 0.5));
        let evidence = near.and_then(|sentence| evidence.index().reference(sentence));
        out.push(Finding { start: quantity.start, end: quantity.end, rule, evidence });
    }
    tally
}

fn absent(quantity: &Quantity) -> Rule {
    match quantity.value {
        Value::Date(_) => Rule::DateAbsent,
        Value::Time(..) => Rule::TimeAbsent,
        Value::Number(_, Unit::Money | Unit::Percent) => Rule::AmountAbsent,
        Value::Number(value, Unit::None) if quantity.spelled || value <= 10.0 => Rule::CountAbsent,
        Value::Number(..) => Rule::NumberAbsent,
    }
}

/// Numbers that claim nothing: list and step numbers, "passage 2", "one of", "out of 5".
fn is_furniture(analysis: &Analysis<'_>, quantity: &Quantity) -> bool {
    let Value::Number(value, unit) = quantity.value else { return false };
    let text = analysis.text;
    let before = text[..quantity.start].trim_end_matches(['(', '[', '#', ' ', '"']);
    let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
    let numbered = [
        "step",
        "passage",
        "passages",
        "document",
        "documents",
        "source",
        "sources",
        "figure",
        "table",
        "section",
        "chapter",
        "part",
        "page",
        "option",
        "item",
        "point",
        "note",
        "article",
        "method",
        "tip",
        "question",
        "example",
        "answer",
        "excerpt",
        "line",
    ];
    if numbered.contains(&word.as_str()) && unit == Unit::None {
        return true;
    }
    let small = quantity.spelled && value <= 2.0;
    let scale = before.ends_with("out of") || before.ends_with('/') && value <= 10.0;
    let bracketed = text[..quantity.start].ends_with('[') && text[quantity.end..].starts_with(']');
    small
        || scale
        || bracketed
        || (value == 1.0 && unit == Unit::None)
        || (value == 24.0 || value == 7.0) && text.contains("24/7")
}

/// Whether the number follows from others by one simple step: a difference of years, a sum or difference of two numbers of the
/// closest sentences, or of this one.
fn follows(analysis: &Analysis<'_>, evidence: &Evidence, i: usize) -> bool {
    let Value::Number(value, unit) = analysis.quantities[i].value else { return false };
    let near = |sentence: u32| analysis.closest.sentence.is_some_and(|c| sentence.abs_diff(c) <= 1);
    let mut known: Vec<f64> =
        evidence.facts().numbers().iter().filter(|n| near(n.sentence)).take(24).map(|n| n.value).collect();
    for (j, other) in analysis.quantities.iter().enumerate() {
        if let Value::Number(n, u) = other.value
            && j != i
            && evidence.facts().support(other).is_some()
            && (u == unit || u == Unit::None || unit == Unit::None)
        {
            known.push(n);
        }
    }
    let close = |x: f64| (x - value).abs() <= 1e-6 * value.abs().max(1.0);
    let mut pairs = known.iter().enumerate().flat_map(|(k, a)| known[k + 1..].iter().map(move |b| (*a, *b)));
    pairs.any(|(a, b)| close(a + b) || close((a - b).abs()))
}

/// The closest sentence, when it says another number of the same kind in this one's place.
fn conflicting(analysis: &Analysis<'_>, evidence: &Evidence, quantity: &Quantity) -> Option<u32> {
    let closest = analysis.closest.sentence.filter(|_| topic_overlap(analysis, evidence) >= SAME_TOPIC)?;
    let facts = evidence.facts();
    let there = match quantity.value {
        Value::Number(_, unit) => facts.numbers().iter().any(|n| n.sentence == closest && n.unit == unit),
        Value::Date(date) => facts.dates().iter().any(|(d, s)| *s == closest && d.conflicts(date)),
        Value::Time(..) => facts.times().iter().any(|t| t.2 == closest),
    };
    there.then_some(closest)
}

/// Share of the claim's words, numbers aside, that the closest sentence holds.
pub(crate) fn topic_overlap(analysis: &Analysis<'_>, evidence: &Evidence) -> f32 {
    let words =
        |t: &&crate::text::Token| t.is_content() && t.shape != Shape::Digits && !t.class.has(Class::NUMBER);
    let stems: Vec<u32> = {
        let mut stems: Vec<u32> = analysis.tokens.iter().filter(words).map(|t| t.stem).collect();
        stems.sort_unstable();
        stems.dedup();
        stems
    };
    if stems.len() < 3 {
        return 0.0;
    }
    analysis.closest.sentence.map_or(0.0, |sentence| {
        let held = stems.iter().filter(|stem| evidence.index().holds(sentence, **stem)).count();
        held as f32 / stems.len() as f32
    })
}
