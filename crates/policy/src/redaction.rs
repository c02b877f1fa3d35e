//! The policy's word on what is taken out of captured content.

use agentguard_redact::{MAX_PATTERNS, Own, OwnError, Redactor, Settings};

use crate::fields::Fields;
use crate::problem::{Mark, Problem};
use crate::tree::{Node, Value};

const KEYS: &[&str] = &["credentials", "emails", "cards", "ibans", "patterns"];
const PATTERN_KEYS: &[&str] = &["name", "pattern"];

/// Where a pattern's name and expression stand.
struct Marks {
    name: Mark,
    pattern: Mark,
}

/// Reads `redaction`. What is wrong with the patterns themselves is told together with the rest.
pub(crate) fn read(node: &Node, problems: &mut Vec<Problem>) -> Redactor {
    let before = problems.len();
    let mut settings = Settings::default();
    let mut fields = Fields::of(node, "redaction", KEYS, problems);
    for (key, target) in [
        ("credentials", &mut settings.credentials),
        ("emails", &mut settings.emails),
        ("cards", &mut settings.cards),
        ("ibans", &mut settings.ibans),
    ] {
        if let Some((on, _)) = fields.flag(key) {
            *target = on;
        }
    }
    let patterns = fields.get("patterns").filter(|node| node.value != Value::Null);
    let mut marks = Vec::new();
    if let Some(node) = patterns {
        match &node.value {
            Value::List(list) => {
                for (index, node) in list.iter().enumerate().take(MAX_PATTERNS + 1) {
                    if let Some((own, mark)) = pattern(index, node, problems) {
                        settings.own.push(own);
                        marks.push((index, mark));
                    }
                }
            }
            _ => fields.problem(
                node.mark,
                "patterns",
                format!("{node} is not a list of patterns"),
                Some("a list of maps with name and pattern".to_owned()),
            ),
        }
    }
    match Redactor::new(settings) {
        Ok(redactor) => redactor,
        Err(wrong) => {
            for (at, error) in wrong {
                let Some((index, marks)) = marks.get(at) else { continue };
                let (mark, key) = match error {
                    OwnError::Name(_) | OwnError::Twice(_) => (marks.name, "name"),
                    _ => (marks.pattern, "pattern"),
                };
                let key = format!("redaction.patterns[{index}].{key}");
                problems.push(Problem { mark, key, what: error.to_string(), allowed: None, hint: None });
            }
            debug_assert!(problems.len() > before, "whatever is refused is told");
            Redactor::default()
        }
    }
}

fn pattern(index: usize, node: &Node, problems: &mut Vec<Problem>) -> Option<(Own, Marks)> {
    let key = format!("redaction.patterns[{index}]");
    let mut fields = Fields::of(node, &key, PATTERN_KEYS, problems);
    if !fields.is_map() {
        return None;
    }
    let mut text = |key: &str, allowed: &str| {
        let given = fields.get(key);
        if let Some(Node { mark, value: Value::Text(text) }) = given {
            return Some((text.clone(), *mark));
        }
        let what = given.map_or_else(|| "missing".to_owned(), |given| format!("{given} is not text"));
        fields.problem(given.map_or(node.mark, |given| given.mark), key, what, Some(allowed.to_owned()));
        None
    };
    let name = text("name", "what stands for it in [redacted:NAME]");
    let pattern = text("pattern", "a regular expression in quotes");
    let ((name, name_mark), (pattern, pattern_mark)) = (name?, pattern?);
    Some((Own { name, pattern }, Marks { name: name_mark, pattern: pattern_mark }))
}
