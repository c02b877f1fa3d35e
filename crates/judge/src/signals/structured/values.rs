//! Numbers and booleans of a JSON answer against the evidence's value under the same key.

use crate::evidence::{Attributes, Truth};
use crate::signals::{Analysis, Finding, Rule};

/// A finding when the evidence has exactly one value under the answer's key (at its top, if there is one), and another one.
pub(super) fn differs(analysis: &Analysis<'_>, attributes: &Attributes) -> Option<Finding> {
    let key = analysis.claim.key.as_deref()?;
    let words = crate::evidence::key_words(key);
    let at_top = attributes.under(&words).any(|a| attributes.parent(a).is_empty());
    let mut found = attributes.under(&words).filter(|a| !at_top || attributes.parent(a).is_empty());
    let attribute = found.next().filter(|a| !words.is_empty() && a.count == 1)?;
    if found.next().is_some() {
        return None;
    }
    let text = analysis.text.trim();
    let wrong = match (text, attribute.truth) {
        ("true", Truth::False) | ("false", Truth::True) => true,
        (_, Truth::Value) => match (text.parse::<f64>(), attribute.number) {
            (Ok(said), Some(given)) => (said - given).abs() > 1e-9 * given.abs().max(1.0),
            _ => false,
        },
        _ => false,
    };
    let rule = Rule::ValueDiffers;
    wrong.then(|| Finding { start: 0, end: analysis.text.len(), rule, evidence: attributes.place(attribute) })
}
