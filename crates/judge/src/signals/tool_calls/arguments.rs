//! Arguments that nobody mentioned: neither the conversation, nor a tool's result, nor the tool's own declaration.
//!
//! Models rightly rephrase what was asked ("next Friday" → a date, "Hanoi" → "Hanoi, Vietnam", "in dollars" → `USD`), so only
//! values are named of which nothing was said and nothing that was said could be made into them.

use agentguard_wire::Tool;

use super::computed;
use super::known::Known;
use super::{Rule, alike};
use crate::evidence::Evidence;
use crate::json::{self, Leaf, Scalar, Step};
use crate::quantity::{self, Quantity, Value};
use crate::text::lexicon::{self, Class};
use crate::text::pieces::{Piece, Word, pieces};
use crate::text::{Token, tokenize};

/// Unmentioned values named in one call.
const MAX_FOUND: usize = 16;
/// Bytes of a text in which a known word is sought; a longer one was composed.
const MAX_TEXT: usize = 1_024;
/// Words of a text that are looked up.
const MAX_WORDS: usize = 64;

/// The places of unmentioned values, in bytes of `arguments`.
pub(super) fn unmentioned(evidence: &Evidence, tool: &Tool, arguments: &str) -> Vec<(Rule, usize, usize)> {
    let Some(from) = arguments.find(['{', '[']) else { return Vec::new() };
    let mut known: Option<Known<'_>> = None;
    let mut found = Vec::new();
    json::leaves(arguments, from, |path, leaf| {
        if found.len() == MAX_FOUND || matches!(leaf.kind, Scalar::True | Scalar::False | Scalar::Null) {
            return;
        }
        let known = known.get_or_insert_with(|| Known::new(evidence, tool));
        let rule = match leaf.kind {
            Scalar::Number => foreign_number(known, arguments, path, leaf),
            _ => foreign_text(known, &arguments[leaf.start..leaf.end]),
        };
        found.extend(rule.map(|rule| (rule, leaf.start, leaf.end)));
    });
    found
}

/// Numbers that neither were said nor follow from ones that were. Coordinates are looked up from names of places.
fn foreign_number(known: &Known<'_>, arguments: &str, path: &[Step], leaf: Leaf) -> Option<Rule> {
    let value = arguments[leaf.start..leaf.end].parse::<f64>().ok()?;
    let key = path.iter().rev().find_map(|step| match step {
        Step::Key { start, end } => Some(arguments[*start..*end].to_ascii_lowercase()),
        Step::Index(_) => None,
    });
    let place = |key: String| ["lat", "lon", "lng", "coord"].iter().any(|part| key.contains(part));
    if computed::is_known_number(known, value) || value.fract() != 0.0 && key.is_some_and(place) {
        return None;
    }
    Some(Rule::ToolArgument)
}

/// What a text is made of.
#[derive(Default)]
struct Parts<'t> {
    words: Vec<Word<'t>>,
    numbers: Vec<&'t str>,
    signs: bool,
}

fn foreign_text(known: &mut Known<'_>, text: &str) -> Option<Rule> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let mut parts = Parts::default();
    let unescaped = text.replace("\\n", " ").replace("\\t", " ");
    pieces(&unescaped, |piece| match piece {
        Piece::Word(word) if parts.words.len() < MAX_WORDS => {
            let content = word.letters > 1 && !lexicon::class(word.hash).has(Class::STOP);
            if content {
                parts.words.push(word);
            }
        }
        Piece::Number(number) => parts.numbers.push(number),
        Piece::Sign(_) => parts.signs = true,
        Piece::Word(_) => {}
    });
    // Translated, not made up.
    let foreign = |word: &Word<'_>| word.foreign;
    if parts.words.iter().any(foreign) || !parts.words.is_empty() && known.said.is_foreign() {
        return None;
    }
    let mut tokens: Vec<Token> = Vec::new();
    tokenize(text, &mut tokens);
    let mut quantities: Vec<Quantity> = Vec::new();
    if !parts.numbers.is_empty() {
        quantity::scan(text, &tokens, &mut quantities);
    }
    let moments: Vec<&Quantity> =
        quantities.iter().filter(|q| matches!(q.value, Value::Date(_) | Value::Time(..))).collect();
    if !moments.is_empty() {
        let any = moments.iter().any(|moment| computed::is_known_moment(known, moment));
        return (!any).then_some(Rule::ToolArgument);
    }
    let telling: Vec<&Word<'_>> = parts.words.iter().filter(|word| !alike::is_neutral(word.hash)).collect();
    if telling.is_empty() && (parts.numbers.is_empty() || !parts.words.is_empty()) {
        return None;
    }
    if telling.iter().any(|word| known.has_word(word)) {
        return None;
    }
    let initials: String =
        telling.iter().filter_map(|word| word.text.chars().next()).map(|c| c.to_ascii_lowercase()).collect();
    if known.is_expansion(&initials) {
        return None;
    }
    // One digit of many is soon said somewhere.
    let long = |number: &&&str| telling.is_empty() || number.bytes().filter(u8::is_ascii_digit).count() > 1;
    let said = |number: &&str| number_known(known, number);
    if parts.numbers.iter().filter(long).any(said) {
        return None;
    }
    Some(Rule::ToolArgument)
}

fn number_known(known: &Known<'_>, number: &str) -> bool {
    let whole = number.replace(',', "").parse::<f64>().ok();
    let fields = number.split(['.', ',']).filter_map(|part| part.parse::<f64>().ok());
    match whole {
        Some(value) => computed::is_known_number(known, value),
        None => fields.into_iter().any(|value| known.has_number(value)),
    }
}
