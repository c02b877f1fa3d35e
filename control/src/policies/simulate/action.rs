//! The action that follows from a rule and a stored verdict, as the proxy would take it.

use agentguard_api::VerdictEvent;
use agentguard_judge::{NotChecked, Signal, Span, State};
use agentguard_policy::{Action, FailMode, Rule};

/// What would have been done.
pub(super) fn under(rule: &Rule, event: &VerdictEvent) -> Action {
    let action = if rule.shadow { Action::Observe } else { rule.action };
    if action == Action::Observe || only_observed(event) {
        return Action::Observe;
    }
    let acts = matches!(action, Action::Block | Action::Redact);
    if acts && event.reason.is_some_and(|reason| stops(rule, reason)) {
        return Action::Block;
    }
    let over = |span: &Span| span.risk >= rule.thresholds.act;
    let judged = !matches!(event.verdict, State::NotChecked | State::Unverifiable);
    match action {
        Action::Block if (judged && event.risk >= rule.thresholds.act) || event.spans.iter().any(over) => {
            Action::Block
        }
        // A flagged tool call has no words to take out.
        Action::Redact if event.spans.iter().any(|span| span.call.is_none() && over(span)) => Action::Redact,
        _ => told(event),
    }
}

/// Whether the candidate's judge would have looked at something else: the risk is that of the signals that ran.
pub(super) fn is_uncertain(rule: &Rule, event: &VerdictEvent) -> bool {
    let judges = Signal::ALL.iter().any(|signal| rule.signals.has(*signal));
    event.signals.iter().any(|signal| !rule.signals.has(*signal))
        || (event.reason == Some(NotChecked::Disabled) && judges)
}

/// A session over WebSocket: whatever the policy says, its bytes pass.
fn only_observed(event: &VerdictEvent) -> bool {
    event.dialect == "openai_realtime"
}

/// What is left when nothing is done to the text: a header or a comment, where there is room for one.
fn told(event: &VerdictEvent) -> Action {
    let broke_off = matches!(event.reason, Some(NotChecked::UpstreamError | NotChecked::Aborted));
    // NDJSON and AWS's event stream have no comments.
    let no_comments =
        event.stream && (event.dialect.starts_with("ollama") || event.dialect.starts_with("bedrock"));
    if broke_off || no_comments { Action::Observe } else { Action::Annotate }
}

fn stops(rule: &Rule, reason: NotChecked) -> bool {
    let mode = match reason {
        NotChecked::Timeout => rule.on_timeout,
        NotChecked::Overload => rule.on_overload,
        NotChecked::Encoding | NotChecked::TooLarge | NotChecked::UnknownDialect | NotChecked::JudgeError => {
            rule.on_error
        }
        NotChecked::TlsPinned
        | NotChecked::UpstreamError
        | NotChecked::Aborted
        | NotChecked::Empty
        | NotChecked::Disabled => FailMode::Open,
    };
    mode == FailMode::Closed
}
