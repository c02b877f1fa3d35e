//! From the encoder's tokens to words that a person would mark.

use super::waiting::Token;
use crate::signals::Analysis;

/// Tokens of this risk or more are marked, in a sentence that is suspicious as a whole. Set by hand, near the best of the grid that
/// `fit/fusion.py` prints (0.2).
pub(super) const MARKED: f32 = 0.2;

/// The byte ranges that are marked in a sentence's text: whole words, with what stands between two of them when that is no content.
pub(super) fn of(analysis: &Analysis<'_>, tokens: &[Token]) -> Vec<(usize, usize)> {
    let mut marked = Marked { tokens, letters: analysis.text.char_indices().enumerate(), at: (0, 0) };
    let mut parts: Vec<(usize, usize)> = Vec::new();
    // Whether only words without content came since the last marked one.
    let mut near = false;
    for word in &analysis.tokens {
        if marked.any(word.start, word.end) {
            match parts.last_mut().filter(|_| near) {
                Some(part) => part.1 = word.end,
                None => parts.push((word.start, word.end)),
            }
            near = true;
        } else if word.is_content() {
            near = false;
        }
    }
    // A stray function word says nothing.
    let content = |part: &(usize, usize)| {
        analysis.tokens.iter().any(|word| word.is_content() && part.0 <= word.start && word.end <= part.1)
    };
    parts.retain(content);
    parts
}

/// Tokens over the threshold, walked along the text once.
struct Marked<'t, I> {
    tokens: &'t [Token],
    letters: I,
    /// Scalar value and byte reached.
    at: (usize, usize),
}

impl<I: Iterator<Item = (usize, (usize, char))>> Marked<'_, I> {
    /// Whether a marked token touches that byte range. Ranges come in order.
    fn any(&mut self, start: usize, end: usize) -> bool {
        let first = self.reach(start);
        let last = self.reach(end);
        let passed = self.tokens.iter().take_while(|t| t.end <= first).count();
        self.tokens = &self.tokens[passed..];
        self.tokens.iter().take_while(|t| t.start < last).any(|t| t.risk >= MARKED)
    }

    /// The scalar value at a byte.
    fn reach(&mut self, byte: usize) -> usize {
        while self.at.1 < byte {
            match self.letters.next() {
                Some((number, (_, letter))) => self.at = (number + 1, self.at.1 + letter.len_utf8()),
                None => break,
            }
        }
        self.at.0
    }
}

#[cfg(test)]
mod tests;
