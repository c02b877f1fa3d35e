//! Quantities that the evidence does not hold, or holds differently.

use super::{Analysis, Finding, Rule};
use crate::claims::Form;
use crate::evidence::Evidence;
use crate::quantity::{Dimension, Quantity, Unit, Value};
use crate::text::{Class, Shape, Token};

/// Overlap from which on the closest sentence is about the same thing.
const SAME_TOPIC: f32 = 0.65;

/// Results of calculations remembered.
const MAX_SHOWN: usize = 64;

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
///
/// `shown`: results of calculations of earlier sentences; those of this one are added.
pub(crate) fn find(
    analysis: &Analysis<'_>,
    evidence: &Evidence,
    shown: &mut Vec<f64>,
    out: &mut Vec<Finding>,
) -> Tally {
    let mut tally = Tally::default();
    for (i, quantity) in analysis.quantities.iter().enumerate() {
        if is_furniture(analysis, quantity) {
            continue;
        }
        tally.all += 1;
        if let Some(sentence) = analysis.supports[i] {
            tally.elsewhere +=
                u32::from(analysis.closest.sentence.is_some_and(|closest| closest != sentence));
            continue;
        }
        let calculated = analysis.equations.iter().find(|e| e.start < quantity.end && quantity.start < e.end);
        if calculated.is_some() || follows(analysis, evidence, i, shown) {
            if let Value::Number(value, _) = quantity.value
                && calculated.is_none_or(|e| e.holds)
                && shown.len() < MAX_SHOWN
            {
                shown.push(value);
            }
            continue;
        }
        tally.absent += 1;
        let conflict = conflicting(analysis, evidence, quantity);
        let rule = conflict.map_or_else(|| absent(quantity), |_| Rule::NumberConflict);
        let near = conflict.or(analysis.closest.sentence.filter(|_| analysis.closest.best >= 0.5));
        let evidence = near.and_then(|sentence| evidence.reference(sentence));
        out.push(Finding { start: quantity.start, end: with_unit(analysis, quantity), rule, evidence });
    }
    tally
}

/// The end of the word that says of what: `45 seconds`, `6 tablets`.
fn with_unit(analysis: &Analysis<'_>, quantity: &Quantity) -> usize {
    let Value::Number(_, unit) = quantity.value else { return quantity.end };
    let next = analysis.tokens.iter().find(|t| t.start >= quantity.end);
    let counted = |t: &Token| {
        unit.is_none() && t.shape == Shape::Lower && t.is_content() && t.of(analysis.text).ends_with('s')
    };
    let measured = |t: &Token| unit.is_measure() && Unit::of_hash(t.raw).is_some();
    let near = |t: &Token| matches!(&analysis.text[quantity.end..t.start], " " | "-" | "\u{a0}");
    next.filter(|t| near(t) && (counted(t) || measured(t))).map_or(quantity.end, |t| t.end)
}

fn absent(quantity: &Quantity) -> Rule {
    match quantity.value {
        Value::Date(_) => Rule::DateAbsent,
        Value::Time(..) => Rule::TimeAbsent,
        Value::Number(_, unit) if matches!(unit.dimension(), Dimension::Money | Dimension::Percent) => {
            Rule::AmountAbsent
        }
        Value::Number(value, unit) if unit.is_none() && (quantity.spelled || value <= 10.0) => {
            Rule::CountAbsent
        }
        Value::Number(..) => Rule::NumberAbsent,
    }
}

