//! JSON answers, value by value. String values go through the prose cutter, so that long ones settle sentence by sentence.

use super::prose::{Piece, Prose};
use super::{Claim, Form};
use crate::json::{Reader, Scalar, Token};
use crate::text::chars;

/// Longest key kept.
const MAX_KEY: usize = 128;

/// A JSON answer being read.
#[derive(Debug)]
pub(crate) struct JsonClaims {
    reader: Reader,
    /// Scalar values read.
    read: usize,
    /// The last key of each open container (empty for arrays).
    keys: Vec<String>,
    /// Bytes of the key, number or constant being read.
    word: String,
    text: Prose,
    /// Scalar values of decoded text given to `text`.
    decoded: usize,
    /// Decoded offset → the answer's offset, where they part.
    shifts: Vec<(usize, usize)>,
    escape: Escape,
}

/// How far into an escape sequence of a string the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    No,
    Backslash,
    Unicode { digits: u8, value: u32 },
}

impl JsonClaims {
    pub(crate) fn new() -> Self {
        Self {
            reader: Reader::new(),
            read: 0,
            keys: Vec::new(),
            word: String::new(),
            text: Prose::default(),
            decoded: 0,
            shifts: Vec::new(),
            escape: Escape::No,
        }
    }

    /// Scalar values before which everything has been given out.
    pub(crate) fn settled(&self) -> usize {
        if self.reader.in_string() {
            return offset(&self.shifts, self.text.settled());
        }
        self.read - if self.reader.in_word() { self.word.len() } else { 0 }
    }

    /// Takes as much of the text as is plain inside of a string value; returns how many bytes that were.
    pub(crate) fn plain(&mut self, text: &str, each: &mut dyn FnMut(Claim)) -> usize {
        if !self.reader.in_string() || self.escape != Escape::No {
            return 0;
        }
        let plain = &text[..self.reader.skip(text.as_bytes())];
        if plain.is_empty() {
            return 0;
        }
        self.note_shift(self.read);
        let count = chars::count(plain);
        self.decoded += count;
        self.read += count;
        self.give(plain, each);
        plain.len()
    }

    /// Takes the next character. `false`: the JSON is over (or is none), this character included when it closed it.
    pub(crate) fn push(&mut self, c: char, each: &mut dyn FnMut(Claim)) -> bool {
        let (was_string, was_key) = (self.reader.in_string(), self.reader.in_key());
        let mut buffer = [0; 4];
        let bytes = c.encode_utf8(&mut buffer).as_bytes();
        let mut over = false;
        let at = self.read;
        let mut ended = false;
        for byte in bytes {
            for token in self.reader.push(*byte) {
                match token {
                    Token::Key { .. } => {
                        let key = std::mem::take(&mut self.word);
                        if let Some(slot) = self.keys.last_mut() {
                            *slot = key;
                        }
                    }
                    Token::StringStart { .. } => {
                        self.shifts = vec![(self.decoded, at + 1)];
                        self.escape = Escape::No;
                    }
                    Token::Value { kind: Scalar::String, .. } => ended = true,
                    Token::Value { .. } => self.end_scalar(at, each),
                    Token::Open { .. } => self.keys.push(String::new()),
                    Token::Close => drop(self.keys.pop()),
                    Token::Done | Token::Error => over = true,
                }
            }
        }
        if ended {
            self.end_string(each);
        } else if was_string {
            self.string_char(c, at, each);
        }
        if !was_string && !self.reader.in_string() {
            self.note(c, was_key);
        }
        self.read += 1;
        !over
    }

    /// The answer ended inside the JSON: what is left of a string is given out.
    pub(crate) fn finish(&mut self, each: &mut dyn FnMut(Claim)) {
        if self.reader.in_string() {
            self.end_string(each);
        }
    }

    /// Keeps keys and bare words, outside string values.
    fn note(&mut self, c: char, was_key: bool) {
        let keep = match (was_key, self.reader.in_key()) {
            (true, true) => true,
            (false, false) => c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'),
            _ => false,
        };
        if !keep {
            self.word.clear();
        } else if self.word.len() < MAX_KEY {
            self.word.push(c);
        }
    }

