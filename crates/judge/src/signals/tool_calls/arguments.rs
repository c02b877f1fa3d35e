//! Arguments that nobody mentioned: neither the conversation, nor a tool's result, nor the tool's own declaration.
//!
//! Models rightly rephrase what was asked ("next Friday" → a date, "Hanoi" → "Hanoi, Vietnam", "in dollars" → `USD`), so only
//! values that could not have been made from anything said are named: identifiers, addresses, long numbers and names.

use agentguard_wire::Tool;
use serde_json::Value;

use crate::evidence::Evidence;
use crate::json::{self, Scalar};
use crate::quantity::{self, Value as Quantity};
use crate::text::{Class, Shape, Token, hash, tokenize};

/// Words of a tool's declaration that are read.
const MAX_DECLARED: usize = 4_096;

/// The places of unmentioned values, in bytes of `arguments`.
pub(super) fn unmentioned(evidence: &Evidence, tool: &Tool, arguments: &str) -> Vec<(usize, usize)> {
    let Some(from) = arguments.find(['{', '[']) else { return Vec::new() };
    let mut declared: Option<Vec<u32>> = None;
    let mut found = Vec::new();
    json::leaves(arguments, from, |_, leaf| {
        let text = &arguments[leaf.start..leaf.end];
        let suspicious = match leaf.kind {
            Scalar::String => is_foreign_text(evidence, text),
            Scalar::Number => is_foreign_number(evidence, text),
            Scalar::True | Scalar::False | Scalar::Null => false,
        };
        if suspicious {
            let declared = declared.get_or_insert_with(|| declaration(tool));
            let mut tokens: Vec<Token> = Vec::new();
            tokenize(text, &mut tokens);
            if !tokens.iter().any(|t| declared.binary_search(&t.raw).is_ok()) {
                found.push((leaf.start, leaf.end));
            }
        }
    });
    found
}

/// The words of the declaration: descriptions, defaults, examples, enumerations.
fn declaration(tool: &Tool) -> Vec<u32> {
    let mut tokens: Vec<Token> = Vec::new();
    tokenize(&tool.description, &mut tokens);
    let mut open: Vec<&Value> = tool.parameters.iter().collect();
    while let Some(value) = open.pop().filter(|_| tokens.len() < MAX_DECLARED) {
        match value {
            Value::String(text) => tokenize(text, &mut tokens),
            Value::Number(number) => tokenize(&number.to_string(), &mut tokens),
            Value::Array(items) => open.extend(items),
            Value::Object(map) => {
                map.keys().for_each(|key| tokenize(key, &mut tokens));
                open.extend(map.values());
            }
            Value::Bool(_) | Value::Null => {}
        }
    }
    let mut raws: Vec<u32> = tokens.iter().map(|t| t.raw).collect();
    raws.sort_unstable();
    raws.dedup();
    raws
}

fn is_foreign_text(evidence: &Evidence, text: &str) -> bool {
    let mut tokens: Vec<Token> = Vec::new();
    tokenize(text, &mut tokens);
    let index = evidence.index();
    let content: Vec<&Token> = tokens.iter().filter(|t| t.is_content()).collect();
    if content.is_empty() || content.iter().any(|t| index.has_word(t)) {
        return false;
    }
    let mut quantities = Vec::new();
    quantity::scan(text, &tokens, &mut quantities);
    // Dates and times are computed from "tomorrow" and "next week".
    if quantities.iter().any(|q| matches!(q.value, Quantity::Date(_) | Quantity::Time(..)))
        || text.contains("T00:00")
    {
        return false;
    }
    let address = text.contains('@') && text.contains('.') || text.contains("://");
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let identifier = digits >= 4 && !quantities.iter().any(|q| evidence.facts().support(q).is_some());
    let name = content.len() >= 2
        && content.iter().all(|t| t.shape == Shape::Capital && !t.class.has(Class::MONTH))
        && !is_expansion(evidence, &content, text);
    address || identifier || name
}

/// "New York City" for "NYC".
fn is_expansion(evidence: &Evidence, content: &[&Token], text: &str) -> bool {
    let initials: String =
        content.iter().filter_map(|t| t.of(text).chars().next()).map(|c| c.to_ascii_lowercase()).collect();
    evidence.index().has_raw(hash::bytes(initials.as_bytes()))
}

/// Numbers of four digits or more that do not follow from a number that was said.
fn is_foreign_number(evidence: &Evidence, text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let Ok(value) = text.parse::<f64>() else { return false };
    // Round values are limits and conversions; coordinates are looked up from place names.
    if digits < 4 || value.abs() % 100.0 == 0.0 || value.fract() != 0.0 {
        return false;
    }
    let known = |v: f64| evidence.facts().has_value(v);
    let scales = [1.0, 10.0, 60.0, 100.0, 1_000.0, 3_600.0, 1e6, 24.0, 7.0, 12.0];
    !scales.iter().any(|s| known(value / s) || known(value * s)) && !(1900.0..2100.0).contains(&value)
}
