//! Which string of a JSON value is what was said.

use serde_json::Value;

/// Names under which agents put their words, the likeliest first.
const WORDS: [&str; 12] = [
    "delta", "content", "text", "token", "answer", "response", "reply", "output", "message", "result",
    "chunk", "data",
];
/// How deep words are looked for.
const DEPTH: usize = 4;

/// The words in one event's payload, and where they are: the keys that lead there.
pub(crate) fn words(value: &Value) -> Option<(Vec<&'static str>, &str)> {
    if is_aside(value) {
        return None;
    }
    let mut path = Vec::new();
    let text = find(value, &mut path)?;
    Some((path, text))
}

fn find<'v>(value: &'v Value, path: &mut Vec<&'static str>) -> Option<&'v str> {
    match value {
        Value::String(text) => Some(text),
        Value::Object(fields) if path.len() < DEPTH => WORDS.iter().find_map(|name| {
            path.push(name);
            let found = fields.get(*name).and_then(|value| find(value, path));
            if found.is_none() {
                path.pop();
            }
            found
        }),
        _ => None,
    }
}

/// Whether an event says by its type that it is not part of the answer: thoughts, tool calls, progress, beginnings and ends.
fn is_aside(value: &Value) -> bool {
    let kind = ["type", "event"].iter().find_map(|name| value.get(name)?.as_str());
    kind.is_some_and(|kind| {
        let kind = kind.to_ascii_lowercase();
        ["reason", "think", "tool", "error", "status", "progress", "start", "end", "meta"]
            .iter()
            .any(|word| kind.contains(word))
    })
}

/// The string at the end of the keys.
pub(crate) fn at<'v>(value: &'v mut Value, path: &[&str]) -> Option<&'v mut String> {
    let value = path.iter().try_fold(value, |value, key| value.get_mut(key))?;
    if let Value::String(text) = value { Some(text) } else { None }
}

/// Visits, in order, every string of a whole reply that says something: more than one word, or under a telling name.
pub(crate) fn statements(value: &mut Value, visit: &mut dyn FnMut(&mut String)) {
    walk(value, "", visit);
}

fn walk(value: &mut Value, name: &str, visit: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) => {
            let telling =
                name.is_empty() || WORDS.contains(&name) || text.split_whitespace().nth(1).is_some();
            if telling && !text.trim().is_empty() {
                visit(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, name, visit)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| walk(value, name, visit)),
        _ => {}
    }
}

/// Whether a payload has the shape of OpenAI's chat API.
pub(crate) fn is_chat(value: &Value) -> bool {
    value.get("choices").is_some_and(Value::is_array)
}
