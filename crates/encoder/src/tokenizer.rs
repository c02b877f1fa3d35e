//! WordPiece as the base model was trained with it (BERT, uncased), with the place of every token in the text.
//!
//! Text is cleaned of control characters, split at white space, punctuation and CJK characters, decomposed (NFD), stripped of
//! accents and lower-cased; every word is then cut into the longest pieces that the vocabulary holds (Schuster and Nakajima,
//! 2012; Devlin et al., arXiv 1810.04805). A library would do, were it not for the offsets: a span that is shown to a person
//! must begin and end at the right characters of the original text, accents, emoji and CJK included.

use std::collections::HashMap;

use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its row in the vocabulary.
    pub id: u16,
    /// First scalar value of the text.
    pub start: u32,
    /// One past the last.
    pub end: u32,
}

/// A word before it is cut into pieces.
#[derive(Debug, Default)]
pub(crate) struct Word {
    /// Lower case, without accents.
    pub text: String,
    /// For every byte of `text` that begins a character: where that character stands in the original text.
    places: Vec<u32>,
}

impl Word {
    fn push(&mut self, c: char, place: u32) {
        self.text.push(c);
        self.places.resize(self.text.len(), place);
    }

    fn clear(&mut self) {
        self.text.clear();
        self.places.clear();
    }
}

/// The vocabulary.
#[derive(Debug)]
pub struct Tokenizer {
    /// Pieces that begin a word.
    first: HashMap<Box<str>, u16>,
    /// Pieces that continue one, without their `##`.
    rest: HashMap<Box<str>, u16>,
    /// Bytes of the longest piece.
    longest: usize,
}

/// `[UNK]`, `[CLS]` and `[SEP]` of the vocabulary.
pub(crate) const UNKNOWN: u16 = 1;
pub(crate) const BEGIN: u16 = 2;
pub(crate) const SEPARATOR: u16 = 3;
/// A word of more characters is one unknown token.
const MAX_WORD: usize = 100;

/// The vocabulary of all-MiniLM-L6-v2 without its placeholders (`[unused…]`), a piece per line.
const VOCABULARY: &str = include_str!("../model/vocab.txt");

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Tokenizer {
    /// The tokenizer of the model that comes with this crate. Costs some milliseconds: make one and share it.
    #[must_use]
    pub fn new() -> Self {
        let (mut first, mut rest) = (HashMap::new(), HashMap::new());
        let mut longest = 0;
        for (id, piece) in (0..=u16::MAX).zip(VOCABULARY.lines()) {
            let (pieces, piece) = match piece.strip_prefix("##") {
                Some(piece) if !piece.is_empty() => (&mut rest, piece),
                _ => (&mut first, piece),
            };
            longest = longest.max(piece.len());
            pieces.insert(piece.into(), id);
        }
        Self { first, rest, longest }
    }

    /// The tokens of a text. Every character that is neither white space nor a control character belongs to one, accents apart.
    #[must_use]
    pub fn tokens(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::with_capacity(text.len() / 4);
        words(text, |word| self.pieces(word, &mut tokens));
        tokens
    }

    /// Cuts one word into pieces.
    pub(crate) fn pieces(&self, word: &Word, tokens: &mut Vec<Token>) {
        let (text, before) = (word.text.as_str(), tokens.len());
        let place = |byte: usize| word.places.get(byte).copied().unwrap_or_default();
        let (start, end) = (place(0), place(text.len().saturating_sub(1)) + 1);
        if text.chars().count() > MAX_WORD {
            tokens.push(Token { id: UNKNOWN, start, end });
            return;
        }
        let mut at = 0;
        while at < text.len() {
            let pieces = if at == 0 { &self.first } else { &self.rest };
            let mut to = text.len().min(at + self.longest);
            let found = loop {
                if text.is_char_boundary(to)
                    && let Some(id) = pieces.get(&text[at..to])
                {
                    break Some(*id);
                }
                to -= 1;
                if to == at {
                    break None;
                }
            };
            let Some(id) = found else {
                tokens.truncate(before);
                tokens.push(Token { id: UNKNOWN, start, end });
                return;
            };
            tokens.push(Token { id, start: place(at), end: place(to - 1) + 1 });
            at = to;
        }
    }
}

/// Calls `each` with every word of a text.
pub(crate) fn words(text: &str, mut each: impl FnMut(&Word)) {
    let mut word = Word::default();
    let mut flush = |word: &mut Word| {
        if !word.text.is_empty() {
            each(word);
            word.clear();
        }
    };
    for (place, c) in (0_u32..).zip(text.chars()) {
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase(), place);
        } else if c.is_whitespace() {
            flush(&mut word);
        } else if !is_removed(c) {
            let alone = is_cjk(c);
            unicode_normalization::char::decompose_canonical(c, |part| {
                if get_general_category(part) == Category::NonspacingMark {
                    return;
                }
                let splits = alone || is_punctuation(part);
                if splits {
                    flush(&mut word);
                }
                part.to_lowercase().for_each(|lower| word.push(lower, place));
                if splits {
                    flush(&mut word);
                }
            });
        }
    }
    flush(&mut word);
}

/// Characters that carry no text.
fn is_removed(c: char) -> bool {
    use Category::{Control, Format, PrivateUse, Surrogate, Unassigned};
    c == '\u{fffd}'
        || matches!(get_general_category(c), Control | Format | PrivateUse | Surrogate | Unassigned)
            && !c.is_ascii_graphic()
}

fn is_punctuation(c: char) -> bool {
    use Category::{
        ClosePunctuation, ConnectorPunctuation, DashPunctuation, FinalPunctuation, InitialPunctuation,
        OpenPunctuation, OtherPunctuation,
    };
    c.is_ascii_punctuation()
        || matches!(
            get_general_category(c),
            ConnectorPunctuation
                | DashPunctuation
                | OpenPunctuation
                | ClosePunctuation
                | InitialPunctuation
                | FinalPunctuation
                | OtherPunctuation
        )
}

/// CJK ideographs, which stand without spaces; the blocks that BERT's tokenizer splits.
fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}' | '\u{2a700}'..='\u{2b73f}'
        | '\u{2b740}'..='\u{2b81f}' | '\u{2b820}'..='\u{2ceaf}' | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests;
