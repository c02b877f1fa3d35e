//! One sentence, read once for all signals.

use crate::claims::{Claim, Form};
use crate::evidence::{self, Evidence, Match};
use crate::quantity::{self, Quantity};
use crate::text::{Token, tokenize};

use super::arithmetic::{self, Equation};
use super::names::{self, Name};
use super::references::{self, Reference};
use super::speech::{Speech, speech};

/// A claim with everything that the signals look at.
#[derive(Debug)]
pub(crate) struct Analysis<'c> {
    pub claim: &'c Claim,
    /// The claim's text.
    pub text: &'c str,
    pub speech: Speech,
    /// Words and numbers outside the marker, URLs and inline code.
    pub tokens: Vec<Token>,
    /// For each token, whether the evidence holds the word or another form of it.
    pub known: Vec<bool>,
    pub quantities: Vec<Quantity>,
    /// For each quantity, the evidence sentence that supports it.
    pub supports: Vec<Option<u32>>,
    pub names: Vec<Name>,
    /// Calculations shown.
    pub equations: Vec<Equation>,
    pub references: Vec<Reference>,
    /// Distinct stems of content words and numbers, in order of appearance.
    pub stems: Vec<u32>,
    /// The evidence sentence it comes closest to.
    pub closest: Match,
}

/// Memory that is used again from claim to claim.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    closest: evidence::Scratch,
    tokens: Vec<Token>,
    known: Vec<bool>,
    quantities: Vec<Quantity>,
    supports: Vec<Option<u32>>,
    names: Vec<Name>,
    stems: Vec<u32>,
}

impl Scratch {
    /// Takes back the memory of a claim that has been judged.
    pub(crate) fn reuse(&mut self, analysis: Analysis<'_>) {
        self.tokens = analysis.tokens;
        self.known = analysis.known;
        self.quantities = analysis.quantities;
        self.supports = analysis.supports;
        self.names = analysis.names;
        self.stems = analysis.stems;
    }
}

impl<'c> Analysis<'c> {
    /// Reads a claim.
    pub(crate) fn new(claim: &'c Claim, evidence: &Evidence, scratch: &mut Scratch) -> Self {
        let text = claim.text.as_str();
        let mut tokens = emptied(&mut scratch.tokens);
        tokenize(text, &mut tokens);
        let references = references::find(text, &tokens);
        let speech = speech(text, &tokens);
        let masked = |t: &Token| {
            t.start < claim.marker
                || references.iter().any(|r| r.hides_words() && t.start < r.end && r.start < t.end)
        };
        if claim.marker > 0 || !references.is_empty() {
            tokens.retain(|t| !masked(t));
        }
        let mut known = emptied(&mut scratch.known);
        known.extend(tokens.iter().map(|t| evidence.index().has_word(t)));
        let mut quantities = emptied(&mut scratch.quantities);
        quantity::scan(text, &tokens, &mut quantities);
        let mut supports = emptied(&mut scratch.supports);
        supports.extend(quantities.iter().map(|q| evidence.facts().support(q)));
        let mut names = emptied(&mut scratch.names);
        names::find(claim, &tokens, &mut names);
        let mut stems = emptied(&mut scratch.stems);
        for token in tokens.iter().filter(|t| t.is_content()) {
            if stems.len() < MAX_STEMS && !stems.contains(&token.stem) {
                stems.push(token.stem);
            }
        }
        let closest = evidence.index().closest(&stems, &mut scratch.closest);
        let equations = arithmetic::equations(text);
        Self {
            claim,
            text,
            speech,
            tokens,
            known,
            quantities,
            supports,
            names,
            equations,
            references,
            stems,
            closest,
        }
    }

    /// Whether it states something that can be checked.
    pub(crate) fn is_claim(&self) -> bool {
        let form = !matches!(self.claim.form, Form::Code | Form::Heading);
        form && self.speech == Speech::Claim && !self.tokens.is_empty()
    }
}

/// Stems by which the closest sentence is sought.
const MAX_STEMS: usize = 64;

fn emptied<T>(memory: &mut Vec<T>) -> Vec<T> {
    let mut taken = std::mem::take(memory);
    taken.clear();
    taken
}
