//! One sentence, read once for all signals.

use crate::claims::{Claim, Form};
use crate::evidence::{Evidence, Match, Scratch};
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
    pub quantities: Vec<Quantity>,
    pub names: Vec<Name>,
    /// Calculations shown.
    pub equations: Vec<Equation>,
    pub references: Vec<Reference>,
    /// Distinct stems of content words and numbers, in order of appearance.
    pub stems: Vec<u32>,
    /// The evidence sentence it comes closest to.
    pub closest: Match,
}

impl<'c> Analysis<'c> {
    /// Reads a claim.
    pub(crate) fn new(claim: &'c Claim, evidence: &Evidence, scratch: &mut Scratch) -> Self {
        let text = claim.text.as_str();
        let mut tokens = Vec::with_capacity(text.len() / 5 + 1);
        tokenize(text, &mut tokens);
        let references = references::find(text, &tokens);
        let speech = speech(text, &tokens);
        let masked = |t: &Token| {
            t.start < claim.marker
                || references.iter().any(|r| r.hides_words() && t.start < r.end && r.start < t.end)
        };
        tokens.retain(|t| !masked(t));
        let mut quantities = Vec::new();
        quantity::scan(text, &tokens, &mut quantities);
        let names = names::find(claim, &tokens);
        let mut stems: Vec<u32> = Vec::with_capacity(tokens.len());
        for token in tokens.iter().filter(|t| t.is_content()) {
            if !stems.contains(&token.stem) && stems.len() < 64 {
                stems.push(token.stem);
            }
        }
        let closest = evidence.index().closest(&stems, scratch);
        let equations = arithmetic::equations(text);
        Self { claim, text, speech, tokens, quantities, names, equations, references, stems, closest }
    }

    /// Whether it states something that can be checked.
    pub(crate) fn is_claim(&self) -> bool {
        let form = !matches!(self.claim.form, Form::Code | Form::Heading);
        form && self.speech == Speech::Claim && !self.tokens.is_empty()
    }
}
