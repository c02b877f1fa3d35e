//! The weights of `rules-1`.

use super::sigmoid;
use crate::signals::Rule;
use crate::signals::grounding::{FEATURES, Features};

/// Inputs of the response score.
pub(crate) const RESPONSE: usize = 7;

/// Log-odds of a sentence. Structured evidence leaves other traces than prose, so it has weights of its own.
pub(crate) fn sentence(features: &Features, json: bool) -> f32 {
    let (bias, weights) = if json { &JSON } else { &PROSE };
    bias + features.iter().zip(weights).map(|(x, w)| x * w).sum::<f32>()
}

/// Risk of a response.
pub(crate) fn response(inputs: &[f32; RESPONSE]) -> f32 {
    let (bias, weights) = &WHOLE;
    sigmoid(bias + inputs.iter().zip(weights).map(|(x, w)| x * w).sum::<f32>())
}

/// Risk of a finding, given its sentence's log-odds.
pub(crate) fn finding(rule: Rule, sentence: Option<f32>) -> f32 {
    let logit = sentence.unwrap_or(0.0);
    if rule == Rule::Unsupported {
        return sigmoid(logit);
    }
    let set = SET.iter().find(|(set, _)| *set == rule).map(|(_, base)| *base);
    let fitted = || {
        FITTED
            .iter()
            .find(|(fitted, _)| *fitted == rule)
            .map(|(_, base)| base + SLOPE * logit.clamp(-3.0, 3.0))
    };
    sigmoid(set.or_else(fitted).unwrap_or(0.0))
}

/// Log-odds of rules that the labelled data does not hold or whose finding is a fact: set by hand.
const SET: [(Rule, f32); 9] = [
    (Rule::ToolUnknown, 4.6),
    (Rule::ToolSchema, 4.6),
    (Rule::ToolSyntax, 4.6),
    (Rule::ToolArgument, 0.6),
    (Rule::Arithmetic, 2.7),
    (Rule::ReferenceAbsent, 1.7),
    (Rule::ValueDiffers, 2.2),
    (Rule::SelfConflict, 1.0),
    // Never a reason by itself.
    (Rule::Unsure, -1.0),
];

// ---- tables, made by `fit/fit.py`: do not edit by hand.

const PROSE: (f32, [f32; FEATURES]) = (
    -1.8000,
    [
        1.0582, 0.0472, 0.4880, 0.1295, 0.5239, 1.8046, 0.4029, -1.2783, -0.0694, -0.7913, 0.1642, 0.7058,
        0.0434, 0.0891, 0.3535, -0.2045, -0.0761, -0.0107, -0.2790, 0.7201, 0.2557, -0.7431, -0.2322, 0.5747,
        0.3107, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, -0.3179, -0.9305, 0.0744, -0.5846,
    ],
);
const JSON: (f32, [f32; FEATURES]) = (
    -5.0021,
    [
        -0.8322, 0.1569, -1.7347, 1.5310, 0.2657, 3.8062, -1.7689, -2.7924, -0.1909, -0.0749, -0.1067,
        1.9160, 0.5907, 0.0944, 0.7570, 0.6184, 0.1321, -0.2265, 0.2392, -2.9186, 1.3827, -1.8125, 1.8816,
        0.3774, 0.5173, 0.0000, 2.9726, 2.1704, -0.2251, -0.4464, -1.0595, -0.1622, 0.0710, -0.6930,
    ],
);
const WHOLE: (f32, [f32; RESPONSE]) = (-0.2274, [0.3393, 0.0493, 0.1433, -1.0558, -0.0200, 2.5451, -0.3342]);
const SLOPE: f32 = 0.4000;
const FITTED: [(Rule, f32); 17] = [
    (Rule::AmountAbsent, 0.0379),
    (Rule::Antonym, -0.2891),
    (Rule::AttributeDenied, 0.6655),
    (Rule::AttributeGiven, -1.6989),
    (Rule::AttributeOpen, -0.1273),
    (Rule::CalendarAbsent, 1.2675),
    (Rule::CitationAbsent, -1.9942),
    (Rule::CountAbsent, -0.4755),
    (Rule::DateAbsent, 1.1912),
    (Rule::NameAbsent, 0.1456),
    (Rule::NamePartAbsent, -0.3991),
    (Rule::NumberAbsent, -0.2422),
    (Rule::NumberConflict, 0.2219),
    (Rule::Polarity, -2.2854),
    (Rule::QuoteAbsent, -0.7456),
    (Rule::ReferenceAbsent, -0.6713),
    (Rule::TimeAbsent, 1.1184),
];
