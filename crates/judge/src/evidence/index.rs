//! The lexical index: which words and word sequences the evidence holds, and in which sentence.

mod build;
mod initials;
mod postings;

pub(super) use build::Builder;
pub(crate) use postings::{Match, Scratch};

use self::initials::Initials;
use self::postings::Postings;
use crate::text::set::Set;
use crate::text::{Token, hash};

/// One sentence of the evidence. Offsets fit 32 bits: the evidence's memory budget is far smaller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sentence {
    /// Which source.
    pub source: u32,
    /// First byte in the source's text.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// First scalar value.
    pub char_start: u32,
    /// Distinct content stems.
    pub words: u32,
    /// The first sentence that reads the same: itself, mostly. Only that one is indexed.
    pub original: u32,
    /// Negated verbs.
    pub denials: u16,
    /// It holds a negation.
    pub negated: bool,
    /// Another one reads the same.
    pub twin: bool,
    /// Instructions: it states a fact instead of telling the model what to do.
    pub states: bool,
}

/// The index.
#[derive(Debug, Default)]
pub(crate) struct Index {
    sentences: Vec<Sentence>,
    /// Only of sentences that prove something.
    postings: Postings,
    raws: Set,
    pairs: Set,
    triples: Set,
    /// First four letters of words that begin with a capital.
    roots: Set,
    /// First five letters of content words.
    beginnings: Set,
    initials: Initials,
    bytes: usize,
    json_bytes: usize,
}

impl Index {
    /// Whether the word, or another form of it, is there.
    pub(crate) fn has_word(&self, token: &Token) -> bool {
        self.postings.has(token.stem) || self.raws.has(token.raw)
    }

    /// Whether a word with this hash is there as it is.
    pub(crate) fn has_raw(&self, raw: u32) -> bool {
        self.raws.has(raw)
    }

    /// Whether a capitalised word begins with the same four letters.
    pub(crate) fn has_root(&self, word: &str) -> bool {
        hash::root(word).is_some_and(|root| self.roots.has(root))
    }

    /// Whether a content word begins with the same five letters.
    pub(crate) fn has_beginning(&self, word: &str) -> bool {
        hash::beginning(word).is_some_and(|letters| self.beginnings.has(letters))
    }

    /// Whether a sentence that proves something holds both stems.
    pub(crate) fn together(&self, a: u32, b: u32) -> bool {
        self.postings.together(a, b)
    }

    /// Whether the two stems stand side by side.
    pub(crate) fn has_pair(&self, a: &Token, b: &Token) -> bool {
        self.pairs.has(hash::join(a.stem, b.stem))
    }

    /// Whether the three stems stand in a row.
    pub(crate) fn has_triple(&self, a: &Token, b: &Token, c: &Token) -> bool {
        self.triples.has(hash::join(hash::join(a.stem, b.stem), c.stem))
    }

    /// Whether the words of the evidence, somewhere in a row, begin with these lower-case letters, six at most.
    pub(crate) fn has_initials(&self, letters: &str) -> bool {
        self.initials.has(letters)
    }

    /// Sentences.
    pub(crate) fn len(&self) -> usize {
        self.sentences.len()
    }

    /// Bytes of text that something can follow from.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether most of it is JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json_bytes * 2 > self.bytes
    }

    /// A sentence by number.
    pub(crate) fn get(&self, number: u32) -> Option<&Sentence> {
        self.sentences.get(number as usize)
    }

    /// All sentences, in order.
    pub(crate) fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }

    /// Whether that sentence holds the stem.
    pub(crate) fn holds(&self, sentence: u32, stem: u32) -> bool {
        self.postings.holds(sentence, stem)
    }
}