    fn string_char(&mut self, c: char, at: usize, each: &mut dyn FnMut(Claim)) {
        let decoded = match (self.escape, c) {
            (Escape::No, '\\') => {
                self.escape = Escape::Backslash;
                None
            }
            (Escape::No, c) => Some(c),
            (Escape::Backslash, 'u') => {
                self.escape = Escape::Unicode { digits: 0, value: 0 };
                None
            }
            (Escape::Backslash, c) => Some(match c {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' | 'f' => ' ',
                other => other,
            }),
            (Escape::Unicode { digits, value }, c) => {
                let value = value * 16 + c.to_digit(16).unwrap_or(0);
                if digits == 3 {
                    // Halves of a pair are two unknown characters: they carry no words.
                    Some(char::from_u32(value).unwrap_or('\u{fffd}'))
                } else {
                    self.escape = Escape::Unicode { digits: digits + 1, value };
                    None
                }
            }
        };
        let Some(c) = decoded else { return };
        self.escape = Escape::No;
        let mut buffer = [0; 4];
        self.note_shift(at);
        self.decoded += 1;
        self.give(c.encode_utf8(&mut buffer), each);
    }

    /// Notes where the decoded text goes on after its next character, the answer's character `at` being the last of it.
    fn note_shift(&mut self, at: usize) {
        if offset(&self.shifts, self.decoded + 1) != at + 1 {
            self.shifts.push((self.decoded + 1, at + 1));
        }
    }

    /// Gives decoded text of a string on.
    fn give(&mut self, text: &str, each: &mut dyn FnMut(Claim)) {
        let (shifts, key) = (&self.shifts, innermost(&self.keys));
        self.text.push(text, &mut |piece| each(text_claim(piece, shifts, key)));
        let settled = self.text.settled();
        let passed = self.shifts.partition_point(|(from, _)| *from <= settled);
        self.shifts.drain(..passed.saturating_sub(1));
    }

    fn end_string(&mut self, each: &mut dyn FnMut(Claim)) {
        let (shifts, key) = (&self.shifts, innermost(&self.keys));
        self.text.finish(&mut |piece| each(text_claim(piece, shifts, key)));
    }

    fn end_scalar(&mut self, at: usize, each: &mut dyn FnMut(Claim)) {
        let text = std::mem::take(&mut self.word);
        // The word ended at the byte before, or before the white space that ended it.
        let start = at - text.chars().count();
        let key = innermost(&self.keys).cloned();
        each(Claim { start, text, form: Form::JsonScalar, marker: 0, indent: 0, key, shifts: Vec::new() });
    }
}

fn text_claim(piece: Piece, shifts: &[(usize, usize)], key: Option<&String>) -> Claim {
    let length = piece.text.chars().count();
    let inner = shifts
        .iter()
        .filter(|(from, _)| *from > piece.start && *from < piece.start + length)
        .map(|(from, to)| (from - piece.start, *to));
    let start = offset(shifts, piece.start);
    let mut claim_shifts: Vec<(usize, usize)> = inner.collect();
    if !claim_shifts.is_empty() {
        claim_shifts.insert(0, (0, start));
    }
    let form = if piece.form == Form::Code { Form::Code } else { Form::JsonText };
    Claim {
        start,
        text: piece.text,
        form,
        marker: piece.marker,
        indent: 0,
        key: key.cloned(),
        shifts: claim_shifts,
    }
}

/// The key that a value stands under; elements of an array under that of the array.
fn innermost(keys: &[String]) -> Option<&String> {
    keys.iter().rev().find(|key| !key.is_empty())
}

/// The answer's offset of a decoded offset.
fn offset(shifts: &[(usize, usize)], at: usize) -> usize {
    shifts.iter().rev().find(|(from, _)| *from <= at).map_or(at, |(from, to)| to + (at - from))
}
