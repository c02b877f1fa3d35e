//! The tokenizer, the same for evidence and answers: words, numbers and single CJK characters, with byte offsets.

use smallvec::SmallVec;

use super::hash::{self, Hasher};
use super::lexicon::{self, Class};
use super::{chars, stem};

/// How a token is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `word`
    Lower,
    /// `Word`
    Capital,
    /// `WORD`, two letters at least
    Upper,
    /// `iPhone`, `B12`, `McDonald`
    Mixed,
    /// `12`, `1,000`, `3.5`, `11:30`
    Digits,
    /// One Han or kana character.
    Cjk,
}

/// One word or number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// First byte in the text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Hash of the word in lower case, accents and possessive removed.
    pub raw: u32,
    /// Hash of its stem.
    pub stem: u32,
    /// What kind of word it is.
    pub class: Class,
    /// How it is written.
    pub shape: Shape,
}

impl Token {
    /// Whether it carries meaning of its own (neither a function word nor a number).
    pub(crate) fn is_content(&self) -> bool {
        !self.class.has(Class::STOP)
    }

    /// Whether it begins with a capital letter.
    pub(crate) fn is_capital(&self) -> bool {
        matches!(self.shape, Shape::Capital | Shape::Upper)
            || self.shape == Shape::Mixed && self.class.has(Class::INITIAL_CAPITAL)
    }

    /// Whether it is one of the words with these hashes.
    pub(crate) fn is_in(&self, words: &[u32]) -> bool {
        words.contains(&self.raw)
    }

    /// Its text.
    pub(crate) fn of<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start..self.end]
    }
}

/// Letters of a word that count; the rest of a longer one only goes into its hash by length.
const WORD_LIMIT: usize = 64;

/// Splits `text` into tokens, appended to `out`.
pub(crate) fn tokenize(text: &str, out: &mut Vec<Token>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte.is_ascii_digit() {
            let end = number_end(bytes, at);
            out.push(number(bytes, at, end));
            at = end;
        } else if matches!(byte, b'T' | b't') && is_between_digits(bytes, at) {
            // `2026-11-20T05:48:00`
            at += 1;
        } else if byte.is_ascii_alphabetic() {
            at = match ascii_word(bytes, at) {
                Some(token) => {
                    out.push(token);
                    token.end
                }
                None => word(text, at, out),
            };
        } else if byte < 0x80 {
            at += 1;
        } else {
            let Some(c) = text[at..].chars().next() else { break };
            if chars::is_cjk(c) {
                let end = at + c.len_utf8();
                let raw = hash::bytes(&bytes[at..end]);
                out.push(Token {
                    start: at,
                    end,
                    raw,
                    stem: raw,
                    class: Class::default(),
                    shape: Shape::Cjk,
                });
                at = end;
            } else if c.is_alphabetic() {
                at = word(text, at, out);
            } else {
                at += c.len_utf8();
            }
        }
    }
}

fn is_between_digits(bytes: &[u8], at: usize) -> bool {
    let digit = |i: Option<usize>| i.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
    digit(at.checked_sub(1)) && digit(Some(at + 1))
}

/// Digits with inner separators: `1,000` (three digits follow), `3.14`, `11:30`.
fn number_end(bytes: &[u8], start: usize) -> usize {
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = start + digits(start);
    while let Some(separator) = bytes.get(at) {
        let run = bytes.get(at + 1).map_or(0, |_| digits(at + 1));
        match separator {
            b',' if run == 3 => at += 4,
            b'.' | b':' if run > 0 => at += 1 + run,
            _ => break,
        }
    }
    at
}

fn number(bytes: &[u8], start: usize, end: usize) -> Token {
    let mut hasher = Hasher::new();
    for byte in bytes[start..end].iter().filter(|b| **b != b',') {
        hasher.byte(*byte);
    }
    let raw = hasher.finish();
    Token { start, end, raw, stem: raw, class: Class::default(), shape: Shape::Digits }
}

/// Reads the word at `start` when it is all ASCII and not very long, as nearly all are; what [`word`] would find.
fn ascii_word(bytes: &[u8], start: usize) -> Option<Token> {
    let mut letters = [0; WORD_LIMIT];
    let (mut upper, mut lower, mut digits) = (0usize, 0usize, 0usize);
    let mut apostrophe = false;
    let mut hasher = Hasher::new();
    let mut length = 0;
    loop {
        let byte = bytes.get(start + length).copied().unwrap_or(b' ');
        match byte {
            b'a'..=b'z' => lower += 1,
            b'A'..=b'Z' => upper += 1,
            b'0'..=b'9' => digits += 1,
            b'\'' => {
                apostrophe = true;
                let next = bytes.get(start + length + 1).copied().unwrap_or(b' ');
                if next >= 0x80 {
                    return None;
                }
                if !next.is_ascii_alphabetic() {
                    break;
                }
            }
            0x80.. => return None,
            _ => break,
        }
        if length + 4 > WORD_LIMIT {
            return None;
        }
        let letter = byte.to_ascii_lowercase();
        letters[length] = letter;
        hasher.byte(letter);
        length += 1;
    }
    let word = Spelling { upper, lower, digits, apostrophe, first_upper: bytes[start].is_ascii_uppercase() };
    let whole = (!apostrophe).then_some(hasher);
    Some(word.token(start, start + length, &letters[..length], whole))
}

