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

// ---- tables, made by `fit/fit.py`: do not edit by hand.

#[rustfmt::skip]
#[allow(clippy::approx_constant, reason = "a fitted weight may look like a constant")]
const PROSE: (f32, [f32; FEATURES]) = (-1.5095, [1.0392, 0.0517, 0.4156, 0.1705, 0.5573, 1.8127, 0.3933, -1.2388, -0.0585, -0.7835, 0.1735, 0.8162, 0.0596, 0.1081, 0.4002, -0.2200, -0.0144, -0.0012, -0.2843, 0.7467, 0.2397, -0.7745, -0.1506, 0.5576, 0.2628, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, -0.3565, -0.9423, 0.0754, -0.6032, 0.0000, -0.2625]);
#[rustfmt::skip]
#[allow(clippy::approx_constant, reason = "a fitted weight may look like a constant")]
const JSON: (f32, [f32; FEATURES]) = (-5.4178, [0.2108, 0.1149, -0.7147, 1.2000, 0.2281, 3.6170, -1.8508, -1.7942, 0.0520, -0.5828, -0.4457, 3.6429, 0.4539, 0.0428, 1.0558, 0.6583, -0.0501, -0.1538, 0.1758, -2.4050, 1.6308, -2.3503, 1.7625, -0.1055, 0.4454, 0.0000, 4.1552, 2.8292, -0.2987, 0.9528, -0.9953, -0.5765, 0.0959, -0.5693, 5.1818, 0.0000]);
#[rustfmt::skip]
#[allow(clippy::approx_constant, reason = "a fitted weight may look like a constant")]
const WHOLE_PROSE: (f32, [f32; RESPONSE]) = (0.6078, [0.2968, 0.1231, 0.1126, -1.0987, 0.3914, 1.3043, -0.3212, 0.2507]);
#[rustfmt::skip]
#[allow(clippy::approx_constant, reason = "a fitted weight may look like a constant")]
const WHOLE_JSON: (f32, [f32; RESPONSE]) = (2.1782, [0.1204, -0.0583, 0.1351, 4.3107, 1.4334, 0.0128, -1.0883, 0.2770]);
const FITTED: [(Rule, f32, f32); 19] = [
    (Rule::AmountAbsent, 1.0114, 0.3538),
    (Rule::Antonym, -0.7434, 0.2446),
    (Rule::AttributeDenied, 1.3409, 0.3511),
    (Rule::AttributeGiven, -0.6463, 0.3133),
    (Rule::AttributeOpen, 0.0540, 0.6802),
    (Rule::CalendarAbsent, 1.7811, 0.0949),
    (Rule::CitationAbsent, 1.3157, 0.0801),
    (Rule::CountAbsent, 0.7208, 0.3439),
    (Rule::DateAbsent, 1.8658, 0.1954),
    (Rule::HoursDiffer, 1.2140, 0.2500),
    (Rule::NameAbsent, 1.3621, 0.6681),
    (Rule::NamePartAbsent, 0.5591, 0.5608),
    (Rule::NumberAbsent, 0.7290, 0.0875),
    (Rule::NumberConflict, 1.0310, 0.1185),
    (Rule::Polarity, -0.7434, 0.2446),
    (Rule::QuoteAbsent, 0.4884, 0.5007),
    (Rule::QuoteAttributed, 0.6436, 0.2595),
    (Rule::ReferenceAbsent, -0.3314, 0.2199),
    (Rule::TimeAbsent, 1.8693, 0.3399),
];
