//! What the encoder is given: the evidence's segments, and the end of the answer before each sentence.

use std::borrow::Cow;
use std::sync::Arc;

use agentguard_encoder::{Ground, Tokenizer, Window};

use crate::Evidence;
use crate::claims::Claim;
use crate::text::chars;

/// The evidence as the encoder reads it. Costs time in proportion to its text.
pub(crate) fn ground(tokenizer: &Tokenizer, evidence: &Evidence) -> Ground {
    let segments = evidence.segments();
    Ground::new(tokenizer, evidence.asked(), segments.iter().map(|segment| &*segment.text))
}

/// The evidence of one exchange, ready for the encoder.
#[derive(Debug)]
pub(crate) struct Encoding {
    tokenizer: Arc<Tokenizer>,
    ground: Ground,
    /// Of the model that reads it.
    version: Arc<str>,
}

impl Encoding {
    /// Costs time in proportion to the evidence's text.
    pub(crate) fn new(tokenizer: Arc<Tokenizer>, version: Arc<str>, evidence: &Evidence) -> Self {
        let ground = ground(&tokenizer, evidence);
        Self { tokenizer, ground, version }
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The windows of a claim; none where there is nothing to hold it against.
    pub(crate) fn windows(&self, before: &Before, claim: &Claim) -> Vec<Window> {
        if self.ground.is_empty() {
            return Vec::new();
        }
        self.ground.windows(&self.tokenizer, &before.of(claim), &claim.text)
    }
}

/// Bytes of the answer kept; more than the encoder shows.
const KEPT: usize = 480;

/// The end of the answer before a sentence.
#[derive(Debug, Default)]
pub(crate) struct Before(String);

impl Before {
    /// What stands before this claim: the sentences before it and, of a JSON answer, its key.
    pub(crate) fn of(&self, claim: &Claim) -> Cow<'_, str> {
        claim.key.as_ref().map_or(Cow::Borrowed(&self.0), |key| format!("{} {key}:", self.0).into())
    }

    /// Adds the claim to what stands before the next one.
    pub(crate) fn push(&mut self, claim: &Claim) {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0.push_str(&claim.text);
        let over = self.0.len().saturating_sub(KEPT);
        let cut = chars::floor(&self.0, over);
        self.0.drain(..cut);
    }
}
