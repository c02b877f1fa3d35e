//! What was said, in pieces: the words and numbers of a text however they are written there.

use crate::text::hash;
use crate::text::lexicon::{self, Class};
use crate::text::pieces::{Piece, Word, pieces};
use crate::text::set::Set;

/// Letters of a said word that another may go on from: `comedy` for "comedies", not `fromage` for "from".
const LEAST_BEGINNING: usize = 4;

/// Words and numbers of a text.
#[derive(Debug, Default)]
pub(crate) struct Said {
    words: Set,
    /// The first letters of longer words.
    beginnings: Set,
    /// By the hash of their bits.
    numbers: Set,
    /// The last different ones.
    latest: Vec<f64>,
    foreign: bool,
}

/// Numbers that are calculated with.
const LATEST: usize = 12;

impl Said {
    /// Adds a text.
    pub(crate) fn add(&mut self, text: &str) {
        pieces(text, |piece| match piece {
            Piece::Word(word) => {
                self.words.insert(word.hash);
                word.beginnings.into_iter().flatten().for_each(|hash| self.beginnings.insert(hash));
                self.foreign |= word.foreign && word.letters > 1;
            }
            Piece::Sign(sign) => self.words.insert(sign_hash(sign)),
            Piece::Number(number) => self.number(number),
        });
    }

    fn number(&mut self, text: &str) {
        // `1,250` is one number or two, `192.168.0.1` are four.
        let whole = text.replace(',', "").parse::<f64>().ok();
        let decimal = text.replace(',', ".").parse::<f64>().ok();
        let parts = text.split(',').filter_map(|part| part.parse::<f64>().ok());
        let fields = text.split(['.', ',']).filter_map(|part| part.parse::<f64>().ok());
        let fields = whole.is_none().then_some(fields).into_iter().flatten();
        for value in whole.into_iter().chain(decimal).chain(parts).chain(fields) {
            self.numbers.insert(number_hash(value));
        }
        if let Some(value) = whole.filter(|value| !self.latest.contains(value)) {
            if self.latest.len() == LATEST {
                self.latest.remove(0);
            }
            self.latest.push(value);
        }
    }

    /// Whether the word, a longer one that begins with it, or a shorter one that it goes on from was said.
    pub(crate) fn has(&self, word: &Word<'_>) -> bool {
        self.words.has(word.hash)
            || word.letters >= 3 && self.beginnings.has(word.hash)
            || word.beginnings.iter().flatten().zip(3..).any(|(beginning, letters)| {
                letters >= LEAST_BEGINNING
                    && self.words.has(*beginning)
                    && !lexicon::class(*beginning).has(Class::STOP)
            })
            || word.beginnings[2].is_some_and(|beginning| self.beginnings.has(beginning))
    }

    /// Whether the word with that hash was said as it is.
    pub(crate) fn has_hash(&self, hash: u32) -> bool {
        self.words.has(hash)
    }

    /// Whether the number was said.
    pub(crate) fn has_number(&self, value: f64) -> bool {
        self.numbers.has(number_hash(value))
    }

    /// The last dozen numbers that differ.
    pub(crate) fn latest(&self) -> &[f64] {
        &self.latest
    }

    /// Whether any of it is in letters other than Latin ones.
    pub(crate) fn is_foreign(&self) -> bool {
        self.foreign
    }
}

fn number_hash(value: f64) -> u32 {
    hash::bytes(&value.to_bits().to_be_bytes())
}

/// The hash of a sign that stands for a word.
pub(crate) fn sign_hash(sign: char) -> u32 {
    let mut buffer = [0; 4];
    hash::bytes(sign.encode_utf8(&mut buffer).as_bytes())
}
