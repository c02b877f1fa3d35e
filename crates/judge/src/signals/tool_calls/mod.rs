//! Tool calls against their declared schemas and the conversation.

mod arguments;

use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use super::{Finding, Rule};
use crate::evidence::Evidence;
use crate::json::{self, Step};

/// Schema violations reported per call.
const MAX_VIOLATIONS: usize = 16;

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
    let mut found: Vec<Finding> = Vec::new();
    for error in schema.iter().flat_map(|validator| validator.iter_errors(&instance)).take(MAX_VIOLATIONS) {
        let path = error.instance_path().to_string();
        let place = match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                unexpected.first().and_then(|key| place(arguments, &format!("{path}/{}", escape(key))))
            }
            _ => place(arguments, &path),
        };
        let (start, end) = place.unwrap_or(whole);
        if found.iter().all(|f| end <= f.start || f.end <= start) {
            found.push(finding(Rule::ToolSchema, (start, end)));
        }
    }
    let tool = evidence.tools().iter().find(|tool| tool.name == name);
    for (start, end) in tool.map(|tool| arguments::unmentioned(evidence, tool, arguments)).unwrap_or_default()
    {
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

/// Where a JSON Pointer's value stands: a scalar itself, a container from its first leaf to its last.
fn place(arguments: &str, pointer: &str) -> Option<(usize, usize)> {
    if pointer.is_empty() {
        return None;
    }
    let from = arguments.find(['{', '['])?;
    let mut found: Option<(usize, usize)> = None;
    json::leaves(arguments, from, |path, leaf| {
        let at = pointer_of(arguments, path);
        if at == pointer || at.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/')) {
            let first = found.map_or(leaf.start, |(start, _)| start);
            found = Some((first, leaf.end));
        }
    });
    found
}

fn pointer_of(text: &str, path: &[Step]) -> String {
    let mut pointer = String::new();
    for step in path {
        pointer.push('/');
        match step {
            Step::Key { start, end } => pointer.push_str(&escape(&text[*start..*end])),
            Step::Index(n) => pointer.push_str(&n.to_string()),
        }
    }
    pointer
}
