//! Values that nobody mentioned, of the same shape as the ones they replace: as many digits, as many words, in the same case.

use std::collections::HashSet;

use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use serde_json::Value;

use super::Shape;
use crate::eval::rows::Gold;

/// Tries at a value before another is replaced instead.
const TRIES: usize = 64;

/// Names and things, none of them likely in a conversation.
#[rustfmt::skip]
const WORDS: [&str; 40] = [
    "arkwright", "bellamy", "calder", "dunmore", "eastleigh", "fenwick", "garrow", "hollis", "ingram", "jessop",
    "kettering", "larkspur", "mossley", "norbury", "oakhurst", "penrose", "quillon", "ravenna", "selwyn", "thornbury",
    "ulverton", "vantage", "wexcombe", "yarrow", "zelkova", "basalt", "copperline", "driftwood", "ember", "foxglove",
    "granite", "heron", "juniper", "lantern", "marigold", "nutmeg", "orchid", "pebble", "saffron", "tamarind",
];

/// Numbers that conversations also write as words.
const SPELLED: [(&str, f64); 14] = [
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("dozen", 12.0),
    ("hundred", 100.0),
];

/// What was mentioned: in the conversation and in the functions' declarations.
pub(super) struct Known {
    words: HashSet<String>,
    numbers: Vec<f64>,
}

impl Known {
    pub(super) fn of(row: &Gold) -> Self {
        let mut known = Self { words: HashSet::new(), numbers: Vec::new() };
        for (_, text) in &row.messages {
            known.add(text);
        }
        for function in &row.functions {
            known.add(&function.description);
            known.add(&function.parameters.as_ref().map(Value::to_string).unwrap_or_default());
        }
        known
    }

    fn add(&mut self, text: &str) {
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        for word in words {
            let spelled = SPELLED.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
            self.numbers.extend(spelled);
            self.words.insert(word.to_owned());
        }
        let number = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
        let numbers = lower.split(|c: char| !number(c)).map(|n| n.trim_matches(['.', ',']).replace(',', ""));
        self.numbers.extend(numbers.filter_map(|number| number.parse::<f64>().ok()));
    }

    fn has_word(&self, word: &str) -> bool {
        self.words.contains(&word.to_lowercase())
    }

    fn has_number(&self, value: f64) -> bool {
        self.numbers.iter().any(|known| (known - value.abs()).abs() < 1e-9)
    }
}

/// A value that nobody mentioned, and its shape. `None`: not of a text or number that has any shape to keep.
pub(super) fn like(value: &Value, known: &Known, random: &mut Xoshiro256PlusPlus) -> Option<(Shape, Value)> {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            let value = (0..TRIES).find_map(|_| {
                let other: Value = serde_json::from_str(&digits(&text, random)).ok()?;
                let new = other.as_f64()?;
                (Some(new) != number.as_f64() && !known.has_number(new)).then_some(other)
            })?;
            Some((Shape::Number, value))
        }
        Value::String(text) => {
            let shape = shape(text)?;
            let new = (0..TRIES).find_map(|_| {
                let new = if shape == Shape::Date { date(text, random) } else { words(text, known, random)? };
                (new != *text).then_some(new)
            })?;
            Some((shape, Value::String(new)))
        }
        _ => None,
    }
}

fn shape(text: &str) -> Option<Shape> {
    let words: Vec<&str> = text.split_whitespace().filter(|w| w.contains(char::is_alphanumeric)).collect();
    let capital = |word: &&str| word.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
    Some(match words.as_slice() {
        [] => return None,
        _ if dates(text).next().is_some() => Shape::Date,
        _ if text.contains(|c: char| c.is_ascii_digit()) || text.contains(['@', '/', '_']) => {
            Shape::Identifier
        }
        [_] => Shape::Word,
        all if all.iter().all(capital) => Shape::Name,
        _ => Shape::Phrase,
    })
}

/// The digits, others in their place: none leads with 0 that did not, and none ends with 0 behind a point.
fn digits(text: &str, random: &mut Xoshiro256PlusPlus) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut point = false;
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        point |= c == '.';
        let first = at == 0 || !digit(at - 1) && bytes[at - 1] != b'.';
        out.push(match c {
            '0' if first => '0',
            '0'..='9' if first || point && !digit(at + 1) => one_of(random, b"123456789"),
            '0'..='9' => one_of(random, b"0123456789"),
            other => other,
        });
    }
    out
}

/// The text with every run of letters and digits replaced; `None`: one of them is known after all.
fn words(text: &str, known: &Known, random: &mut Xoshiro256PlusPlus) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let class = |c: char| (c.is_alphabetic(), c.is_numeric());
        let end = rest.find(|c| class(c) != class(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        out.push_str(&if first.is_alphabetic() {
            let new = word(run, random);
            if known.has_word(&new) {
                return None;
            }
            new
        } else if first.is_numeric() {
            digits(run, random)
        } else {
            run.to_owned()
        });
    }
    // What is known is known as a whole: `QX12`, not `QX` and `12`.
    let mentioned = out.split(|c: char| !c.is_alphanumeric()).any(|whole| {
        let number = whole.parse().is_ok_and(|number| known.has_number(number));
        !whole.is_empty() && (known.has_word(whole) || number)
    });
    (!mentioned).then_some(out)
}

/// A word in the same case; letters for abbreviations of up to three.
fn word(run: &str, random: &mut Xoshiro256PlusPlus) -> String {
    let upper = run.chars().all(char::is_uppercase);
    let capital = run.chars().next().is_some_and(char::is_uppercase);
    let word = if run.chars().count() <= 3 {
        run.chars().map(|_| one_of(random, b"bcdfghjklmnpqrstvwxz")).collect()
    } else {
        WORDS.choose(random).copied().unwrap_or_default().to_owned()
    };
    let mut letters = word.chars();
    match letters.next() {
        _ if upper => word.to_uppercase(),
        Some(first) if capital => first.to_uppercase().chain(letters).collect(),
        _ => word,
    }
}

fn one_of(random: &mut impl Rng, letters: &[u8]) -> char {
    letters.choose(random).copied().map_or('0', char::from)
}

/// Byte ranges of `YYYY-MM-DD` and `HH:MM`.
fn dates(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let fits = |at: usize, pattern: &str| {
        let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
        let same = |(offset, p): (usize, u8)| {
            if p == b'0' { digit(at + offset) } else { text.as_bytes().get(at + offset) == Some(&p) }
        };
        let alone = (at == 0 || !digit(at - 1)) && !digit(at + pattern.len());
        alone && pattern.bytes().enumerate().all(same)
    };
    let mut until = 0;
    (0..text.len()).filter_map(move |at| {
        let pattern = ["0000-00-00", "00:00"].into_iter().find(|pattern| at >= until && fits(at, pattern))?;
        until = at + pattern.len();
        Some((at, until))
    })
}

/// The text with other dates and times.
fn date(text: &str, random: &mut Xoshiro256PlusPlus) -> String {
    let mut out = String::new();
    let mut done = 0;
    for (start, end) in dates(text) {
        out.push_str(&text[done..start]);
        let mut part = |from: u32, to: u32| random.random_range(from..to);
        out.push_str(&if end - start == 5 {
            format!("{:02}:{:02}", part(0, 24), part(0, 60))
        } else {
            format!("{:04}-{:02}-{:02}", part(1990, 2040), part(1, 13), part(1, 29))
        });
        done = end;
    }
    out + &text[done..]
}
