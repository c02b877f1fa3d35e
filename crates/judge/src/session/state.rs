//! The verdict's state, risk and sentence for people.

use super::choice::{Choice, Readings};
use crate::score::{Setting, Tally, VERSION};
use crate::settings::Signal;
use crate::{Evidence, NotChecked, Settings, Span, SpanKind, State, Verdict};

/// What a response came to.
pub(super) struct Parts<'s> {
    pub choices: &'s [Choice],
    pub tally: &'s Tally,
    pub readings: Readings,
}

/// Combines everything.
pub(super) fn verdict(
    evidence: &Evidence,
    settings: &Settings,
    parts: &Parts<'_>,
    spans: Vec<Span>,
) -> Verdict {
    let Parts { choices, tally, readings } = *parts;
    let sum = |count: fn(&Choice) -> u32| choices.iter().map(count).fold(0, u32::saturating_add);
    let (sentences, calls, claims) = (sum(|c| c.sentences), sum(|c| c.judged_calls), sum(|c| c.claims));
    let refused = choices.iter().any(|c| c.refused);
    if sentences == 0 && calls == 0 && !refused {
        return Verdict::not_checked(NotChecked::Empty);
    }
    let risk = tally.risk(&Setting::of(evidence));
    let over = |span: &&Span| span.risk >= settings.threshold;
    let state = if spans.iter().filter(over).any(|s| s.kind == SpanKind::Contradiction) {
        State::Contradicted
    } else if spans.iter().any(|s| over(&s)) || risk >= settings.threshold {
        State::Ungrounded
    } else if evidence.is_checkable() && (claims > 0 || sentences > 0)
        || calls > 0 && evidence.schemas().any() && claims == 0
    {
        State::Grounded
    } else {
        State::Unverifiable
    };
    let mut explanation = explain(state, evidence, settings, &spans, claims);
    if readings.missed > 0 {
        explanation.push_str(&format!(
            " The model was skipped for {} of {} sentences.",
            readings.missed, readings.asked
        ));
    }
    // A model that has not read everything it was to read is not said to have judged the response.
    let read = readings.asked > 0 && readings.missed == 0;
    let ran = |signal: &Signal| settings.signals.has(*signal) && (*signal != Signal::Model || read);
    let signals: Vec<Signal> = Signal::ALL.into_iter().filter(ran).collect();
    let model = evidence.encoding().filter(|_| signals.contains(&Signal::Model));
    let judge = model.map_or_else(|| VERSION.to_owned(), |model| format!("{VERSION}+{}", model.version()));
    Verdict { state, reason: None, risk, spans, sentences, signals, explanation, judge }
}

/// One plain sentence.
fn explain(state: State, evidence: &Evidence, settings: &Settings, spans: &[Span], claims: u32) -> String {
    let unseen = evidence.unseen();
    let mut text = match state {
        State::Contradicted | State::Ungrounded => flagged(settings, spans),
        State::Grounded if claims == 0 => {
            "The response makes no claim that the evidence would have to support.".to_owned()
        }
        State::Grounded => format!(
            "{} found no part of the response that the evidence does not support.",
            if settings.signals == crate::Signals::all() { "The signals" } else { "The signals switched on" }
        ),
        State::Unverifiable if unseen.hosted_tools => {
            "The provider's own tools may have supplied evidence that is not visible here.".to_owned()
        }
        State::Unverifiable if unseen.earlier_response => {
            "The conversation continues one kept by the provider, so its evidence is not visible here."
                .to_owned()
        }
        State::Unverifiable if unseen.media => {
            "The evidence includes media that cannot be read as text.".to_owned()
        }
        State::Unverifiable if claims == 0 => "The response makes no claim.".to_owned(),
        State::Unverifiable | State::NotChecked => {
            "The conversation holds no evidence to check the response against.".to_owned()
        }
    };
    if unseen.bytes > 0 {
        text.push_str(&format!(
            " {} KiB of the evidence were over the memory budget and not read.",
            unseen.bytes.div_ceil(1024)
        ));
    }
    text
}

/// "Two numbers and a name are not supported by the evidence."
fn flagged(settings: &Settings, spans: &[Span]) -> String {
    let over: Vec<&Span> = spans.iter().filter(|s| s.risk >= settings.threshold).collect();
    if over.is_empty() {
        return "Taken together, the response is unlikely to be fully supported by the evidence, though no single part stands out."
            .to_owned();
    }
    let names = [
        (
            SpanKind::Contradiction,
            "statement that contradicts the evidence",
            "statements that contradict the evidence",
        ),
        (
            SpanKind::WrongNumber,
            "number or date that the evidence does not support",
            "numbers or dates that the evidence does not support",
        ),
        (
            SpanKind::UnknownEntity,
            "name that the evidence does not mention",
            "names that the evidence does not mention",
        ),
        (
            SpanKind::FabricatedReference,
            "reference that the evidence does not contain",
            "references that the evidence does not contain",
        ),
        (
            SpanKind::Unsupported,
            "passage without support in the evidence",
            "passages without support in the evidence",
        ),
        (SpanKind::ToolCall, "problem in a tool call", "problems in tool calls"),
        (
            SpanKind::LowConfidence,
            "passage of which the model was unsure",
            "passages of which the model was unsure",
        ),
    ];
    let counted: Vec<String> = names
        .iter()
        .filter_map(|(kind, one, many)| match over.iter().filter(|s| s.kind == *kind).count() {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        })
        .collect();
    match counted.as_slice() {
        [one] => format!("The response has {one}."),
        [first @ .., last] => format!("The response has {} and {last}.", first.join(", ")),
        [] => String::new(),
    }
}
