//! The figures for people: a table by task, the states, the tool calls, the times, and what the figures are.

use std::io::{self, Write};

use super::calls::CallsReport;
use super::metrics::Spread;
use super::options::Options;
use super::report::{RESAMPLES, Report, Section, figure};
use crate::style::{Look, Style, cut};

/// Characters of a task's name.
const NAME: usize = 18;

pub(super) fn show(report: &Report, options: &Options, style: Style, out: &mut impl Write) -> io::Result<()> {
    let all = &report.overall;
    let judge = report.versions.judge.as_deref().unwrap_or("nothing was checked");
    let facts = [
        judge.to_owned(),
        format!("signals: {}", report.versions.signals),
        format!("flagged from risk {} on", all.threshold),
        format!("agentguard {} ({} build)", report.versions.agentguard, report.versions.profile),
    ];
    writeln!(out, "{}", style.paint(Look::Strong, &options.data.display().to_string()))?;
    writeln!(out, "{}\n", style.paint(Look::Faint, &facts.join(" · ")))?;
    let mut sections: Vec<(&str, &Section)> =
        report.tasks.iter().map(|(task, section)| (task.as_str(), section)).collect();
    if sections.len() > 1 {
        sections.push(("all", all));
    }
    responses(&sections, style, out)?;
    if all.span_f1.is_some() {
        characters(&sections, style, out)?;
    }
    states(all, style, out)?;
    for (name, section) in &sections {
        if let Some(calls) = &section.tool_calls {
            tool_calls(name, calls, style, out)?;
        }
    }
    times(report, style, out)?;
    notes(report, options, style, out)
}

fn head(style: Style, name: &str, columns: &[(&str, usize)]) -> String {
    let columns: String = columns.iter().map(|(column, width)| format!("{column:>width$}")).collect();
    style.paint(Look::Strong, &format!("{name:<NAME$}{columns}"))
}

fn responses(sections: &[(&str, &Section)], style: Style, out: &mut impl Write) -> io::Result<()> {
    let columns = [
        ("n", 7),
        ("unsup.", 8),
        ("AUROC", 8),
        ("95 % interval", 15),
        ("prec.", 8),
        ("recall", 8),
        ("F1", 7),
        ("FPR", 7),
        ("ECE", 7),
        ("best F1", 9),
        ("at", 6),
    ];
    writeln!(out, "{}", head(style, "responses", &columns))?;
    for (name, section) in sections {
        let interval = section.auroc_ci.map(|[low, high]| format!("{low:.3}–{high:.3}"));
        let at = section.best_threshold.map_or_else(|| "–".to_owned(), |at| format!("{at:.2}"));
        writeln!(
            out,
            "{:<NAME$}{:>7}{:>8}{:>8}{:>15}{:>8}{:>8}{:>7}{:>7}{:>7}{:>9}{:>6}",
            cut(name, NAME),
            section.n,
            section.positives,
            figure(section.auroc),
            interval.unwrap_or_else(|| "–".to_owned()),
            figure(section.precision),
            figure(section.recall),
            figure(section.f1),
            figure(section.fpr),
            figure(section.ece),
            figure(section.best_f1),
            at,
        )?;
    }
    writeln!(out)
}

fn characters(sections: &[(&str, &Section)], style: Style, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", head(style, "marked characters", &[("prec.", 8), ("recall", 8), ("F1", 8)]))?;
    for (name, section) in sections {
        writeln!(
            out,
            "{:<NAME$}{:>8}{:>8}{:>8}",
            cut(name, NAME),
            figure(section.span_precision),
            figure(section.span_recall),
            figure(section.span_f1)
        )?;
    }
    writeln!(out)
}

fn states(all: &Section, style: Style, out: &mut impl Write) -> io::Result<()> {
    let columns = ["grounded", "ungrounded", "contradicted", "unverifiable", "not_checked"];
    let heads = columns.map(|column| column.replace('_', " "));
    let heads: Vec<(&str, usize)> = heads.iter().map(|head| (head.as_str(), 14)).collect();
    writeln!(out, "{}", head(style, "judged →", &heads))?;
    for (unsupported, name) in [(false, "clean"), (true, "unsupported")] {
        let cell = |column: &&str| {
            let count = all.states.get(column).map_or(0, |cells| cells[usize::from(unsupported)]);
            let flagged = matches!(*column, "ungrounded" | "contradicted");
            let look = match (count, *column) {
                (0, _) => Look::Faint,
                (_, "unverifiable" | "not_checked") => Look::Warn,
                _ if flagged == unsupported => Look::Good,
                _ => Look::Bad,
            };
            let count = if count == 0 { "·".to_owned() } else { count.to_string() };
            style.paint(look, &format!("{count:>14}"))
        };
        writeln!(out, "{name:<NAME$}{}", columns.iter().map(cell).collect::<String>())?;
    }
    writeln!(out)
}

