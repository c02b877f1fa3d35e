//! Cuts a text into the pieces that a model would emit, one by one.
//!
//! Not any model's real tokeniser: words with their leading space, long words in two or three, punctuation and line breaks
//! apart. That is how the streams of all providers look, and what decoders stumble over.

use super::ids::Ids;
use super::script::Pieces;

/// The pieces of `text`; joined they are `text`.
pub(crate) fn cut(text: &str, pieces: Pieces) -> Vec<String> {
    match pieces {
        Pieces::Tokens => tokens(text),
        Pieces::Chars(size) => {
            let chars: Vec<char> = text.chars().collect();
            chars.chunks(size.max(1)).map(|piece| piece.iter().collect()).collect()
        }
        Pieces::Whole if text.is_empty() => Vec::new(),
        Pieces::Whole => vec![text.to_owned()],
    }
}

/// Neighbouring pieces joined, up to `most` at a time: Anthropic and Google send several tokens in one event.
pub(crate) fn gather(pieces: Vec<String>, most: u64, ids: &mut Ids) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut room = 0;
    for piece in pieces {
        match out.last_mut() {
            Some(last) if room > 0 => {
                last.push_str(&piece);
                room -= 1;
            }
            _ => {
                out.push(piece);
                room = ids.below(most.max(1));
            }
        }
    }
    out
}

fn tokens(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut class = None;
    let mut length = 0;
    for ch in text.chars() {
        let next = Class::of(ch);
        let joins = match (class, next) {
            (Some(Class::Space), Class::Letter) => length == 1,
            (Some(Class::Letter), Class::Letter) => length < 9,
            (Some(Class::Digit), Class::Digit) => length < 3,
            (Some(Class::Break), Class::Break) => true,
            _ => false,
        };
        match out.last_mut() {
            Some(last) if joins => {
                last.push(ch);
                length += 1;
            }
            _ => {
                out.push(ch.to_string());
                length = 1;
            }
        }
        class = Some(next);
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    Space,
    Break,
    Mark,
}

impl Class {
    fn of(ch: char) -> Self {
        match ch {
            '\n' | '\r' => Self::Break,
            c if c.is_whitespace() => Self::Space,
            c if c.is_numeric() => Self::Digit,
            c if c.is_alphabetic() || c == '\'' || c == '_' => Self::Letter,
            _ => Self::Mark,
        }
    }
}
