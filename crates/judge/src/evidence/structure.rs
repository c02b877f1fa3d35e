//! JSON evidence as attributes: what it says is so, is not so, or leaves open.

use super::{Source, SourceKind};
use crate::json::{self, Scalar, Step};
use crate::signals::structured::hours;
use crate::text::{Token, chars, hash, tokenize};
use crate::verdict::EvidenceRef;

/// What the evidence says of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    True,
    False,
    /// `null`, empty: not known.
    Unknown,
    /// Any other value.
    Value,
}

/// One leaf of JSON evidence.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    /// The words of its key, those left out that do not tell attributes apart.
    pub words: Vec<KeyWord>,
    /// Hash of the key's words written as one (`takeout`); 0: it is one word.
    pub joined: u32,
    /// The words of the key above.
    pub parent: Vec<KeyWord>,
    pub truth: Truth,
    /// Its value, shortened.
    pub value: String,
    pub place: EvidenceRef,
}

/// A word of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyWord {
    pub raw: u32,
    pub stem: u32,
    /// A function word (`out` in `TakeOut`).
    pub function: bool,
}

/// All attributes, in order.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    all: Vec<Attribute>,
    /// Opening hours by day, Monday first.
    hours: [Option<(Hours, EvidenceRef)>; 7],
}

/// Opening and closing time in minutes; `true`: the half of the day is open.
pub(crate) type Hours = ((u16, bool), (u16, bool));

/// Attributes kept.
const MAX_ATTRIBUTES: usize = 4_096;
/// JSON smaller than this inside other text is an example, not data.
const MIN_BLOCK: usize = 40;

impl Attributes {
    /// Reads a source; returns the byte range of it that is JSON.
    pub(crate) fn read(&mut self, _number: usize, source: &Source) -> Option<(usize, usize)> {
        if !source.kind.proves() || source.kind == SourceKind::Instructions && source.text.len() < 80 {
            return None;
        }
        let (start, end) = json::find_block(&source.text, MIN_BLOCK.min(source.text.trim().len()))?;
        let text = &source.text;
        let (mut byte, mut scalar) = (0, 0);
        json::leaves(text, start, |path, leaf| {
            if self.all.len() >= MAX_ATTRIBUTES {
                return;
            }
            let mut keys = path.iter().rev().filter_map(|step| match step {
                Step::Key { start, end } => Some(&text[*start..*end]),
                Step::Index(_) => None,
            });
            let Some(key) = keys.next() else { return };
            let parent = keys.next().unwrap_or_default();
            let from = match path.last() {
                Some(Step::Key { start, .. }) => *start,
                _ => leaf.start,
            };
            if from < byte {
                (byte, scalar) = (0, 0);
            }
            scalar += chars::count(&text[byte..from]);
            byte = from;
            let value = &text[leaf.start..leaf.end];
            let place = EvidenceRef {
                source: source.label.clone(),
                start: scalar,
                end: scalar + chars::count(&text[from..leaf.end]),
            };
            let value = value[..chars::floor(value, 64)].to_owned();
            let truth = truth(leaf.kind, &value);
            let words = key_words(key);
            if let ([word], Some(hours)) = (words.as_slice(), hours::read(&value))
                && let Some(day) = hours::day(word.raw)
            {
                self.hours[day].get_or_insert((hours, place.clone()));
            }
            let joined = if words.len() > 1 { joined(key) } else { 0 };
            self.all.push(Attribute { words, joined, parent: key_words(parent), truth, value, place });
        });
        Some((start, end))
    }

    pub(crate) fn seal(&mut self) {
        self.all.shrink_to_fit();
    }

    /// Opening hours by day, Monday first.
    pub(crate) fn hours(&self) -> &[Option<(Hours, EvidenceRef)>; 7] {
        &self.hours
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Attribute] {
        &self.all
    }
}

fn truth(kind: Scalar, value: &str) -> Truth {
    let bare = value.trim_start_matches("u'").trim_matches('\'').trim();
    match kind {
        Scalar::True => Truth::True,
        Scalar::False => Truth::False,
        Scalar::Null => Truth::Unknown,
        Scalar::String => match bare.to_ascii_lowercase().as_str() {
            "no" | "false" | "none" | "not available" | "unavailable" => Truth::False,
            "yes" | "true" => Truth::True,
            "" | "n/a" | "unknown" | "null" => Truth::Unknown,
            _ => Truth::Value,
        },
        Scalar::Number => Truth::Value,
    }
}

/// Key words that say nothing about which attribute it is.
const FILLER: [&str; 14] = [
    "is",
    "has",
    "good",
    "accepts",
    "business",
    "restaurants",
    "allowed",
    "available",
    "enabled",
    "supports",
    "flag",
    "value",
    "attributes",
    "for",
];

/// The words of a key that tell it apart: `RestaurantsTakeOut`, `free_wifi`, `outdoor-seating`.
pub(crate) fn key_words(key: &str) -> Vec<KeyWord> {
    let spaced = spaced(key);
    let mut tokens: Vec<Token> = Vec::new();
    tokenize(&spaced, &mut tokens);
    let telling = |t: &&Token| !FILLER.contains(&t.of(&spaced).to_ascii_lowercase().as_str());
    let words = tokens.iter().filter(telling);
    words.map(|t| KeyWord { raw: t.raw, stem: t.stem, function: !t.is_content() }).collect()
}

/// The hash of the key's telling words written as one.
fn joined(key: &str) -> u32 {
    let spaced = spaced(key).to_ascii_lowercase();
    let letters: String = spaced.split_whitespace().filter(|w| !FILLER.contains(w)).collect();
    hash::bytes(letters.as_bytes())
}

/// A key with spaces between its words. `WiFi` stays one word: short parts of a camel-case key belong together.
fn spaced(key: &str) -> String {
    let mut spaced = String::with_capacity(key.len() + 8);
    let mut before = ' ';
    let letters: Vec<char> = key.chars().take(128).collect();
    let whole = letters.len() <= 4;
    for (i, c) in letters.iter().enumerate() {
        let next_lower = letters.get(i + 1).is_some_and(|n| n.is_lowercase());
        if !whole && c.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && next_lower)) {
            spaced.push(' ');
        }
        spaced.push(if matches!(c, '_' | '-' | '.') { ' ' } else { *c });
        before = *c;
    }
    spaced
}
