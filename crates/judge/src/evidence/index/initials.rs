//! First letters of the evidence's words, in which acronyms are sought.

use std::sync::OnceLock;

/// The letters, a line per sentence: of all words, and of all but function words.
#[derive(Debug, Default)]
pub(super) struct Initials {
    all: String,
    content: String,
    /// For long texts: the letters from each place on, as far as an acronym reaches, in order.
    sorted: OnceLock<Vec<u32>>,
}

/// Letters of the longest acronym sought.
const LONGEST: usize = 6;
/// Up to so many letters the text itself is searched.
const SHORT: usize = 2_048;
/// Bits of a letter; 0 is no letter.
const BITS: usize = 5;

impl Initials {
    /// Adds a word that begins with that byte (in lower case).
    pub(super) fn word(&mut self, first: u8, content: bool) {
        let letter = if first.is_ascii() { first as char } else { '\u{1}' };
        self.all.push(letter);
        if content {
            self.content.push(letter);
        }
    }

    /// Ends a sentence.
    pub(super) fn end(&mut self) {
        self.all.push('\n');
        self.content.push('\n');
    }

    pub(super) fn seal(&mut self) {
        self.all.shrink_to_fit();
        self.content.shrink_to_fit();
    }

    /// Whether words somewhere in a row begin with these lower-case ASCII letters, six at most.
    pub(super) fn has(&self, letters: &str) -> bool {
        if self.all.len() <= SHORT {
            let has = |text: &str| memchr::memmem::find(text.as_bytes(), letters.as_bytes()).is_some();
            return has(&self.all) || has(&self.content);
        }
        let sorted = self.sorted.get_or_init(|| self.sort());
        let rest = BITS * LONGEST.saturating_sub(letters.len());
        let sought = packed(letters.bytes());
        let first = sorted.partition_point(|known| *known < sought);
        sorted.get(first).is_some_and(|known| known >> rest == sought >> rest)
    }

    fn sort(&self) -> Vec<u32> {
        let places = |text: &str| -> Vec<u32> {
            let bytes = text.as_bytes();
            (0..bytes.len()).map(|at| packed(bytes[at..].iter().copied())).collect()
        };
        let mut sorted = [places(&self.all), places(&self.content)].concat();
        sorted.sort_unstable();
        sorted.dedup();
        sorted.shrink_to_fit();
        sorted
    }
}

/// The first letters as one number, in the order of the letters.
fn packed(letters: impl Iterator<Item = u8>) -> u32 {
    let bits = |letter: u8| if letter.is_ascii_lowercase() { u32::from(letter - b'a') + 1 } else { 0 };
    letters.chain(std::iter::repeat(0)).take(LONGEST).fold(0, |sum, letter| sum << BITS | bits(letter))
}

#[cfg(test)]
mod tests;