/// How a word is spelled.
struct Spelling {
    upper: usize,
    lower: usize,
    digits: usize,
    apostrophe: bool,
    first_upper: bool,
}

impl Spelling {
    /// The token of a word of these lower-case letters. `hasher`: what they hash to, where that is known.
    fn token(mut self, start: usize, end: usize, mut letters: &[u8], hasher: Option<Hasher>) -> Token {
        // `Acme's`, `I'll`, `they've`: the word counts, not what is hung on it.
        if self.apostrophe
            && let Some(suffix) =
                ["'s", "'ll", "'ve", "'re", "'d", "'m"].iter().find(|s| letters.ends_with(s.as_bytes()))
        {
            letters = &letters[..letters.len() - suffix.len()];
            self.lower = self.lower.saturating_sub(suffix.len() - 1);
        }
        let shape = match (self.upper, self.lower, self.digits) {
            (_, _, 1..) => Shape::Mixed,
            (0, ..) => Shape::Lower,
            (2.., 0, _) => Shape::Upper,
            (1, ..) if self.first_upper => Shape::Capital,
            _ => Shape::Mixed,
        };
        let raw = hasher.map_or_else(|| hash::bytes(letters), Hasher::finish);
        let stem = match stem::stem(letters) {
            (length, None) if length == letters.len() => raw,
            (length, letter) => {
                let mut hasher = Hasher::new();
                letters[..length].iter().copied().chain(letter).for_each(|byte| hasher.byte(byte));
                hasher.finish()
            }
        };
        let mut class = lexicon::class(raw);
        if self.apostrophe && letters.ends_with(b"n't") {
            class = class.with(Class::NEGATION).with(Class::STOP);
        }
        if self.first_upper {
            class = class.with(Class::INITIAL_CAPITAL);
        }
        Token { start, end, raw, stem, class, shape }
    }
}

/// Reads the word at `start`, appends it and returns where it ends.
fn word(text: &str, start: usize, out: &mut Vec<Token>) -> usize {
    let mut letters: SmallVec<[u8; WORD_LIMIT]> = SmallVec::new();
    let (mut upper, mut lower, mut digits) = (0usize, 0usize, 0usize);
    let (mut first_upper, mut apostrophe) = (false, false);
    let mut end = start;
    let mut rest = text[start..].chars().peekable();
    while let Some(c) = rest.next() {
        let folded = if c.is_ascii() { c.to_ascii_lowercase() } else { chars::fold(lowercase(c)) };
        if folded == '\'' {
            apostrophe = true;
            if !rest.peek().is_some_and(|next| next.is_alphabetic()) {
                break;
            }
        } else if c.is_ascii_digit() {
            digits += 1;
        } else if (c.is_alphabetic() && !chars::is_cjk(c)) || is_mark(c) {
            if c.is_uppercase() {
                upper += 1;
                first_upper |= end == start;
            } else {
                lower += 1;
            }
        } else {
            break;
        }
        end += c.len_utf8();
        push_letter(&mut letters, folded);
    }
    let word = Spelling { upper, lower, digits, apostrophe, first_upper };
    out.push(word.token(start, end, &letters, None));
    end
}

/// Simple lower case; the few letters that become several keep the first.
fn lowercase(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Combining marks and joiners that belong to the letter before.
fn is_mark(c: char) -> bool {
    matches!(c as u32, 0x300..=0x36f | 0x483..=0x489 | 0x591..=0x5bd | 0x610..=0x61a | 0x64b..=0x65f | 0x900..=0x903 | 0x93a..=0x94f | 0xe31..=0xe4e | 0x200c..=0x200d)
}

fn push_letter(letters: &mut SmallVec<[u8; WORD_LIMIT]>, c: char) {
    if letters.len() + 4 <= WORD_LIMIT {
        let mut buffer = [0; 4];
        letters.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
    } else if let Some(last) = letters.last_mut() {
        // Past the limit the letters only stir the last byte, so that long words still differ.
        *last = last.rotate_left(1) ^ (c as u32 as u8);
    }
}

/// The hash under which a lower-case ASCII word is known.
pub(crate) const fn word_hash(word: &str) -> u32 {
    hash::bytes(word.as_bytes())
}

/// The hashes of a list of lower-case ASCII words.
pub(crate) const fn word_hashes<const N: usize>(words: [&str; N]) -> [u32; N] {
    let mut hashes = [0; N];
    let mut i = 0;
    while i < N {
        hashes[i] = word_hash(words[i]);
        i += 1;
    }
    hashes
}
