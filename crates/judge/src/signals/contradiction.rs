//! Sentences that say nearly what the evidence says, with the opposite sign or the opposite word.

use super::{Analysis, Finding, Rule, numbers};
use crate::evidence::Evidence;
use crate::text::{Class, Token, stem, tokenize};

/// Overlap from which on a missing or added negation is a contradiction rather than another statement.
const SAME_STATEMENT: f32 = 0.8;

/// Opposites of which one stands where the evidence has the other.
#[rustfmt::skip]
const OPPOSITES: [(&str, &str); 40] = [
    ("increase", "decrease"), ("increased", "decreased"), ("rise", "fall"), ("rose", "fell"), ("rising", "falling"), ("higher", "lower"),
    ("high", "low"), ("more", "fewer"), ("more", "less"), ("most", "least"), ("before", "after"), ("above", "below"), ("open", "closed"),
    ("open", "close"), ("accept", "reject"), ("accepted", "rejected"), ("approved", "denied"), ("approve", "deny"), ("allowed", "prohibited"),
    ("allowed", "forbidden"), ("legal", "illegal"), ("guilty", "innocent"), ("alive", "dead"), ("win", "lose"), ("won", "lost"), ("include", "exclude"),
    ("included", "excluded"), ("enabled", "disabled"), ("enable", "disable"), ("safe", "unsafe"), ("safe", "dangerous"), ("positive", "negative"),
    ("buy", "sell"), ("early", "late"), ("first", "last"), ("hot", "cold"), ("mandatory", "optional"), ("required", "optional"), ("success", "failure"),
    ("male", "female"),
];

/// Adds a finding when the closest sentence contradicts this one.
pub(crate) fn find(analysis: &Analysis<'_>, evidence: &Evidence, out: &mut Vec<Finding>) {
    let index = evidence.index();
    let Some(number) = analysis.closest.sentence else { return };
    let Some(sentence) = index.get(number) else { return };
    let overlap = numbers::topic_overlap(analysis, evidence);
    // The evidence sentence must not say much more than the claim: its negation could belong to the rest.
    let comparable = sentence.words as f32 <= analysis.stems.len() as f32 * 1.6 + 2.0;
    if overlap < SAME_STATEMENT || !comparable || analysis.stems.len() < 4 {
        return;
    }
    let source = &evidence.sources()[sentence.source as usize].text;
    let mut there: Vec<Token> = Vec::new();
    let theirs = &source[sentence.start..sentence.end];
    tokenize(theirs, &mut there);
    let count = |tokens: &[Token]| tokens.iter().filter(|t| t.class.has(Class::NEGATION)).count();
    let (here_negations, there_negations) = (count(&analysis.tokens), count(&there));
    let reference = index.reference(number);
    if here_negations % 2 != there_negations % 2 && here_negations.abs_diff(there_negations) == 1 {
        let at = analysis.tokens.iter().find(|t| t.class.has(Class::NEGATION));
        let (start, end) = at.map_or_else(|| body(analysis), |t| (t.start, clause_end(analysis, t)));
        out.push(Finding { start, end, rule: Rule::Polarity, evidence: reference });
        return;
    }
    for token in analysis.tokens.iter().filter(|t| !there.iter().any(|o| o.stem == t.stem)) {
        let word = token.of(analysis.text).to_lowercase();
        if let Some(opposite) = opposite(&word, theirs, &there, &analysis.tokens) {
            let _ = opposite;
            out.push(Finding {
                start: token.start,
                end: token.end,
                rule: Rule::Antonym,
                evidence: reference,
            });
            return;
        }
    }
}

/// The opposite of `word` that the evidence sentence uses and the claim does not.
fn opposite(word: &str, theirs: &str, there: &[Token], here: &[Token]) -> Option<&'static str> {
    let root = |w: &str| w[..stem::stem(w.as_bytes()).0].to_owned();
    let mine = root(word);
    let candidates = OPPOSITES.iter().filter_map(|(a, b)| {
        if root(a) == mine {
            Some(*b)
        } else if root(b) == mine {
            Some(*a)
        } else {
            None
        }
    });
    candidates.into_iter().find(|other| {
        let other = root(other);
        let is = |t: &&Token| root(&t.of(theirs).to_lowercase()) == other;
        there.iter().find(is).is_some_and(|t| !here.iter().any(|h| h.stem == t.stem))
    })
}

/// The sentence without its marker.
fn body(analysis: &Analysis<'_>) -> (usize, usize) {
    let first = analysis.tokens.first().map_or(0, |t| t.start);
    (first, analysis.tokens.last().map_or(analysis.text.len(), |t| t.end))
}

/// The end of the clause that a token begins.
fn clause_end(analysis: &Analysis<'_>, token: &Token) -> usize {
    let rest = &analysis.text[token.end..];
    let stop = rest.find([',', ';', '.', '(']).map_or(analysis.text.len(), |at| token.end + at);
    let last = analysis.tokens.iter().rev().find(|t| t.end <= stop);
    last.map_or(token.end, |t| t.end.max(token.end))
}
