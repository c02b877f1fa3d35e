//! Prints what the weights are fitted on and measured with, from labelled answers (JSON Lines; see `fit/README.md`).
//!
//! `features FILE…` one line per sentence; `verdicts FILE…` one line per response; `stems FILE…` document frequencies.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use agentguard_judge::{Evidence, Session, Settings, fitting};
use agentguard_wire::{Answer, Choice};
use serde_json::Value;

use self::rows::{labels, request, text};

mod rows;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    let mut out = BufWriter::new(io::stdout().lock());
    let rows = rows::read(arguments)?;
    match mode.as_str() {
        "features" => features(&rows, &mut out),
        "verdicts" => verdicts(&rows, &mut out),
        "stems" => stems(&rows, &mut out),
        _ => Err(io::Error::other("usage: features (features|verdicts|stems) FILE...")),
    }
}

fn features(rows: &[Value], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "id\tsource\ttask\tstart\tend\tlabel\tfindings\t{}", fitting::feature_names().join("\t"))?;
    for row in rows {
        let evidence = Evidence::gather(&request(row));
        let labels = labels(row);
        let labelled = |start: usize, end: usize| u8::from(labels.iter().any(|l| l.0 < end && start < l.1));
        for sentence in fitting::rows(&evidence, text(row, "response")) {
            let finding = |(rule, start, end): &(String, usize, usize)| {
                format!("{rule}:{start}:{end}:{}", labelled(*start, *end))
            };
            let findings: Vec<String> = sentence.findings.iter().map(finding).collect();
            let values: Vec<String> = sentence.features.iter().map(ToString::to_string).collect();
            writeln!(
                out,
                "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
                text(row, "id"),
                text(row, "source_id"),
                text(row, "task"),
                sentence.start,
                sentence.end,
                labelled(sentence.start, sentence.end),
                findings.join(","),
                values.join("\t")
            )?;
        }
    }
    Ok(())
}

fn verdicts(rows: &[Value], out: &mut impl Write) -> io::Result<()> {
    for row in rows {
        let evidence = Arc::new(Evidence::gather(&request(row)));
        let choice = Choice { text: text(row, "response").to_owned(), ..Choice::default() };
        let answer = Answer { choices: vec![choice], ..Answer::default() };
        let verdict = Session::judge(evidence, Settings::default(), &answer);
        let line = serde_json::json!({
            "id": row["id"], "source_id": row["source_id"], "task": row["task"], "labels": row["labels"],
            "unsupported": row["unsupported"], "state": verdict.state, "risk": verdict.risk, "spans": verdict.spans,
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// `stem TAB documents` and the number of documents on the first line.
fn stems(rows: &[Value], out: &mut impl Write) -> io::Result<()> {
    let mut seen = HashSet::new();
    let mut counts: HashMap<String, u32> = HashMap::new();
    for row in rows.iter().filter(|row| seen.insert(text(row, "source_id").to_owned())) {
        let distinct: HashSet<String> = fitting::stems(text(row, "context")).into_iter().collect();
        for stem in distinct {
            *counts.entry(stem).or_default() += 1;
        }
    }
    writeln!(out, "\t{}", seen.len())?;
    let mut counts: Vec<(String, u32)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.iter().try_for_each(|(stem, count)| writeln!(out, "{stem}\t{count}"))
}
