//! Arguments that nobody mentioned: neither the conversation, nor a tool's result, nor the tool's own declaration.
//!
//! Models rightly rephrase what was asked ("next Friday" → a date, "Hanoi" → "Hanoi, Vietnam", "in dollars" → `USD`), so only
//! values are named of which nothing was said and nothing that was said could be made into them.

use std::borrow::Cow;

use agentguard_wire::Tool;

use super::alike;
use super::computed;
use super::known::Known;
use crate::evidence::Evidence;
use crate::json::{self, Leaf, Scalar, Step};
use crate::quantity::{self, Quantity, Value};
use crate::text::lexicon::{self, Class};
use crate::text::pieces::{Piece, Word, pieces};
use crate::text::{Token, tokenize};

/// Unmentioned values named in one call.
const MAX_FOUND: usize = 16;
/// Values looked at in one call.
const MAX_LOOKED_AT: usize = 2_048;
/// Bytes of a text in which a known word is sought; a longer one was composed.
const MAX_TEXT: usize = 1_024;

/// The places of unmentioned values, in bytes of `arguments`: the first ones. None where something is out of sight (an image, an
/// earlier turn that the provider keeps): they may come from there.
pub(super) fn unmentioned(evidence: &Evidence, tool: &Tool, arguments: &str) -> Vec<(usize, usize)> {
    let visible = !evidence.unseen().any();
    let Some(from) = arguments.find(['{', '[']).filter(|_| visible) else { return Vec::new() };
    let mut looked_at = 0;
    let mut known: Option<Known<'_>> = None;
    let mut found = Vec::new();
    json::leaves(arguments, from, |path, leaf| {
        let full = found.len() == MAX_FOUND || looked_at == MAX_LOOKED_AT;
        if full || matches!(leaf.kind, Scalar::True | Scalar::False | Scalar::Null) {
            return;
        }
        looked_at += 1;
        let known = known.get_or_insert_with(|| Known::new(evidence, tool));
        let foreign = match leaf.kind {
            Scalar::Number => is_foreign_number(known, arguments, path, leaf),
            _ => is_foreign_text(known, &arguments[leaf.start..leaf.end]),
        };
        if foreign {
            found.push((leaf.start, leaf.end));
        }
    });
    found
}

/// Numbers that neither were said nor follow from ones that were.
fn is_foreign_number(known: &Known<'_>, arguments: &str, path: &[Step], leaf: Leaf) -> bool {
    let Ok(value) = arguments[leaf.start..leaf.end].parse::<f64>() else { return false };
    if computed::is_known_number(known, value) {
        return false;
    }
    // Coordinates are looked up from names of places.
    let key = path.iter().rev().find_map(|step| match step {
        Step::Key { start, end } => Some(&arguments[*start..*end]),
        Step::Index(_) => None,
    });
    let place = |key: &str| {
        let key = key.to_ascii_lowercase();
        ["lat", "lon", "lng", "coord"].iter().any(|part| key.contains(part))
    };
    value.fract() == 0.0 || !key.is_some_and(place)
}

/// What a text is made of.
#[derive(Default)]
struct Parts<'t> {
    /// Words that say something.
    words: Vec<Word<'t>>,
    numbers: Vec<&'t str>,
    /// It holds words, if only function words or ones like "true".
    worded: bool,
    /// Some are in other letters than Latin ones.
    foreign: bool,
}

impl<'t> Parts<'t> {
    fn of(text: &'t str) -> Self {
        let mut parts = Self::default();
        pieces(text, |piece| match piece {
            Piece::Word(word) => {
                parts.worded |= word.letters > 1;
                parts.foreign |= word.foreign;
                let empty = lexicon::class(word.hash).has(Class::STOP) || alike::is_neutral(word.hash);
                if word.letters > 1 && !empty {
                    parts.words.push(word);
                }
            }
            Piece::Number(number) => parts.numbers.push(number),
            Piece::Sign(_) => {}
        });
        parts
    }
}

fn is_foreign_text(known: &mut Known<'_>, text: &str) -> bool {
    if text.len() > MAX_TEXT {
        return false;
    }
    let unescaped = unescape(text);
    let text = unescaped.as_ref();
    let parts = Parts::of(text);
    let mut moments = moments(text, !parts.numbers.is_empty()).into_iter().peekable();
    if moments.peek().is_some() {
        return !moments.any(|moment| computed::is_known_moment(known, &moment));
    }
    // What was said in another script is translated or spelled in Latin letters.
    if parts.foreign || parts.worded && (known.said.is_foreign() || parts.words.is_empty()) {
        return false;
    }
    if parts.words.iter().any(|word| known.has_word(word)) || known.is_expansion(&initials(text)) {
        return false;
    }
    // One digit of many is soon said somewhere.
    let digits = |number: &str| number.bytes().filter(u8::is_ascii_digit).count();
    let telling = |number: &&&str| parts.words.is_empty() && parts.numbers.len() == 1 || digits(number) > 1;
    let said = parts.numbers.iter().filter(telling).any(|number| is_said(known, number));
    let nothing = parts.words.is_empty() && parts.numbers.iter().all(|number| digits(number) < 2);
    !said && !nothing
}

/// First letters, up to the first comma: `la` of "Los Angeles, CA".
fn initials(text: &str) -> String {
    let parts = Parts::of(text.split(',').next().unwrap_or_default());
    parts.words.iter().filter_map(|word| word.text.chars().next()).map(|c| c.to_ascii_lowercase()).collect()
}

/// The text that a JSON string says; as it stands where it is none after all.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    serde_json::from_str::<String>(&format!("\"{text}\"")).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The dates, or else the times of day, in a text.
fn moments(text: &str, numbers: bool) -> Vec<Quantity> {
    let mut quantities: Vec<Quantity> = Vec::new();
    if numbers {
        let mut tokens: Vec<Token> = Vec::new();
        tokenize(text, &mut tokens);
        quantity::scan(text, &tokens, &mut quantities);
    }
    let dates = quantities.iter().any(|q| matches!(q.value, Value::Date(_)));
    quantities.retain(|q| matches!(q.value, Value::Date(_)) || !dates && matches!(q.value, Value::Time(..)));
    quantities
}

/// Whether the number, or a part of it where it is several (`192.168.0.1`), was said.
fn is_said(known: &Known<'_>, number: &str) -> bool {
    match number.replace(',', "").parse() {
        Ok(value) => known.has_number(value),
        Err(_) => {
            number.split(['.', ',']).filter_map(|part| part.parse().ok()).any(|part| known.has_number(part))
        }
    }
}
