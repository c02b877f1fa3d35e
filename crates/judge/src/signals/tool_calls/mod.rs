//! Tool calls against their declared schemas and the conversation.

mod alike;
mod arguments;
mod computed;
mod known;

use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use super::{Finding, Rule};
use crate::evidence::Evidence;
use crate::json::{self, Step};

/// Schema violations reported per call.
const MAX_VIOLATIONS: usize = 16;
/// Bytes of a path that is sought among the arguments; what lies deeper is reported of the whole call.
const MAX_POINTER: usize = 1_024;

/// Findings in one call; offsets are bytes of `arguments`.
pub(crate) fn find(evidence: &Evidence, name: &str, arguments: &str) -> Vec<Finding> {
    let whole = (0, arguments.len());
    if !evidence.schemas().any() {
        return Vec::new();
    }
    let Some(schema) = evidence.schemas().get(name) else {
        let hosted = evidence.tools().iter().any(|t| t.hosted);
        return if hosted { Vec::new() } else { vec![finding(Rule::ToolUnknown, whole)] };
    };
    let text = if arguments.trim().is_empty() { "{}" } else { arguments };
    let Ok(instance) = serde_json::from_str::<Value>(text) else {
        // Free-form tools take any text.
        return if schema.is_some() { vec![finding(Rule::ToolSyntax, whole)] } else { Vec::new() };
    };
    let mut places: Vec<String> = Vec::new();
    for error in schema.iter().flat_map(|validator| validator.iter_errors(&instance)).take(MAX_VIOLATIONS) {
        let path = error.instance_path().to_string();
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let extra = unexpected.iter().take(MAX_VIOLATIONS);
                places.extend(extra.map(|key| format!("{path}/{}", escape(key))));
            }
            _ => places.push(path),
        }
    }
    places.truncate(MAX_VIOLATIONS);
    let mut found: Vec<Finding> = Vec::new();
    for place in find_places(arguments, &places) {
        let (start, end) = place.unwrap_or(whole);
        if found.iter().all(|f| end <= f.start || f.end <= start) {
            found.push(finding(Rule::ToolSchema, (start, end)));
        }
    }
    let tool = evidence.tools().iter().find(|tool| tool.name == name);
    let foreign = tool.map(|tool| arguments::unmentioned(evidence, tool, arguments)).unwrap_or_default();
    for (start, end) in foreign {
        if found.iter().all(|f| end <= f.start || f.end <= start) {
            found.push(finding(Rule::ToolArgument, (start, end)));
        }
    }
    found.sort_by_key(|f| f.start);
    found
}

fn finding(rule: Rule, (start, end): (usize, usize)) -> Finding {
    Finding { start, end, rule, evidence: None }
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Where the values of those JSON Pointers stand: a scalar itself, a container from its first leaf to its last.
fn find_places(arguments: &str, pointers: &[String]) -> Vec<Option<(usize, usize)>> {
    let sought = |pointer: &String| !pointer.is_empty() && pointer.len() <= MAX_POINTER;
    let mut found: Vec<Option<(usize, usize)>> = vec![None; pointers.len()];
    let from = arguments.find(['{', '[']).filter(|_| pointers.iter().any(sought));
    let Some(from) = from else { return found };
    json::leaves(arguments, from, |path, leaf| {
        let at = pointer_of(arguments, path);
        for (pointer, found) in pointers.iter().zip(&mut found).filter(|(pointer, _)| sought(pointer)) {
            if at.strip_prefix(pointer.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            {
                *found = Some((found.map_or(leaf.start, |(start, _)| start), leaf.end));
            }
        }
    });
    found
}

/// The leaf's pointer, up to the step that makes it longer than any that is sought.
fn pointer_of(text: &str, path: &[Step]) -> String {
    let mut pointer = String::new();
    for step in path {
        pointer.push('/');
        match step {
            Step::Key { start, end } if pointer.len() + (end - start) <= MAX_POINTER => {
                pointer.push_str(&escape(&text[*start..*end]));
            }
            Step::Key { .. } => return pointer,
            Step::Index(n) => pointer.push_str(&n.to_string()),
        }
    }
    pointer
}

#[cfg(test)]
mod tests;
