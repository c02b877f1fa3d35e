//! What the demo prints: a line a verdict, and the summary.

use std::time::Duration;

use agentguard_api::VerdictEvent;
use agentguard_judge::State;
use agentguard_policy::Action;

use super::agreement::{Said, Spoken, check, flagged};
use super::conversation::Conversation;
use super::replay::Exchange;
use crate::style::{Look, Style, cut};

/// One conversation with what came of it.
pub(super) struct Outcome {
    /// What was said and what it was written to be.
    pub(super) conversation: Conversation,
    /// What the client got, or why nothing.
    pub(super) exchange: Result<Exchange, String>,
    /// The verdict, if it reached the control plane, and how long after the last byte.
    pub(super) verdict: Option<(VerdictEvent, Duration)>,
}

impl Outcome {
    /// Whether the judge said what the answer was written to be; `Err`: in what it differs.
    ///
    /// # Errors
    /// The difference.
    pub(super) fn agrees(&self) -> Result<(), String> {
        self.exchange.as_ref().map_err(Clone::clone)?;
        let (event, _) = self.verdict.as_ref().ok_or("no verdict reached the control plane")?;
        let said = Said { state: event.verdict, spans: &event.spans };
        check(&self.conversation.case.expect, &Spoken::of(&self.conversation), &said)?;
        self.delivered()
    }

    /// Whether the client got what the action says: all of it, or none of the planted words.
    fn delivered(&self) -> Result<(), String> {
        let (Ok(exchange), Some((event, _))) = (&self.exchange, &self.verdict) else { return Ok(()) };
        let (case, heard) = (&self.conversation.case, exchange.heard());
        if matches!(event.action, Action::Redact | Action::Block) {
            let leaked = case.expect.words.iter().find(|words| heard.contains(words.as_str()));
            return leaked.map_or(Ok(()), |words| Err(format!("“{words}” reached the client all the same")));
        }
        let calls = case.calls.iter().map(|call| format!("\n{}({})", call.name, call.arguments));
        let said: String = std::iter::once(case.answer.clone()).chain(calls).collect();
        if heard == said { Ok(()) } else { Err("the client did not get what the provider said".to_owned()) }
    }

    /// What became of the answer on its way to the client.
    fn fate(&self) -> &'static str {
        let Some((event, _)) = &self.verdict else { return "unknown" };
        match (event.action, event.would) {
            (Action::Block, _) if self.exchange.as_ref().is_ok_and(|exchange| exchange.status >= 400) => {
                "refused"
            }
            (Action::Block, _) => "cut",
            (Action::Redact, _) => "redacted",
            (_, Some(Action::Block)) => "would cut",
            (_, Some(Action::Redact)) => "would redact",
            (Action::Annotate, _) => "annotated",
            (Action::Observe, _) => "passed",
        }
    }

    /// The riskiest span's words and kind.
    fn finding(&self) -> Option<(String, String)> {
        let (event, _) = self.verdict.as_ref()?;
        let spoken = Spoken::of(&self.conversation);
        let span = event.spans.iter().max_by(|a, b| a.risk.total_cmp(&b.risk))?;
        Some((spoken.shown(span), span.kind.as_str().replace('_', " ")))
    }
}

/// Characters of a line before its finding: mark, name, state, risk and fate.
const FIXED: usize = 61;

/// The line of one conversation; where it disagrees, a second one says in what.
#[must_use]
pub(super) fn line(outcome: &Outcome, style: Style) -> String {
    let agrees = outcome.agrees();
    let mark = if agrees.is_ok() { style.paint(Look::Good, "✓") } else { style.paint(Look::Bad, "✗") };
    let case = &outcome.conversation.case;
    let name = format!("{:<26}", cut(&case.id, 26));
    let (state, risk) =
        outcome.verdict.as_ref().map_or((State::NotChecked, 0.0), |(e, _)| (e.verdict, e.risk));
    let look = match state {
        State::Grounded => Look::Good,
        State::Ungrounded | State::Contradicted => Look::Bad,
        State::Unverifiable | State::NotChecked => Look::Warn,
    };
    let state = style.paint(look, &format!("{:<12}", state.as_str().replace('_', " ")));
    let written = match (&case.expect.planted, case.expect.verdict) {
        (Some(planted), _) => format!("planted: {planted}"),
        (None, State::Unverifiable) => "nothing to check against".to_owned(),
        (None, _) => "written to be right".to_owned(),
    };
    let fate = format!("{:<12}", outcome.fate());
    let found = outcome.finding().filter(|_| flagged(outcome.state()));
    let (words, kind) = found.map_or_else(Default::default, |(words, kind)| {
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        (format!("“{}”", cut(&words, 36)), format!(" {kind}  "))
    });
    // What was found matters more than what was planted, which is left out where there is no room for it.
    let room = style.width.saturating_sub(FIXED + words.chars().count() + kind.chars().count());
    let written = if room < 16 { String::new() } else { cut(&written, room) };
    let finding =
        format!("{}{kind}{}", style.paint(Look::Marked, &words), style.paint(Look::Faint, &written));
    let mut out = format!("{mark} {name} {state} {risk:.2}  {fate} {finding}");
    if let Err(difference) = agrees {
        out.push_str(&format!("\n    {}", style.paint(Look::Bad, &difference)));
    }
    out
}

