//! The answer's claims: sentences, list items, table rows and JSON values with their places, settled as the text arrives.
//!
//! Any split of the text gives the same claims: every decision needs at most the next few characters, and waits for them.

mod boundary;
mod classify;
mod json;
mod prose;
mod splitter;

pub(crate) use boundary::ends_sentence;
pub(crate) use splitter::Splitter;

/// What a claim is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A sentence of running text.
    Sentence,
    /// A sentence that begins a list item.
    Item,
    /// A heading, a label, or a line that introduces what follows (`Here are the steps:`).
    Heading,
    /// A table row.
    Row,
    /// A line of a code block, or its fence.
    Code,
    /// A string of a JSON answer (or a sentence of one).
    JsonText,
    /// A number, boolean or null of a JSON answer.
    JsonScalar,
}

/// One claim.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Claim {
    /// First scalar value in the choice's text.
    pub start: usize,
    /// Its text, list marker included, escapes of JSON strings resolved.
    pub text: String,
    /// How it is written.
    pub form: Form,
    /// Bytes of `text` taken by a list marker or heading mark.
    pub marker: usize,
    /// Spaces before it on its line.
    pub indent: usize,
    /// The JSON key it stands under.
    pub key: Option<String>,
    /// Where escapes shift the offsets: from that scalar value of `text` on, the answer's offset is this. Empty: no escapes.
    pub shifts: Vec<(usize, usize)>,
}

impl Claim {
    /// The answer's offset of a scalar value of `text`.
    pub(crate) fn offset(&self, at: usize) -> usize {
        match self.shifts.iter().rev().find(|(from, _)| *from <= at) {
            Some((from, offset)) => offset + (at - from),
            None => self.start + at,
        }
    }
}

#[cfg(test)]
mod tests;