fn tool_calls(name: &str, calls: &CallsReport, style: Style, out: &mut impl Write) -> io::Result<()> {
    let columns = [("calls", 7), ("flagged", 9), ("recall", 8), ("prec.", 8), ("F1", 8)];
    writeln!(out, "{}", head(style, &cut(name, NAME), &columns))?;
    let by: Vec<String> =
        calls.gold_flagged_by.iter().map(|(by, count)| format!("{count} by {}", by.as_str())).collect();
    let by = if by.is_empty() { String::new() } else { format!("  wrongly: {}", by.join(", ")) };
    writeln!(
        out,
        "{:<NAME$}{:>7}{:>9}{}",
        "right (gold)",
        calls.gold,
        calls.gold_flagged,
        style.paint(Look::Bad, &by)
    )?;
    for (corruption, found) in &calls.corruptions {
        let name = corruption.as_str().replace('_', " ");
        writeln!(out, "{name:<NAME$}{:>7}{:>9}{:>8}", found.n, found.found, figure(found.recall))?;
    }
    let made_up = &calls.ungrounded_value;
    writeln!(
        out,
        "{:<NAME$}{:>7}{:>9}{:>8}{:>8}{:>8}",
        "ungrounded value",
        made_up.all.n,
        made_up.all.found,
        figure(made_up.all.recall),
        figure(made_up.precision),
        figure(made_up.f1)
    )?;
    for (shape, found) in &made_up.shapes {
        let row =
            format!("  {:<16}{:>7}{:>9}{:>8}", shape.as_str(), found.n, found.found, figure(found.recall));
        writeln!(out, "{}", style.paint(Look::Faint, &row))?;
    }
    for wrongly in &calls.wrongly_flagged {
        writeln!(out, "{}", style.paint(Look::Faint, &format!("  wrongly flagged: {wrongly}")))?;
    }
    writeln!(
        out,
        "Left out: rows in which no call fits: {}; rows whose gold breaks its own schema: {}.\n",
        calls.rows_without_call, calls.rows_left_out
    )
}

fn times(report: &Report, style: Style, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", head(style, "time", &[("median", 12), ("99 % within", 14)]))?;
    let rows = [
        ("response", &report.latency_ms.response),
        ("  of it evidence", &report.latency_ms.evidence),
        ("sentence or call", &report.latency_ms.sentence),
    ];
    for (name, Spread { p50, p99 }) in rows {
        let time = |ms: &Option<f64>| ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.3} ms"));
        writeln!(out, "{name:<NAME$}{:>12}{:>14}", time(p50), time(p99))?;
    }
    writeln!(out)
}

fn notes(report: &Report, options: &Options, style: Style, out: &mut impl Write) -> io::Result<()> {
    let all = &report.overall;
    let mut notes = vec![
        format!(
            "Flagged: the state is ungrounded or contradicted at risk {}{}; characters: of spans from that risk on.",
            all.threshold,
            if options.threshold.is_none() { ", the default policy's `warn`" } else { "" }
        ),
        format!(
            "Interval: percentile bootstrap, {RESAMPLES} resamples of responses. ECE: 10 bins of equal width."
        ),
        "Best F1 is at the threshold that is best on these very responses: not to be expected on others."
            .to_owned(),
    ];
    if all.not_checked + all.unverifiable > 0 {
        notes.push(format!(
            "{} not checked and {} unverifiable responses count as not flagged, with the verdict's risk (0 where not checked).",
            all.not_checked, all.unverifiable
        ));
    }
    if let Some(prevalence) = options.prevalence {
        notes.push(format!(
            "Weighted to {prevalence} unsupported within each task: precision, recall, F1, best F1, FPR, ECE. The rest is not."
        ));
        for (task, section) in &report.tasks {
            notes.push(match section.weights {
                Some(w) => {
                    format!("  {task}: unsupported count {:.3}, clean {:.3} times", w.positive, w.negative)
                }
                None => format!("  {task}: only one class is there, so nothing is weighted"),
            });
        }
    }
    if report.versions.profile == "debug" {
        notes.push("Times are of a debug build: a release build takes a fraction of them.".to_owned());
    }
    if options.threads > 1 {
        notes.push(format!("Times are of {} threads that judged at once.", options.threads));
    }
    for note in notes {
        writeln!(out, "{}", style.paint(Look::Faint, &note))?;
    }
    Ok(())
}
