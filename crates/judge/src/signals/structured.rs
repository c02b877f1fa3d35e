//! Claims against JSON evidence: attributes said to hold that it denies or leaves open, and JSON answers against its values.

use super::{Analysis, Finding, Rule};
use crate::evidence::{Attribute, Evidence, Truth};
use crate::text::{Class, Token};

/// How a sentence stands to the attributes of JSON evidence.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said {
    /// Said to hold, denied by the evidence.
    pub denied: u32,
    /// Said to hold, left open by the evidence.
    pub open: u32,
    /// Said to hold, and so it does.
    pub confirmed: u32,
    /// Said not to hold, though it does.
    pub given_denied: u32,
}

/// Adds findings for attributes; the tally goes into the sentence score.
pub(crate) fn find(analysis: &Analysis<'_>, evidence: &Evidence, out: &mut Vec<Finding>) -> Said {
    let mut said = Said::default();
    for attribute in evidence.attributes().all() {
        if attribute.truth == Truth::Value {
            continue;
        }
        let Some((first, last)) = mention(analysis, attribute) else { continue };
        let negated = is_negated(&analysis.tokens, first, last);
        let rule = match (attribute.truth, negated) {
            (Truth::False, false) => {
                said.denied += 1;
                Some(Rule::AttributeDenied)
            }
            (Truth::Unknown, false) => {
                said.open += 1;
                Some(Rule::AttributeOpen)
            }
            (Truth::True, true) => {
                said.given_denied += 1;
                Some(Rule::AttributeGiven)
            }
            (Truth::True, false) => {
                said.confirmed += 1;
                None
            }
            _ => None,
        };
        if let Some(rule) = rule {
            let (start, end) = (analysis.tokens[first].start, analysis.tokens[last].end);
            out.push(Finding { start, end, rule, evidence: Some(attribute.place.clone()) });
        }
    }
    said
}

/// The tokens that name the attribute: all words of its key, close together.
fn mention(analysis: &Analysis<'_>, attribute: &Attribute) -> Option<(usize, usize)> {
    if attribute.words.is_empty() {
        return None;
    }
    let at = |stem: &u32| analysis.tokens.iter().position(|t| t.stem == *stem);
    let places: Option<Vec<usize>> = attribute.words.iter().map(at).collect();
    let places = places?;
    let (first, last) = (*places.iter().min()?, *places.iter().max()?);
    (last - first < attribute.words.len() + 3).then_some((first, last))
}

/// Words that end the reach of a negation.
const TURNS: [&str; 7] = ["but", "however", "although", "while", "though", "despite", "yet"];

/// Whether a negation governs the tokens: before them in the same clause, or directly after (`is not available`).
fn is_negated(tokens: &[Token], first: usize, last: usize) -> bool {
    let turn = |t: &Token| TURNS.iter().any(|w| t.raw == crate::text::token::word_hash(w));
    let before =
        tokens[..first].iter().rev().take_while(|t| !turn(t)).take(14).any(|t| t.class.has(Class::NEGATION));
    let after =
        tokens[last + 1..].iter().take_while(|t| !turn(t)).take(4).any(|t| t.class.has(Class::NEGATION));
    before || after
}
