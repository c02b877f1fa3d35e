//! Tool calls against their declared schemas and the conversation.

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
    let finding = |rule, (start, end)| Finding { start, end, rule, evidence: None };
    if !evidence.schemas().any() {
        return Vec::new();
    }
    let Some(validator) = evidence.schemas().get(name) else {
        let hosted = evidence.tools().iter().any(|t| t.hosted);
        return if hosted { Vec::new() } else { vec![finding(Rule::ToolUnknown, whole)] };
    };
    let Some(validator) = validator else { return Vec::new() };
    let text = if arguments.trim().is_empty() { "{}" } else { arguments };
    let Ok(instance) = serde_json::from_str::<Value>(text) else {
        return vec![finding(Rule::ToolSyntax, whole)];
    };
    let mut found = Vec::new();
    for error in validator.iter_errors(&instance).take(MAX_VIOLATIONS) {
        let path = error.instance_path().to_string();
        let place = match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                unexpected.first().and_then(|key| place(arguments, &format!("{path}/{}", escape(key))))
            }
            _ => place(arguments, &path),
        };
        let (start, end) = place.unwrap_or(whole);
        let seen = |f: &Finding| f.start < end && start < f.end;
        if !found.iter().any(seen) || found.is_empty() {
            found.push(finding(Rule::ToolSchema, (start, end)));
        }
    }
    found
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
        let mut at = String::new();
        for step in path {
            at.push('/');
            match step {
                Step::Key { start, end } => at.push_str(&escape(&arguments[*start..*end])),
                Step::Index(n) => at.push_str(&n.to_string()),
            }
        }
        if at == pointer || at.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/')) {
            let first = found.map_or(leaf.start, |(start, _)| start);
            found = Some((first, leaf.end));
        }
    });
    found
}
