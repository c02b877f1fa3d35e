//! A light English stemmer: enough that `operates`, `operated` and `operating` are one word. Other languages keep their words.

/// Suffixes that go from words with this last letter, longest first; at least three letters stay.
fn suffixes(last: u8) -> &'static [&'static [u8]] {
    match last {
        b'y' => &[b"ingly", b"edly", b"ly"],
        b'g' => &[b"ing"],
        b's' => &[b"ings", b"ers", b"es", b"s"],
        b'r' => &[b"er"],
        b'd' => &[b"ed"],
        b'e' => &[b"e"],
        _ => &[],
    }
}

/// The length of the stem of a lower-case, accent-free ASCII word, and the letter put after it (`studies` → `stud` + `y`).
pub(crate) fn stem(word: &[u8]) -> (usize, Option<u8>) {
    let suffixes = word.last().map_or(&[][..], |last| suffixes(*last));
    if suffixes.is_empty() || word.len() < 4 || !word.is_ascii() {
        return (word.len(), None);
    }
    if matches!(word, [_, _, .., b'i', b'e', b's' | b'd']) {
        return (word.len() - 3, Some(b'y'));
    }
    if word.ends_with(b"ss") || word.ends_with(b"us") || word.ends_with(b"is") {
        return (word.len(), None);
    }
    for suffix in suffixes {
        let rest = word.len().saturating_sub(suffix.len());
        if rest >= 3 && word.ends_with(suffix) {
            let doubled =
                word[rest - 1] == word[rest - 2] && !matches!(word[rest - 1], b'l' | b's' | b'e' | b'o');
            let silent = word[rest - 1] == b'e' && suffix.len() == 1 && rest > 3;
            return (rest - usize::from((doubled && suffix.len() > 1 && rest > 3) || silent), None);
        }
    }
    (word.len(), None)
}
