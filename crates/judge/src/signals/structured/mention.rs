//! Where a sentence names an attribute.

use crate::evidence::{Attribute, Attributes, KeyWord};
use crate::signals::Analysis;
use crate::text::token::word_hashes;
use crate::text::{Token, hash};

/// Words that name a group of attributes otherwise than its key does.
const AMBIENCE: [u32; 8] =
    word_hashes(["ambience", "ambiance", "atmosphere", "vibe", "setting", "decor", "environment", "feel"]);

/// The tokens that name the attribute: the words of its key, close together or written as one, and for an attribute of a group
/// (`parking.street`) a word for the group.
pub(super) fn find(
    analysis: &Analysis<'_>,
    attributes: &Attributes,
    attribute: &Attribute,
) -> Option<(usize, usize)> {
    let tokens = &analysis.tokens;
    let words = attributes.words(attribute);
    let place = if words.len() > 1 {
        together(analysis, attribute, words).or_else(|| scattered(tokens, words))?
    } else {
        let word = words.first()?;
        let apart = |t: &Token| spelled_apart(analysis, t, word.raw);
        let at = tokens.iter().position(|t| t.stem == word.stem || t.raw == word.raw || apart(t))?;
        (at, at + usize::from(apart(&tokens[at])))
    };
    grouped(tokens, attributes.parent(attribute)).then_some(place)
}

/// The words in a row, or as one word: `take-out`, `takeout`.
fn together(analysis: &Analysis<'_>, attribute: &Attribute, words: &[KeyWord]) -> Option<(usize, usize)> {
    let tokens = &analysis.tokens;
    if let Some(at) = tokens.iter().position(|t| attribute.joined != 0 && t.raw == attribute.joined) {
        return Some((at, at));
    }
    let length = words.len();
    let at = tokens.windows(length).position(|w| w.iter().zip(words).all(|(t, word)| t.stem == word.stem))?;
    Some((at, at + length - 1))
}

/// The words near one another; only when none of them is a function word.
fn scattered(tokens: &[Token], words: &[KeyWord]) -> Option<(usize, usize)> {
    if words.iter().any(|word| word.function) {
        return None;
    }
    let at = |word: &KeyWord| tokens.iter().position(|t| t.stem == word.stem);
    let places: Vec<usize> = words.iter().map(at).collect::<Option<_>>()?;
    let (first, last) = (*places.iter().min()?, *places.iter().max()?);
    (last - first < words.len() + 3).then_some((first, last))
}

/// `Wi-Fi` for a key `WiFi` (one word to the tokenizer).
fn spelled_apart(analysis: &Analysis<'_>, token: &Token, raw: u32) -> bool {
    let next = analysis.tokens.iter().find(|t| t.start == token.end + 1);
    next.is_some_and(|next| {
        analysis.text[token.end..next.start] == *"-"
            && hash::spelled(token.of(analysis.text), next.of(analysis.text)) == raw
    })
}

fn grouped(tokens: &[Token], parent: &[KeyWord]) -> bool {
    if parent.is_empty() {
        return true;
    }
    let names = |t: &Token| parent.iter().any(|word| word.stem == t.stem);
    let ambience = parent.iter().any(|word| AMBIENCE.contains(&word.raw));
    let other = |t: &Token| ambience && t.is_in(&AMBIENCE);
    tokens.iter().any(|t| names(t) || other(t))
}
