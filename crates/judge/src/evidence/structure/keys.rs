//! The words of JSON keys.

use crate::text::{Token, hash, tokenize};

/// A word of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyWord {
    pub raw: u32,
    pub stem: u32,
    /// A function word (`out` in `TakeOut`).
    pub function: bool,
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

/// Whether every word of a spaced key is filler.
pub(in crate::evidence) fn is_filler(spaced: &str) -> bool {
    spaced.split_whitespace().all(|word| FILLER.contains(&word.to_ascii_lowercase().as_str()))
}

/// The hash of the key's telling words written as one.
pub(super) fn joined(key: &str) -> u32 {
    let spaced = spaced(key).to_ascii_lowercase();
    let letters: String = spaced.split_whitespace().filter(|w| !FILLER.contains(w)).collect();
    hash::bytes(letters.as_bytes())
}

/// A key with spaces between its words. `WiFi` stays one word: short parts of a camel-case key belong together.
pub(in crate::evidence) fn spaced(key: &str) -> String {
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
