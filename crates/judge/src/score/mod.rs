//! From features and findings to risks. The one place that a better scorer replaces: callers see only [`Scorer`].

pub(crate) mod fusion;
mod response;
mod weights;

pub(crate) use response::Tally;

use crate::signals::Rule;
use crate::signals::grounding::Features;

/// Version of rules, weights and calibration.
pub(crate) const VERSION: &str = "rules-1";

/// What turns a sentence's features into a risk. A trained model becomes another variant.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Scorer {
    /// Logistic regression over the features of the rules.
    #[default]
    Logistic,
}

impl Scorer {
    /// The log-odds that the sentence holds something unsupported. `json`: the evidence is structured.
    pub(crate) fn sentence(self, features: &Features, json: bool) -> f32 {
        match self {
            Self::Logistic => weights::sentence(features, json),
        }
    }

    /// The risk of a finding in a sentence of these log-odds.
    pub(crate) fn finding(self, rule: Rule, sentence: Option<f32>) -> f32 {
        match self {
            Self::Logistic => weights::finding(rule, sentence),
        }
    }
}

/// Log-odds → probability.
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
