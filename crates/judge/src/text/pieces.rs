//! The pieces of a text that are alike however it is written: `userName`, `user_name` and `User name` are all `user` and `name`;
//! `QX-4471` is `qx` and 4471. Coarser than tokens, which keep `userName` and `B12` whole.

use super::chars;
use super::hash::Hasher;

/// A piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Piece<'t> {
    /// A run of letters of one script, cut where camel case begins a word.
    Word(Word<'t>),
    /// Digits with what stands between them: `1,250.5`.
    Number(&'t str),
    /// A sign that stands for a word: `$`, `%`.
    Sign(char),
}

/// A run of letters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Word<'t> {
    /// As written.
    pub text: &'t str,
    /// Letters.
    pub letters: usize,
    /// Hash in lower case without accents.
    pub hash: u32,
    /// Hashes of its first three, four and five letters, where it has more.
    pub beginnings: [Option<u32>; 3],
    /// Written in letters other than Latin ones.
    pub foreign: bool,
}

/// Signs that are read as words.
pub(crate) const SIGNS: [char; 9] = ['$', '€', '£', '¥', '₹', '₩', '₽', '%', '°'];

/// Calls `each` with every piece, in order. A word in camel case comes whole, too, before its parts.
pub(crate) fn pieces<'t>(text: &'t str, mut each: impl FnMut(Piece<'t>)) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = |fits: fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
        let end = if first.is_ascii_digit() {
            let end = run(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
            let number = rest[..end].trim_end_matches(['.', ',']);
            each(Piece::Number(number));
            number.len()
        } else if first.is_alphabetic() {
            let end = run(char::is_alphabetic);
            words(&rest[..end], &mut each);
            end
        } else {
            if SIGNS.contains(&first) {
                each(Piece::Sign(first));
            }
            first.len_utf8()
        };
        rest = &rest[end..];
    }
}

/// The run of letters whole and, where it is in camel case, in parts.
fn words<'t>(run: &'t str, each: &mut impl FnMut(Piece<'t>)) {
    each(Piece::Word(word(run)));
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, c) in run.char_indices() {
        if c.is_uppercase() && before.is_some_and(char::is_lowercase) {
            each(Piece::Word(word(&run[start..at])));
            start = at;
        }
        before = Some(c);
    }
    if start > 0 {
        each(Piece::Word(word(&run[start..])));
    }
}

fn word(text: &str) -> Word<'_> {
    let mut hasher = Hasher::new();
    let mut beginnings = [None; 3];
    let (mut letters, mut foreign) = (0, false);
    for c in text.chars() {
        if let Some(beginning) = (3..=5).position(|length| length == letters) {
            beginnings[beginning] = Some(hasher.finish());
        }
        let folded = chars::fold(c.to_lowercase().next().unwrap_or(c));
        foreign |= folded as u32 > 0x24f;
        let mut buffer = [0; 4];
        folded.encode_utf8(&mut buffer).bytes().for_each(|byte| hasher.byte(byte));
        letters += 1;
    }
    Word { text, letters, hash: hasher.finish(), beginnings, foreign }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        pieces(text, |piece| {
            found.push(match piece {
                Piece::Word(word) => word.text.to_owned(),
                Piece::Number(number) => format!("#{number}"),
                Piece::Sign(sign) => sign.to_string(),
            });
        });
        found
    }

    #[test]
    fn words_numbers_and_signs() {
        assert_eq!(of("userName, user_name"), ["userName", "user", "Name", "user", "name"]);
        assert_eq!(of("QX-4471b costs $1,250.50."), ["QX", "#4471", "b", "costs", "$", "#1,250.50"]);
        assert_eq!(of("Zürich 上海"), ["Zürich", "上海"]);
        assert_eq!(of(" …!"), [""; 0]);
    }

    #[test]
    fn words_are_alike_without_case_and_accents() {
        assert_eq!(word("Zürich").hash, word("zurich").hash);
        assert_eq!(word("kilogram").beginnings[2], Some(word("kilog").hash));
        assert_eq!(word("kilo").beginnings, [Some(word("kil").hash), None, None]);
        assert!(word("上海").foreign && !word("Zürich").foreign);
    }
}
