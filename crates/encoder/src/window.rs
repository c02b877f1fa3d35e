//! What the encoder reads at a time: question and evidence on one side, the sentence and what stands before it on the other.

use crate::tokenizer::{BEGIN, SEPARATOR, Token};

/// Tokens of a window.
pub(crate) const MAX_TOKENS: usize = 256;
/// Tokens of the sentence in one window.
pub(crate) const MAX_SENTENCE: usize = 88;
/// Tokens of the answer before the sentence.
pub(crate) const MAX_BEFORE: usize = 32;
/// `[CLS]`, and `[SEP]` after each side.
pub(crate) const MARKS: usize = 3;

/// One input of the encoder: `[CLS] question evidence [SEP] before sentence [SEP]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    ids: Vec<u16>,
    question: usize,
    response: usize,
    sentence: usize,
    ranges: Vec<(usize, usize)>,
    evidence: Vec<u32>,
}

impl Window {
    /// Token ids, 256 at most.
    #[must_use]
    pub fn ids(&self) -> &[u16] {
        &self.ids
    }

    /// Tokens of the question; they follow the first one.
    #[must_use]
    pub fn question(&self) -> usize {
        self.question
    }

    /// Where the answer's side begins; tokens from there on are of type 1, those before of type 0.
    #[must_use]
    pub fn response(&self) -> usize {
        self.response
    }

    /// Where the sentence's own tokens begin. They end before the last token.
    #[must_use]
    pub fn sentence(&self) -> usize {
        self.sentence
    }

    /// Of each of the sentence's tokens: first scalar value in the sentence and one past the last.
    #[must_use]
    pub fn ranges(&self) -> &[(usize, usize)] {
        &self.ranges
    }

    /// Numbers of the evidence's segments that are shown, ascending.
    #[must_use]
    pub fn evidence(&self) -> &[u32] {
        &self.evidence
    }

    pub(crate) fn showing(mut self, evidence: Vec<u32>) -> Self {
        self.evidence = evidence;
        self
    }
}

/// Where the windows of a sentence begin and end among its tokens: as even as may be, so that none is left with a word or two.
pub(crate) fn pieces(tokens: &[Token]) -> impl Iterator<Item = (usize, usize)> + use<> {
    let length = tokens.len();
    let count = length.div_ceil(MAX_SENTENCE);
    (0..count).map(move |n| (length * n / count, length * (n + 1) / count))
}

/// Puts a window together.
pub(crate) fn build<'e>(
    question: &[u16],
    evidence: impl Iterator<Item = &'e [u16]>,
    before: &[u16],
    sentence: &[Token],
) -> Window {
    let mut ids = Vec::with_capacity(MAX_TOKENS);
    ids.push(BEGIN);
    ids.extend_from_slice(question);
    evidence.for_each(|segment| ids.extend_from_slice(segment));
    ids.push(SEPARATOR);
    let response = ids.len();
    ids.extend_from_slice(before);
    let at = ids.len();
    ids.extend(sentence.iter().map(|t| t.id));
    ids.push(SEPARATOR);
    let ranges = sentence.iter().map(|t| (t.start as usize, t.end as usize)).collect();
    Window { ids, question: question.len(), response, sentence: at, ranges, evidence: Vec::new() }
}
