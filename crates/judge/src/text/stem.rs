//! A light English stemmer: enough that `operates`, `operated` and `operating` are one word. Other languages keep their words.

/// Suffixes that go, longest first; at least three letters stay.
const SUFFIXES: [&str; 11] = ["ingly", "edly", "ings", "ing", "ers", "er", "ed", "es", "ly", "s", "e"];

/// The length of the stem of a lower-case, accent-free ASCII word, and the letter put after it (`studies` → `stud` + `y`).
pub(crate) fn stem(word: &[u8]) -> (usize, Option<u8>) {
    let suffixed = matches!(word.last(), Some(b'g' | b's' | b'r' | b'd' | b'y' | b'e'));
    if !suffixed || word.len() < 4 || !word.is_ascii() {
        return (word.len(), None);
    }
    for suffix in ["ies", "ied"] {
        if word.ends_with(suffix.as_bytes()) && word.len() >= 5 {
            return (word.len() - 3, Some(b'y'));
        }
    }
    if word.ends_with(b"ss") || word.ends_with(b"us") || word.ends_with(b"is") {
        return (word.len(), None);
    }
    for suffix in SUFFIXES {
        let rest = word.len().saturating_sub(suffix.len());
        if rest >= 3 && word.ends_with(suffix.as_bytes()) {
            let doubled =
                word[rest - 1] == word[rest - 2] && !matches!(word[rest - 1], b'l' | b's' | b'e' | b'o');
            let silent = word[rest - 1] == b'e' && suffix.len() == 1 && rest > 3;
            return (rest - usize::from((doubled && suffix.len() > 1 && rest > 3) || silent), None);
        }
    }
    (word.len(), None)
}
