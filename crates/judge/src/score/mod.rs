//! From features and findings to risks. The one place that a better scorer replaces: callers see only [`Scorer`].

pub(crate) mod fusion;
mod response;
mod tables;
mod trees;
mod weights;
mod weights_fused;

pub(crate) use response::{Setting, Tally};

use crate::signals::Rule;
use crate::signals::grounding::Features;

/// Version of rules, weights and calibration.
pub(crate) const VERSION: &str = "rules-2";

/// What turns a sentence's features into a risk. What the encoder adds is in [`fusion`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Scorer {
    /// A weighted sum of the rules' features and boosted trees over them.
    #[default]
    Rules,
}

impl Scorer {
    /// The log-odds that the sentence holds something unsupported. `json`: the evidence is structured.
    pub(crate) fn sentence(self, features: &Features, json: bool) -> f32 {
        match self {
            Self::Rules => weights::sentence(features, json),
        }
    }

    /// The risk of a finding in a sentence of these log-odds.
    pub(crate) fn finding(self, rule: Rule, sentence: Option<f32>) -> f32 {
        match self {
            Self::Rules => weights::finding(rule, sentence),
        }
    }
}

/// Log-odds → probability.
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
