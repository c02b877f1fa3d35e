//! What the fitting tool (`examples/features.rs`, `fit/`) sees of the inside: features and findings before any weight is put
//! on them. Not for other callers; changes whenever a signal does.

use crate::claims::{Claim, Form, Splitter};
use crate::evidence::Evidence;
use crate::signals::grounding::Before;
use crate::signals::speech::Speech;
use crate::signals::{Analysis, Scratch, examine, grounding};
use crate::text::{chars, stem, tokenize};

/// A sentence of an answer.
#[derive(Clone, Debug)]
pub struct Row {
    /// First scalar value in the answer.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// The features; empty when the sentence has no score.
    pub features: Vec<f32>,
    /// Rule, first scalar value and one past the last of every finding.
    pub findings: Vec<(String, usize, usize)>,
}

/// Names of the features.
#[must_use]
pub fn feature_names() -> &'static [&'static str] {
    &grounding::NAMES
}

/// The claims of an answer, as the session sees them.
#[must_use]
pub fn rows(evidence: &Evidence, answer: &str) -> Vec<Row> {
    let mut splitter = Splitter::new(evidence.expects_json());
    let mut claims: Vec<Claim> = Vec::new();
    splitter.push(answer, &mut |claim| claims.push(claim));
    splitter.finish(&mut |claim| claims.push(claim));
    let mut before = Before::default();
    let mut scratch = Scratch::default();
    let mut rows = Vec::new();
    for claim in claims.iter().filter(|c| c.form != Form::Code) {
        let analysis = Analysis::new(claim, evidence, &mut scratch);
        before.refused |= analysis.speech == Speech::Refusal;
        let end = claim.offset(chars::count(&claim.text));
        let mut row = Row { start: claim.offset(0), end, features: Vec::new(), findings: Vec::new() };
        if analysis.is_claim() {
            let examined = examine::examine(&analysis, evidence, &mut before);
            row.features = examined.features.map(Vec::from).unwrap_or_default();
            for finding in examined.findings {
                let (start, end) = chars::range(&claim.text, finding.start, finding.end);
                row.findings.push((format!("{:?}", finding.rule), claim.offset(start), claim.offset(end)));
            }
        }
        rows.push(row);
    }
    rows
}

/// The stems of a text's words, as text.
#[must_use]
pub fn stems(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    tokenize(text, &mut tokens);
    let words = tokens.iter().map(|t| t.of(text).to_lowercase());
    words
        .filter(|w| w.is_ascii())
        .map(|word| {
            let word = word.strip_suffix("'s").unwrap_or(&word);
            let (length, letter) = stem::stem(word.as_bytes());
            let mut stem = word[..length].to_owned();
            stem.extend(letter.map(char::from));
            stem
        })
        .collect()
}
