//! Small questions about bytes of text.

use std::ops::Range;

/// A byte of the alphabet that most tokens use.
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Where the run of bytes that begins at `from` ends.
pub(crate) fn run(text: &[u8], from: usize, is_in: impl Fn(u8) -> bool) -> usize {
    text[from..].iter().position(|byte| !is_in(*byte)).map_or(text.len(), |length| from + length)
}

/// Whether something may begin at `at`: not in the middle of a word. In JSON the letter before may belong to an escape
/// (`\nsk-…`).
pub(crate) fn begins(text: &[u8], at: usize) -> bool {
    match text[..at] {
        [] => true,
        [.., before] if !is_token(before) => true,
        [.., b'\\', letter] => is_escape(letter),
        _ => false,
    }
}

/// The range without the letter of an escape that it begins with.
pub(crate) fn without_escape(text: &[u8], range: Range<usize>) -> Range<usize> {
    let escaped = range.start > 0 && text[range.start - 1] == b'\\' && is_escape(text[range.start]);
    range.start + usize::from(escaped)..range.end
}

/// Whether letters and digits both occur.
pub(crate) fn is_mixed(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit) && text.iter().any(u8::is_ascii_alphabetic)
}

fn is_escape(letter: u8) -> bool {
    matches!(letter, b'n' | b't' | b'r' | b'b' | b'f')
}
