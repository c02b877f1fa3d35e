//! JSON evidence as attributes: what it says is so, is not so, or leaves open.

use super::{Source, SourceKind};
use crate::json::{self, Scalar, Step};
use crate::text::{Token, chars, tokenize};
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
    /// Stems of the words of its key, function words left out.
    pub words: Vec<u32>,
    /// Stems of the words of the key above.
    pub parent: Vec<u32>,
    pub truth: Truth,
    /// Its value, shortened.
    pub value: String,
    pub place: EvidenceRef,
}

/// All attributes, in order.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    all: Vec<Attribute>,
}

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
            self.all.push(Attribute {
                words: key_words(key),
                parent: key_words(parent),
                truth,
                value,
                place,
            });
        });
        Some((start, end))
    }

    pub(crate) fn seal(&mut self) {
        self.all.shrink_to_fit();
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
const FILLER: [&str; 12] = [
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
];

/// The stems of a key's words: `RestaurantsTakeOut`, `free_wifi`, `outdoor-seating`.
fn key_words(key: &str) -> Vec<u32> {
    let mut spaced = String::with_capacity(key.len() + 8);
    let mut before = ' ';
    let letters: Vec<char> = key.chars().take(128).collect();
    for (i, c) in letters.iter().enumerate() {
        let next_lower = letters.get(i + 1).is_some_and(|n| n.is_lowercase());
        if c.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && next_lower)) {
            spaced.push(' ');
        }
        spaced.push(if *c == '_' || *c == '-' || *c == '.' { ' ' } else { *c });
        before = *c;
    }
    let mut tokens: Vec<Token> = Vec::new();
    tokenize(&spaced, &mut tokens);
    tokens
        .iter()
        .filter(|t| t.is_content() && !FILLER.contains(&t.of(&spaced).to_ascii_lowercase().as_str()))
        .map(|t| t.stem)
        .collect()
}
