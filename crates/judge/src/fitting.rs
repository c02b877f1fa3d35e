//! What the fitting tool (`examples/features.rs`, `fit/`) sees of the inside: features and findings before any weight is put
//! on them. Not for other callers; changes whenever a signal does.

use agentguard_encoder::{Tokenizer, Window};

use crate::claims::{Claim, Form, Splitter};
use crate::encoding::{Before, ground};
use crate::evidence::Evidence;
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
    let claims = claims(evidence, answer);
    let mut before = grounding::Before::default();
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

/// A window of the encoder over a sentence of an answer, or over several.
#[derive(Clone, Debug)]
pub struct SentenceWindow {
    /// The first of its claims, code not counted.
    pub claim: usize,
    /// The window.
    pub window: Window,
    /// Of each of the sentence's tokens: first scalar value in the answer and one past the last.
    pub places: Vec<(usize, usize)>,
}

/// Tokens of the sentences that share a window in training.
const MAX_GROUP: usize = 80;

/// The encoder's windows over an answer, as the session makes them: one or more per sentence. `grouped`: of neighbouring sentences
/// together as long as they fit, which trains on the same tokens at less than half the cost.
#[must_use]
pub fn windows(
    evidence: &Evidence,
    tokenizer: &Tokenizer,
    answer: &str,
    grouped: bool,
) -> Vec<SentenceWindow> {
    let ground = ground(tokenizer, evidence);
    let claims: Vec<Claim> = claims(evidence, answer).into_iter().filter(|c| c.form != Form::Code).collect();
    let mut before = Before::default();
    let mut found = Vec::new();
    let mut at = 0;
    while at < claims.len() {
        let mut tokens = 0;
        let fits = |claim: &&Claim| {
            tokens += tokenizer.tokens(&claim.text).len();
            tokens <= MAX_GROUP && claim.key.is_none()
        };
        let count = if grouped { claims[at..].iter().take_while(fits).count().max(1) } else { 1 };
        let group = &claims[at..at + count];
        let mut text = String::new();
        // Where each claim begins in the text.
        let mut starts = Vec::new();
        for claim in group {
            if !text.is_empty() {
                text.push(' ');
            }
            starts.push(chars::count(&text));
            text.push_str(&claim.text);
        }
        let offset = |at: usize| {
            let claim = starts.partition_point(|start| *start <= at) - 1;
            group[claim].offset(at - starts[claim])
        };
        for window in ground.windows(tokenizer, &before.of(&group[0]), &text) {
            let places =
                window.ranges().iter().map(|(from, to)| (offset(*from), offset(to - 1) + 1)).collect();
            found.push(SentenceWindow { claim: at, window, places });
        }
        group.iter().for_each(|claim| before.push(claim));
        at += count;
    }
    found
}

fn claims(evidence: &Evidence, answer: &str) -> Vec<Claim> {
    let mut splitter = Splitter::new(evidence.expects_json());
    let mut claims: Vec<Claim> = Vec::new();
    splitter.push(answer, &mut |claim| claims.push(claim));
    splitter.finish(&mut |claim| claims.push(claim));
    claims
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
