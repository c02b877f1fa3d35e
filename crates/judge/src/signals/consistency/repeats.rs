//! The same statement twice with another number, and a total given twice.

use std::collections::VecDeque;

use crate::claims::Form;
use crate::quantity::{Unit, Value};
use crate::signals::{Analysis, Finding, Rule};
use crate::text::token::word_hashes;
use crate::text::{Class, Shape, Token, hash};

/// Statements remembered.
const MAX_STATEMENTS: usize = 256;
/// Words with which a sentence speaks of something else each time.
const VAGUE: [u32; 10] =
    word_hashes(["it", "this", "that", "another", "other", "next", "then", "they", "step", "each"]);
/// Content words below which two sentences are alike by chance.
const MIN_WORDS: usize = 3;

/// Statements made, by the hash of their words without the number.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    statements: VecDeque<(u32, f64, Unit)>,
}

impl Repeats {
    pub(super) fn find(&mut self, analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
        if analysis.claim.form == Form::Heading {
            // Another section speaks of another thing.
            self.statements.clear();
            return;
        }
        let Some((key, value, unit, place)) = statement(analysis) else { return };
        let before = self.statements.iter().find(|(k, _, u)| *k == key && *u == unit);
        match before {
            Some((_, other, _)) if (other - value).abs() > 1e-9 * value.abs().max(1.0) => {
                out.push(Finding { start: place.0, end: place.1, rule: Rule::SelfConflict, evidence: None });
            }
            Some(_) => {}
            None => {
                if self.statements.len() >= MAX_STATEMENTS {
                    self.statements.pop_front();
                }
                self.statements.push_back((key, value, unit));
            }
        }
    }
}

type Statement = (u32, f64, Unit, (usize, usize));

/// A statement with exactly one number: its words, the number and where that stands.
fn statement(analysis: &Analysis<'_>) -> Option<Statement> {
    let mut quantities = analysis.quantities.iter();
    let (Some(quantity), None) = (quantities.next(), quantities.next()) else { return None };
    let Value::Number(value, unit) = quantity.value else { return None };
    let outside =
        |t: &&Token| (t.end <= quantity.start || t.start >= quantity.end) && !t.class.has(Class::NUMBER);
    let words: Vec<&Token> = analysis.tokens.iter().filter(outside).collect();
    if words.iter().any(|t| t.shape == Shape::Digits) {
        return None;
    }
    let content: Vec<&&Token> = words.iter().filter(|t| t.is_content()).collect();
    let total = total_label(analysis, quantity.start);
    if content.len() < MIN_WORDS && !total {
        return None;
    }
    if words.iter().any(|t| t.is_in(&VAGUE)) {
        return None;
    }
    let counted = if total { &content[..1] } else { &content[..] };
    let key = counted.iter().fold(0, |key, t| hash::join(key, t.stem));
    Some((key, value, unit, (quantity.start, quantity.end)))
}

/// `Total: $45`, `Grand total = 12`.
fn total_label(analysis: &Analysis<'_>, number: usize) -> bool {
    let Some(first) = analysis.tokens.iter().find(|t| t.is_content()) else { return false };
    let label = &analysis.text[first.start..number.max(first.start)];
    let lower = label.to_ascii_lowercase();
    label.len() < 24
        && (lower.starts_with("total") || lower.starts_with("grand total"))
        && lower.contains([':', '='])
}
