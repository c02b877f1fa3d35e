//! Rules and encoder together: one log-odds a sentence, one risk a response. Fitted by `fit/fusion.py`.

use super::sigmoid;
use super::weights_fused::{ALONE, RESPONSE, SENTENCE};
use crate::session::Reading;

/// Tokens whose mean stands for the worst of a sentence.
const WORST: usize = 3;
/// Probabilities are held this far from 0 and 1.
const SURE: f32 = 1e-4;
/// The rules' log-odds are held within this.
const CERTAIN: f32 = 6.0;

/// The log-odds that a sentence holds something unsupported. `rules`: the rules' own; `None`: they are switched off. `json`: the
/// evidence is structured, which matters only then: beside the rules the encoder reads answers from prose alone.
pub(crate) fn sentence(rules: Option<f32>, reading: &Reading, json: bool) -> f32 {
    let mut worst = [0.0_f32; WORST];
    for token in &reading.tokens {
        let at = worst.partition_point(|risk| *risk >= token.risk);
        if at < WORST {
            worst[at..].rotate_right(1);
            worst[at] = token.risk;
        }
    }
    let count = reading.tokens.len().clamp(1, WORST);
    let worst = worst.iter().sum::<f32>() / count as f32;
    let weights = if rules.is_some() { &SENTENCE } else { &ALONE[usize::from(json)] };
    let rules = rules.unwrap_or(0.0).clamp(-CERTAIN, CERTAIN);
    dot(weights, &[1.0, rules, logit(reading.sentence), logit(worst)])
}

/// The risk of a response from the three highest log-odds of its sentences, the chance that any of them is unsupported, how many
/// there are, and its risk by the rules alone.
pub(crate) fn response(top: &[f32; 3], any: f32, sentences: f32, rules: f32) -> f32 {
    let rules = logit(rules).clamp(-CERTAIN, CERTAIN);
    let inputs = [1.0, top[0], top[1], top[2], any, sentences.ln(), rules];
    sigmoid(dot(&RESPONSE, &inputs))
}

fn logit(p: f32) -> f32 {
    let p = p.clamp(SURE, 1.0 - SURE);
    (p / (1.0 - p)).ln()
}

fn dot<const N: usize>(weights: &[f32; N], inputs: &[f32; N]) -> f32 {
    weights.iter().zip(inputs).map(|(w, x)| w * x).sum()
}
