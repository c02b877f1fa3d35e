//! What of an exchange's content goes with its event, by policy.

use agentguard_api::verdict::CapturedCall;
use agentguard_api::{Content, ContentSource};
use agentguard_judge::{Evidence, Verdict};
use agentguard_policy::{Capture, Rule};
use agentguard_wire::Answer;

/// Whether the rule captures the content of a response with this verdict.
pub(crate) fn captures(rule: &Rule, verdict: &Verdict) -> bool {
    let warn = rule.thresholds.warn;
    match rule.capture {
        Capture::None => false,
        Capture::Flagged => verdict.risk >= warn || verdict.spans.iter().any(|span| span.risk >= warn),
        Capture::All => true,
    }
}

/// The content.
pub(crate) fn of(answer: Answer, evidence: Option<&Evidence>) -> Content {
    let mut content = Content::default();
    for (choice, said) in (0..).zip(answer.choices) {
        content.texts.push(said.text);
        for (call, made) in (0..).zip(said.tool_calls) {
            content.tool_calls.push(CapturedCall {
                choice,
                call,
                name: made.name,
                arguments: made.arguments,
            });
        }
    }
    let sources = evidence.map(Evidence::sources).unwrap_or_default();
    content.evidence = sources
        .iter()
        .map(|source| ContentSource {
            label: source.label.clone(),
            kind: source.kind,
            text: source.text.clone(),
        })
        .collect();
    content
}
