//! A verdict for people: the text with its flagged words marked, and under it each span with the evidence.

use std::io::{self, Write};

use agentguard_judge::{Span, State, Verdict};

use super::Scored;
use crate::style::{Look, Style, cut};

pub(super) fn show(scored: &Scored, style: Style, out: &mut impl Write) -> io::Result<()> {
    let Scored { request, answer, streamed, evidence, verdict } = scored;
    let model = if answer.model.is_empty() { &request.model } else { &answer.model };
    let facts = [
        request.dialect.as_str().to_owned(),
        model.clone(),
        if *streamed { "streamed" } else { "unstreamed" }.to_owned(),
        counted(verdict.sentences as usize, "sentence"),
        counted(evidence.sources().len(), "source"),
    ];
    let facts = facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(" · ");
    writeln!(
        out,
        "{}  risk {:.2}  {}",
        headline(verdict, style),
        verdict.risk,
        style.paint(Look::Faint, &facts)
    )?;
    writeln!(out, "{}", verdict.explanation)?;
    let numbered: Vec<(usize, &Span)> =
        verdict.spans.iter().enumerate().map(|(at, span)| (at + 1, span)).collect();
    for (index, choice) in answer.choices.iter().enumerate() {
        let mine = |call: Option<u32>| {
            let here = |span: &Span| span.choice as usize == index && span.call == call;
            numbered.iter().filter(|(_, span)| here(span)).copied().collect::<Vec<_>>()
        };
        if answer.choices.len() > 1 {
            writeln!(out, "\n{}", style.paint(Look::Strong, &format!("choice {index}")))?;
        }
        if !choice.text.is_empty() {
            writeln!(out, "\n{}", marked(&choice.text, &mine(None), style))?;
        }
        for (at, call) in choice.tool_calls.iter().enumerate() {
            let arguments = marked(&call.arguments, &mine(u32::try_from(at).ok()), style);
            writeln!(out, "\n{}({arguments})", style.paint(Look::Strong, &call.name))?;
        }
    }
    if !numbered.is_empty() {
        writeln!(out)?;
    }
    for (number, span) in numbered {
        let kind = span.kind.as_str().replace('_', " ");
        let words = style.paint(Look::Marked, &format!("“{}”", one_line(&scored.words(span), 70)));
        writeln!(out, "{number:>3}  {:.2}  {kind:<20} {words}", span.risk)?;
        let Some(at) = &span.evidence else {
            writeln!(out, "     {}", style.paint(Look::Faint, "nothing in the evidence"))?;
            continue;
        };
        let words = scored.evidence_words(span).unwrap_or_default();
        let source = style.paint(Look::Faint, &format!("{} says", at.source));
        writeln!(out, "     {source} “{}”", one_line(&words, 160))?;
    }
    Ok(())
}

fn headline(verdict: &Verdict, style: Style) -> String {
    let look = match verdict.state {
        State::Grounded => Look::Good,
        State::Ungrounded | State::Contradicted => Look::Bad,
        State::Unverifiable | State::NotChecked => Look::Warn,
    };
    style.paint(look, &verdict.state.as_str().replace('_', " "))
}

/// The text with spans marked: underlined on a terminal, in ⟦brackets⟧ elsewhere, each with its number.
fn marked(text: &str, spans: &[(usize, &Span)], style: Style) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut sorted: Vec<&(usize, &Span)> = spans.iter().collect();
    sorted.sort_by_key(|(_, span)| (span.start, std::cmp::Reverse(span.end)));
    let (mut out, mut at) = (String::new(), 0);
    for (number, span) in sorted {
        let end = span.end.min(chars.len());
        // Of overlapping spans the first is marked; all are listed below the text.
        if span.start < at || span.start >= end {
            continue;
        }
        out.extend(&chars[at..span.start]);
        let words: String = chars[span.start..end].iter().collect();
        if style.color {
            out.push_str(&style.paint(Look::Marked, &words));
            out.push_str(&style.paint(Look::Faint, &format!("[{number}]")));
        } else {
            out.push_str(&format!("⟦{words}⟧[{number}]"));
        }
        at = end;
    }
    out.extend(&chars[at.min(chars.len())..]);
    out
}

fn one_line(text: &str, width: usize) -> String {
    cut(&text.split_whitespace().collect::<Vec<_>>().join(" "), width)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