/// What numbers are names of: "step 4", "passage 2", "steps 1 to 6".
const NUMBERED: [&str; 29] = [
    "step",
    "steps",
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
    "pages",
    "option",
    "item",
    "items",
    "point",
    "points",
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

/// Keys of a JSON answer whose numbers the model makes itself.
const OWN_KEYS: [&str; 14] = [
    "confidence",
    "score",
    "probability",
    "id",
    "index",
    "rank",
    "order",
    "position",
    "priority",
    "step",
    "version",
    "page",
    "count",
    "certainty",
];

/// Words looked back through for the word that numbers are names of.
const MAX_JOINED: usize = 24;

/// Numbers that claim nothing: list and step numbers, "passage 2", "one of", "out of 5", "seven days a week".
fn is_furniture(analysis: &Analysis<'_>, quantity: &Quantity) -> bool {
    let text = analysis.text;
    let before = text[..quantity.start].trim_end_matches(['(', '[', '#', ' ', '"']);
    let mut words = before.rsplit(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    // "steps 1, 2 and 3"
    let lead = words
        .by_ref()
        .take(MAX_JOINED)
        .find(|w| !matches!(*w, "and" | "to" | "or" | "through") && !w.bytes().all(|b| b.is_ascii_digit()));
    let numbered = lead.is_some_and(|word| NUMBERED.iter().any(|n| n.eq_ignore_ascii_case(word)));
    let directly = before.trim_end_matches(|c: char| c.is_ascii_digit() || " ,-–&".contains(c));
    let joined = ["and", "to", "or", "through"].iter().any(|w| directly.ends_with(w))
        || directly.ends_with(lead.unwrap_or("\u{0}"));
    let Value::Number(value, unit) = quantity.value else { return numbered && joined };
    let key = analysis.claim.key.as_deref().unwrap_or_default().to_ascii_lowercase();
    if analysis.claim.form == Form::JsonScalar
        && OWN_KEYS.iter().any(|own| key.split(['_', '-']).any(|part| part == *own))
    {
        return true;
    }
    let after = text[quantity.end..].trim_start_matches([' ', '-']);
    let next = |words: &[&str]| {
        words.iter().any(|w| after.get(..w.len()).is_some_and(|a| a.eq_ignore_ascii_case(w)))
    };
    let small = quantity.spelled && value <= 2.0;
    let scale = before.ends_with("out of") || before.ends_with('/') && value <= 10.0;
    let bracketed = text[..quantity.start].ends_with('[') && text[quantity.end..].starts_with(']');
    let always = value == 7.0 && next(&["days a week", "days per week", "days of the week"])
        || value == 24.0 && next(&["hours a day", "hours per day", "/7"])
        || (value == 24.0 || value == 7.0) && text.contains("24/7");
    let vague =
        value == 100.0 && lead.is_some_and(|w| matches!(w, "several" | "few" | "many")) && quantity.spelled;
    let own = value <= 20.0 && next(&["steps", "points", "tips", "bullet", "sentences", "words", "ways to"]);
    numbered && joined && unit.is_none()
        || small
        || scale
        || bracketed
        || always
        || vague
        || own
        || value == 1.0 && unit.is_none()
}

/// Whether the number follows from others by one simple step: a sum or difference of two numbers of the closest sentences or of
/// this one, a conversion of another number of this sentence, or the result of a calculation that is shown.
fn follows(analysis: &Analysis<'_>, evidence: &Evidence, i: usize, shown: &[f64]) -> bool {
    let Value::Number(value, unit) = analysis.quantities[i].value else { return false };
    let close = |x: f64| (x - value).abs() <= 1e-6 * value.abs().max(1.0);
    let rounds = |x: f64| (x - value).abs() <= (value.abs() * 0.015).max(0.6);
    if shown.iter().any(|s| close(*s)) {
        return true;
    }
    let mut known = near_numbers(analysis, evidence);
    let calculates = analysis.text.contains(['=', '×', '÷']);
    let first = i.saturating_sub(MAX_OTHERS);
    let others = analysis.quantities.iter().zip(&analysis.supports).enumerate().skip(first);
    for (j, (other, support)) in others.take(i - first + 1 + MAX_OTHERS) {
        let Value::Number(n, u) = other.value else { continue };
        if j == i || support.is_none() && !shown.iter().any(|s| (s - n).abs() < 1e-9) {
            continue;
        }
        if u != unit && u.convert(n, unit).is_some_and(rounds) {
            return true;
        }
        if calculates || u == unit || u.is_none() || unit.is_none() {
            known.push(n);
        }
    }
    let mut pairs = known.iter().enumerate().flat_map(|(k, a)| known[k + 1..].iter().map(move |b| (*a, *b)));
    pairs.any(|(a, b)| {
        let product = calculates
            && (close(a * b) || close(a * b / 100.0) || b != 0.0 && close(a / b) || a != 0.0 && close(b / a));
        close(a + b) || close((a - b).abs()) || product
    })
}

/// Numbers before it and after it in its own sentence that a number is sought to follow from.
const MAX_OTHERS: usize = 12;
/// Numbers of the evidence that a number is sought to follow from.
const MAX_NEAR: usize = 24;

/// The lowest numbers of the closest sentence and the ones before and after it.
fn near_numbers(analysis: &Analysis<'_>, evidence: &Evidence) -> Vec<f64> {
    let Some(closest) = analysis.closest.sentence else { return Vec::new() };
    let (index, facts) = (evidence.index(), evidence.facts());
    let mut near: Vec<f64> = Vec::new();
    for number in closest.saturating_sub(1)..=closest.saturating_add(1) {
        near.extend(facts.numbers_of(number).iter().map(|n| n.value));
        let original = index.get(number).map_or(number, |sentence| sentence.original);
        if original != number {
            near.extend(facts.numbers_of(original).iter().map(|n| n.value));
        }
    }
    near.sort_by(f64::total_cmp);
    near.truncate(MAX_NEAR);
    near
}

/// The closest sentence, when it says another number of the same kind in this one's place.
fn conflicting(analysis: &Analysis<'_>, evidence: &Evidence, quantity: &Quantity) -> Option<u32> {
    let closest = analysis.closest.sentence.filter(|_| topic_overlap(analysis, evidence) >= SAME_TOPIC)?;
    let facts = evidence.facts();
    let there = match quantity.value {
        Value::Number(_, unit) => facts.numbers_of(closest).iter().any(|n| n.unit == unit),
        Value::Date(date) => facts.dates_of(closest).iter().any(|(d, _)| d.conflicts(date)),
        Value::Time(..) => facts.has_time(closest),
    };
    there.then_some(closest)
}

/// Share of the claim's words, numbers aside, that the closest sentence holds.
pub(crate) fn topic_overlap(analysis: &Analysis<'_>, evidence: &Evidence) -> f32 {
    let words = |t: &&Token| t.is_content() && t.shape != Shape::Digits && !t.class.has(Class::NUMBER);
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
