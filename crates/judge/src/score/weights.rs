//! The weights of `rules-2`: how features, findings and sentences become risks. The numbers are in `tables`.

use std::sync::LazyLock;

use super::sigmoid;
use super::tables::{FITTED, JSON, PROSE, WHOLE_JSON, WHOLE_PROSE};
use super::trees::Trees;
use crate::signals::Rule;
use crate::signals::grounding::{FEATURES, Features};

/// Inputs of the response score.
pub(crate) const RESPONSE: usize = 14;

/// A weighted sum of inputs, each held to the range of values that it was fitted on, so that an unusual one counts no more than
/// the most unusual one known.
pub(super) struct Linear<const N: usize> {
    pub bias: f32,
    /// Weight, least and greatest value of each input.
    pub terms: [(f32, f32, f32); N],
}

impl<const N: usize> Linear<N> {
    fn sum(&self, inputs: &[f32; N]) -> f32 {
        let term =
            |(x, (weight, least, greatest)): (&f32, &(f32, f32, f32))| weight * x.clamp(*least, *greatest);
        self.bias + inputs.iter().zip(&self.terms).map(term).sum::<f32>()
    }
}

/// What the linear part does not see: thresholds and features that count only together.
static TREES: LazyLock<Trees> = LazyLock::new(|| {
    Trees::read(include_bytes!("sentence.trees"), FEATURES)
        .expect("the table made by fit/fit.py, checked by a test")
});

/// Log-odds of a sentence. Structured evidence leaves other traces than prose, so the linear part has weights of its own for it.
pub(crate) fn sentence(features: &Features, json: bool) -> f32 {
    let linear = if json { &JSON } else { &PROSE };
    linear.sum(features) + TREES.sum(features)
}

/// Risk of a response.
pub(crate) fn response(inputs: &[f32; RESPONSE], json: bool) -> f32 {
    let linear = if json { &WHOLE_JSON } else { &WHOLE_PROSE };
    sigmoid(linear.sum(inputs))
}

/// Risk of a finding, given its sentence's log-odds.
pub(crate) fn finding(rule: Rule, sentence: Option<f32>) -> f32 {
    let logit = sentence.unwrap_or(0.0).clamp(-3.0, 3.0);
    let of = |table: &[(Rule, f32, f32)]| {
        table.iter().find(|(known, ..)| *known == rule).map(|(_, base, slope)| base + slope * logit)
    };
    sigmoid(of(&SET).or_else(|| of(&FITTED)).unwrap_or(0.0))
}

/// Log-odds, and their slope on the sentence's, of rules that the labelled data hardly holds or whose finding is a fact: set by
/// hand.
const SET: [(Rule, f32, f32); 14] = [
    (Rule::ToolUnknown, 4.6, 0.0),
    (Rule::ToolSchema, 4.6, 0.0),
    (Rule::ToolSyntax, 4.6, 0.0),
    (Rule::ToolArgument, 0.6, 0.0),
    (Rule::Arithmetic, 2.7, 0.0),
    (Rule::ListCount, 0.4, 0.0),
    (Rule::SelfConflict, 1.0, 0.0),
    (Rule::ReferenceAbsent, 1.7, 0.2),
    (Rule::QuoteAttributed, 1.2, 0.2),
    (Rule::ValueDiffers, 2.2, 0.0),
    (Rule::NumberConflict, 1.9, 0.1),
    (Rule::Polarity, 1.2, 0.1),
    (Rule::Antonym, 0.4, 0.1),
    // Never a reason by itself.
    (Rule::Unsure, -1.0, 0.0),
];

#[cfg(test)]
mod tests {
    use super::{FEATURES, TREES};

    #[test]
    fn the_trees_are_those_of_the_features() {
        let (none, all) = (TREES.sum(&[0.0; FEATURES]), TREES.sum(&[1.0; FEATURES]));
        assert!(none.is_finite() && all.is_finite() && none < all, "{none} {all}");
    }
}
