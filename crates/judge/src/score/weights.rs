//! The weights of `rules-1`.

use super::sigmoid;
use crate::signals::Rule;
use crate::signals::grounding::{FEATURES, Features};

/// Inputs of the response score.
pub(crate) const RESPONSE: usize = 8;

/// Log-odds of a sentence. Structured evidence leaves other traces than prose, so it has weights of its own.
pub(crate) fn sentence(features: &Features, json: bool) -> f32 {
    let (bias, weights) = if json { &JSON } else { &PROSE };
    bias + features.iter().zip(weights).map(|(x, w)| x * w).sum::<f32>()
}

/// Risk of a response.
pub(crate) fn response(inputs: &[f32; RESPONSE], json: bool) -> f32 {
    let (bias, weights) = if json { &WHOLE_JSON } else { &WHOLE_PROSE };
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
const SET: [(Rule, f32); 13] = [
    (Rule::ToolUnknown, 4.6),
    (Rule::ToolSchema, 4.6),
    (Rule::ToolSyntax, 4.6),
    (Rule::ToolArgument, 0.6),
    (Rule::Arithmetic, 2.7),
    (Rule::ListCount, 0.4),
    (Rule::SelfConflict, 1.0),
    (Rule::ReferenceAbsent, 1.7),
    (Rule::ValueDiffers, 2.2),
    (Rule::NumberConflict, 1.4),
    (Rule::Polarity, 1.0),
    (Rule::Antonym, 0.2),
    // Never a reason by itself.
    (Rule::Unsure, -1.0),
];

// ---- tables, made by `fit/fit.py`: do not edit by hand.

#[rustfmt::skip]
const PROSE: (f32, [f32; FEATURES]) = (-1.3507, [1.0651, 0.0558, 0.4175, 0.1452, 0.5569, 1.7868, 0.4123, -1.2486, -0.0450, -0.7958, 0.1772, 0.8157, 0.0560, 0.0996, 0.3962, -0.2179, -0.0151, 0.0013, -0.2885, 0.7298, 0.2323, -0.7683, -0.2245, 0.5563, 0.2826, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, -0.3458, -0.9749, 0.0716, -0.5992, 0.0000, -0.2593]);
#[rustfmt::skip]
const JSON: (f32, [f32; FEATURES]) = (-5.1088, [0.2814, 0.1102, -0.6444, 1.0616, 0.2425, 3.5455, -1.8698, -1.8269, -0.0460, -0.5830, -0.4121, 3.5876, 0.4511, -0.0223, 1.0863, 0.6599, -0.0448, -0.1626, 0.1905, -2.4816, 1.6298, -2.3623, 1.7886, -0.1435, 0.4339, 0.0000, 4.1734, 2.8779, -0.3077, 1.1229, -0.8938, -0.6097, 0.0971, -0.5777, 5.2542, 0.0000]);
#[rustfmt::skip]
const WHOLE_PROSE: (f32, [f32; RESPONSE]) = (0.5630, [0.2858, 0.1182, 0.1121, -1.1791, 0.3912, 1.4220, -0.3238, 0.2560]);
#[rustfmt::skip]
const WHOLE_JSON: (f32, [f32; RESPONSE]) = (2.1427, [0.1003, -0.0208, 0.1278, 4.6806, 1.3887, 0.1661, -1.0993, 0.2737]);
const SLOPE: f32 = 0.4000;
const FITTED: [(Rule, f32); 18] = [
    (Rule::AmountAbsent, 1.0056),
    (Rule::Antonym, -0.3529),
    (Rule::AttributeDenied, 1.1792),
    (Rule::AttributeGiven, -0.6118),
    (Rule::AttributeOpen, 0.2316),
    (Rule::CalendarAbsent, 1.9707),
    (Rule::CitationAbsent, 1.4866),
    (Rule::CountAbsent, 0.5845),
    (Rule::DateAbsent, 0.8801),
    (Rule::HoursDiffer, 0.7855),
    (Rule::NameAbsent, 1.1765),
    (Rule::NamePartAbsent, 0.4192),
    (Rule::NumberAbsent, 0.4787),
    (Rule::NumberConflict, 1.1804),
    (Rule::Polarity, -0.2539),
    (Rule::QuoteAbsent, 0.2474),
    (Rule::ReferenceAbsent, 0.0504),
    (Rule::TimeAbsent, 1.3924),
];