impl Outcome {
    fn state(&self) -> State {
        self.verdict.as_ref().map_or(State::NotChecked, |(event, _)| event.verdict)
    }
}

/// Whether every conversation agrees.
#[must_use]
pub(super) fn whole(outcomes: &[Outcome]) -> bool {
    outcomes.iter().all(|outcome| outcome.agrees().is_ok())
}

/// Agreement and times.
#[must_use]
pub(super) fn summary(outcomes: &[Outcome], style: Style) -> String {
    let rows = [
        ("written right", State::Grounded),
        ("hallucinated", State::Ungrounded),
        ("nothing to check", State::Unverifiable),
    ];
    let class = |state: State| if flagged(state) { State::Ungrounded } else { state };
    let columns = [State::Grounded, State::Ungrounded, State::Unverifiable, State::NotChecked];
    let heads = ["grounded", "flagged", "unverifiable", "not checked"];
    let mut out = String::new();
    out.push_str(&style.paint(Look::Strong, &format!("{:<20}", "judged →")));
    for head in heads {
        out.push_str(&style.paint(Look::Strong, &format!("{head:>14}")));
    }
    out.push('\n');
    for (name, expected) in rows {
        out.push_str(&format!("{name:<20}"));
        for column in columns {
            let count = outcomes
                .iter()
                .filter(|o| {
                    class(o.conversation.case.expect.verdict) == expected && class(o.state()) == column
                })
                .count();
            let cell = format!("{:>14}", if count == 0 { "·".to_owned() } else { count.to_string() });
            let look = match (count, column == expected) {
                (0, _) => Look::Faint,
                (_, true) => Look::Good,
                (_, false) => Look::Bad,
            };
            out.push_str(&style.paint(look, &cell));
        }
        out.push('\n');
    }
    let agree = outcomes.iter().filter(|outcome| outcome.agrees().is_ok()).count();
    let look = if agree == outcomes.len() { Look::Good } else { Look::Bad };
    let verdict = format!("{agree} of {} agree with what they were written to be", outcomes.len());
    out.push_str(&format!("\n{}\n", style.paint(look, &verdict)));
    out.push_str(&times(outcomes));
    out.push_str(&acted(outcomes, style));
    out
}

/// What the clients got where the policy acted: one example of each way.
fn acted(outcomes: &[Outcome], style: Style) -> String {
    let example = |fate: &'static str| outcomes.iter().find(|outcome| outcome.fate() == fate);
    let mut out = String::new();
    for outcome in ["redacted", "cut", "refused"].into_iter().filter_map(example) {
        let Ok(exchange) = &outcome.exchange else { continue };
        let heard = exchange.heard().split_whitespace().collect::<Vec<_>>().join(" ");
        let got = if exchange.status >= 400 { format!("HTTP {}", exchange.status) } else { heard };
        let name = cut(&outcome.conversation.case.id, 26);
        let got = cut(&got, style.width.saturating_sub(40).max(40));
        out.push_str(&format!("  {:<10} {name:<26} {}\n", outcome.fate(), style.paint(Look::Faint, &got)));
    }
    if out.is_empty() {
        out
    } else {
        format!("\nWhat the client got where the policy acted, for example\n{out}")
    }
}

fn times(outcomes: &[Outcome]) -> String {
    let events = || outcomes.iter().filter_map(|outcome| outcome.verdict.as_ref());
    let spread = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            values.get(((values.len() as f64 - 1.0) * share).round() as usize).copied().unwrap_or(0.0)
        };
        format!("{:.1} ms median, {:.1} ms at most", at(0.5), at(1.0))
    };
    let judge = spread(events().map(|(event, _)| event.latency.judge_ms).collect());
    let held = spread(events().map(|(event, _)| event.latency.held_ms).collect());
    let shown = spread(events().map(|(_, after)| after.as_secs_f64() * 1000.0).collect());
    format!(
        "time in the judge, evidence included   {judge}\nlongest that a byte was held           {held}\n\
         last byte to verdict in control plane  {shown}\n"
    )
}
