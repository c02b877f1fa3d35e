//! All signals that hold a claim against the evidence, in order.

use super::grounding::{self, Before, Features};
use super::{Analysis, Finding, contradiction, entities, numbers, references, structured};
use crate::claims::Form;
use crate::evidence::Evidence;

/// Sentences of fewer words are too short for the sentence score.
const MIN_WORDS: usize = 3;

/// What the signals say of one claim.
#[derive(Debug, Default)]
pub(crate) struct Examined {
    pub findings: Vec<Finding>,
    /// `None`: too short, or no prose.
    pub features: Option<Features>,
}

/// Runs the signals.
pub(crate) fn examine(analysis: &Analysis<'_>, evidence: &Evidence, before: &mut Before) -> Examined {
    let mut findings = Vec::new();
    let tally = numbers::find(analysis, evidence, &mut before.shown, &mut findings);
    entities::find(analysis, evidence, &mut findings);
    references::judge(analysis, evidence, &mut findings);
    let said = structured::find(analysis, evidence, &mut findings);
    contradiction::find(analysis, evidence, &mut findings);
    let prose = matches!(analysis.claim.form, Form::Sentence | Form::Item | Form::JsonText);
    let scored = prose && analysis.tokens.len() >= MIN_WORDS;
    let features = scored.then(|| grounding::features(analysis, evidence, tally, said, &findings, before));
    before.note(analysis, findings.len(), features.as_ref());
    Examined { findings, features }
}
