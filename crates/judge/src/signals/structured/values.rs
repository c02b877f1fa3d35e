//! Numbers and booleans of a JSON answer against the evidence's value under the same key.

use crate::evidence::{Attribute, Truth};
use crate::signals::{Analysis, Finding, Rule};

/// A finding when the evidence has exactly one value under the answer's key (at its top, if there is one), and another one.
pub(super) fn differs(analysis: &Analysis<'_>, attributes: &[Attribute]) -> Option<Finding> {
    let key = analysis.claim.key.as_deref()?;
    let words = crate::evidence::key_words(key);
    let same = |a: &&Attribute| {
        a.words.len() == words.len() && a.words.iter().zip(&words).all(|(a, b)| a.stem == b.stem)
    };
    let at_top = attributes.iter().filter(same).any(|a| a.parent.is_empty());
    let mut found = attributes.iter().filter(same).filter(|a| !at_top || a.parent.is_empty());
    let attribute = found.next().filter(|_| !words.is_empty())?;
    if found.next().is_some() {
        return None;
    }
    let text = analysis.text.trim();
    let wrong = match (text, attribute.truth) {
        ("true", Truth::False) | ("false", Truth::True) => true,
        (_, Truth::Value) => match (text.parse::<f64>(), attribute.value.parse::<f64>()) {
            (Ok(said), Ok(given)) => (said - given).abs() > 1e-9 * given.abs().max(1.0),
            _ => false,
        },
        _ => false,
    };
    let rule = Rule::ValueDiffers;
    wrong.then(|| Finding {
        start: 0,
        end: analysis.text.len(),
        rule,
        evidence: Some(attribute.place.clone()),
    })
}
