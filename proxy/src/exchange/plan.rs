//! What the policy comes to for one exchange.
//!
//! Where a rule's parts contradict each other, this is what holds:
//! - `observe`, `annotate` and `shadow` never change the text, so there is nothing to hold a stream for: delivery is `pass`.
//! - `redact` with `pass`: a span cannot be removed once it is out, so delivery is `sentence`.
//! - `block` with `pass`: nothing is held, and the stream is cut at the first flagged sentence, which the client has
//!   seen by then.
//! - An unstreamed answer is one piece: every action but `observe` holds it until it is judged.
//! - `closed` acts as if the response had been over the threshold. Under `observe`, `annotate` and `shadow` that changes
//!   nothing; under `redact`, which cannot redact what it has not read, it blocks.

use std::sync::Arc;

use agentguard_judge::{NotChecked, Signal, Span, State, Verdict};
use agentguard_policy::{Action, Delivery, FailMode, Rule};
use agentguard_redact::Redactor;
use agentguard_wire::{Edit, Edits};

/// What stands where a span was.
const REDACTED: &str = "[redacted]";

/// One exchange's policy.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The rule as it is written.
    pub(crate) rule: Rule,
    /// The revision of the policy that it is from.
    pub(crate) revision: String,
    /// What is taken out of captured content.
    pub(crate) redaction: Arc<Redactor>,
    /// What is done.
    pub(crate) action: Action,
    /// How a stream is delivered.
    pub(crate) delivery: Delivery,
}

impl Plan {
    pub(crate) fn new(rule: Rule, revision: String, redaction: Arc<Redactor>) -> Self {
        let action = if rule.shadow { Action::Observe } else { rule.action };
        let delivery = match action {
            Action::Observe | Action::Annotate => Delivery::Pass,
            Action::Redact if rule.delivery == Delivery::Pass => Delivery::Sentence,
            Action::Redact | Action::Block => rule.delivery,
        };
        Self { rule, revision, redaction, action, delivery }
    }

    /// Whether the text may be changed or stopped.
    pub(crate) fn acts(&self) -> bool {
        matches!(self.action, Action::Redact | Action::Block)
    }

    /// Whether anything may be added.
    pub(crate) fn annotates(&self) -> bool {
        self.action != Action::Observe
    }

    /// Whether any signal is on at all.
    pub(crate) fn judges(&self) -> bool {
        Signal::ALL.iter().any(|signal| self.rule.signals.has(*signal))
    }

    /// Whether a response that could not be checked for this reason is stopped.
    pub(crate) fn stops(&self, reason: NotChecked) -> bool {
        let mode = match reason {
            NotChecked::Timeout => self.rule.on_timeout,
            NotChecked::Overload => self.rule.on_overload,
            NotChecked::Encoding
            | NotChecked::TooLarge
            | NotChecked::UnknownDialect
            | NotChecked::JudgeError => self.rule.on_error,
            // Nothing went wrong, or nothing is left to be stopped.
            NotChecked::TlsPinned
            | NotChecked::UpstreamError
            | NotChecked::Aborted
            | NotChecked::Empty
            | NotChecked::Disabled => FailMode::Open,
        };
        self.acts() && mode == FailMode::Closed
    }

    /// Whether a span calls for the action.
    pub(crate) fn flags(&self, span: &Span) -> bool {
        span.risk >= self.rule.thresholds.act
    }

    /// Whether a verdict calls for the action.
    pub(crate) fn is_over(&self, verdict: &Verdict) -> bool {
        let stopped = verdict.reason.is_some_and(|reason| self.stops(reason));
        stopped || self.crosses(verdict)
    }

    fn crosses(&self, verdict: &Verdict) -> bool {
        let judged = !matches!(verdict.state, State::NotChecked | State::Unverifiable);
        let risky = judged && verdict.risk >= self.rule.thresholds.act;
        risky || verdict.spans.iter().any(|span| self.flags(span))
    }

    /// What the rule would have done, had it been let.
    pub(crate) fn would(&self, verdict: &Verdict) -> Option<Action> {
        match self.rule.action {
            Action::Observe => None,
            Action::Annotate => Some(Action::Annotate),
            action => self.crosses(verdict).then_some(action),
        }
    }

    /// Adds the edits that remove the flagged words of the text. A flagged tool call has no words to remove: it passes and
    /// is reported; `block` stops it.
    pub(crate) fn redact(&self, spans: &[Span], edits: &mut Edits) {
        for span in spans.iter().filter(|span| span.call.is_none() && self.flags(span)) {
            let replacement = REDACTED.to_owned();
            edits.add(span.choice, Edit { start: span.start, end: span.end, replacement });
        }
    }
}

#[cfg(test)]
mod tests;
