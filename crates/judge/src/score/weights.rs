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
#[allow(clippy::approx_constant, reason = "a fitted weight may look like a constant")]
const PROSE: (f32, [f32; FEATURES]) = (-1.5268, [1.0472, 0.0498, 0.4341, 0.1675, 0.5602, 1.8153, 0.3929, -1.2328, -0.0646, -0.7843, 0.1724, 0.8086, 0.0606, 0.1072, 0.4002, -0.2192, -0.0155, -0.0015, -0.2824, 0.7476, 0.2412, -0.7750, -0.1302, 0.5584, 0.2627, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, -0.3575, -0.9449, 0.0755, -0.6000, 0.0000, -0.2630]);
#[rustfmt::skip]
#[allow(clippy::approx_constant, reason = "a fitted weight may look like a constant")]
const JSON: (f32, [f32; FEATURES]) = (-5.4178, [0.2108, 0.1149, -0.7147, 1.2000, 0.2281, 3.6170, -1.8508, -1.7942, 0.0520, -0.5828, -0.4457, 3.6429, 0.4539, 0.0428, 1.0558, 0.6583, -0.0501, -0.1538, 0.1758, -2.4050, 1.6308, -2.3503, 1.7625, -0.1055, 0.4454, 0.0000, 4.1552, 2.8292, -0.2987, 0.9528, -0.9953, -0.5765, 0.0959, -0.5693, 5.1818, 0.0000]);
#[rustfmt::skip]
#[allow(clippy::approx_constant, reason = "a fitted weight may look like a constant")]
const WHOLE_PROSE: (f32, [f32; RESPONSE]) = (0.5837, [0.2870, 0.1236, 0.1124, -1.1057, 0.3832, 1.3697, -0.3230, 0.2523]);
#[rustfmt::skip]
#[allow(clippy::approx_constant, reason = "a fitted weight may look like a constant")]
const WHOLE_JSON: (f32, [f32; RESPONSE]) = (1.9647, [0.1359, -0.0637, 0.1105, 4.4322, 1.4811, 0.0958, -1.0803, 0.2482]);
const SLOPE: f32 = 0.4000;
const FITTED: [(Rule, f32); 18] = [
    (Rule::AmountAbsent, 1.0169),
    (Rule::Antonym, -0.2539),
    (Rule::AttributeDenied, 1.1780),
    (Rule::AttributeGiven, -0.4745),
    (Rule::AttributeOpen, 0.2244),
    (Rule::CalendarAbsent, 1.9667),
    (Rule::CitationAbsent, 1.4865),
    (Rule::CountAbsent, 0.5955),
    (Rule::DateAbsent, 0.8830),
    (Rule::HoursDiffer, 0.7904),
    (Rule::NameAbsent, 1.1731),
    (Rule::NamePartAbsent, 0.4436),
    (Rule::NumberAbsent, 0.4764),
    (Rule::NumberConflict, 1.1826),
    (Rule::Polarity, -0.2539),
    (Rule::QuoteAbsent, 0.4298),
    (Rule::ReferenceAbsent, 0.0504),
    (Rule::TimeAbsent, 1.3948),
];
