//! Answers in words, for people.

use std::io::{self, Write};

use agentguard_api::policies::{
    Issued, KillSwitch, PolicyDetail, PolicyDiff, PolicySummary, Published, Simulation, Validation,
};
use jiff::Timestamp;

pub(super) fn list(all: &[PolicySummary], out: &mut impl Write) -> io::Result<()> {
    if all.is_empty() {
        return writeln!(out, "no policies; `agentguard policy publish NAME --file policy.yaml` makes one");
    }
    for policy in all {
        let published = policy.published.as_ref().map_or_else(|| "a draft".to_owned(), in_words);
        writeln!(out, "{:<24} newest {:<4} {published}", policy.name, policy.latest)?;
    }
    Ok(())
}

pub(super) fn detail(policy: &PolicyDetail, out: &mut impl Write) -> io::Result<()> {
    list(std::slice::from_ref(&policy.summary), out)?;
    writeln!(out, "\nversions")?;
    for version in &policy.versions {
        let (number, at) = (version.version, time(version.created));
        writeln!(out, "  {number:>4}  {at}  {}  {}  {}", version.revision, version.author, version.note)?;
    }
    if !policy.history.is_empty() {
        writeln!(out, "\nwhat was done")?;
    }
    for change in &policy.history {
        let version = change.version.map(|version| version.to_string()).unwrap_or_default();
        let (at, what) = (time(change.at), change.change.as_str());
        writeln!(out, "  {at}  {what:<11} {version:>4}  {}  {}", change.author, change.reason)?;
    }
    Ok(())
}

pub(super) fn diff(diff: &PolicyDiff, out: &mut impl Write) -> io::Result<()> {
    write!(out, "{}", diff.diff)?;
    if diff.same_meaning {
        writeln!(out, "both mean the same")?;
    }
    Ok(())
}

pub(super) fn validation(path: &str, found: &Validation, out: &mut impl Write) -> io::Result<()> {
    for problem in &found.problems {
        writeln!(out, "{path}:{}", problem.message)?;
    }
    match &found.revision {
        Some(revision) => writeln!(out, "{path}: fine (revision {revision})"),
        None => Ok(()),
    }
}

pub(super) fn issued(issued: &Issued, out: &mut impl Write) -> io::Result<()> {
    let now = issued.published.as_ref().map_or_else(|| "nothing of it is published".to_owned(), in_words);
    writeln!(out, "{now}; bundle {}", issued.revision)
}

pub(super) fn kill_switch(kill: &KillSwitch, out: &mut impl Write) -> io::Result<()> {
    if !kill.on {
        return writeln!(out, "the kill switch is off");
    }
    for place in &kill.places {
        let namespace =
            if place.namespace == "*" { "everywhere".to_owned() } else { format!("in {}", place.namespace) };
        writeln!(out, "on {namespace} since {} by {}: {}", time(place.since), place.author, place.reason)?;
    }
    Ok(())
}

pub(super) fn simulation(simulation: &Simulation, out: &mut impl Write) -> io::Result<()> {
    let Simulation { scanned, changed, uncertain, .. } = simulation;
    writeln!(out, "{scanned} verdicts from {} to {}", time(simulation.from), time(simulation.to))?;
    if simulation.partial {
        writeln!(out, "only the newest were looked at, back to {}", time(simulation.oldest))?;
    }
    for (before, after) in &simulation.matrix {
        for (after, count) in after {
            let mark = if before == after { ' ' } else { '*' };
            writeln!(out, "{mark} {before:<9} → {after:<9} {count:>10}")?;
        }
    }
    writeln!(out, "{changed} would have been handled otherwise")?;
    if *uncertain > 0 {
        writeln!(out, "{uncertain} were judged by other signals than this policy has: theirs is a guess")?;
    }
    for workload in simulation.workloads.iter().filter(|workload| workload.changed > 0) {
        let (before, after) = (workload.acted_before, workload.acted_after);
        let (name, total) = (&workload.name, workload.total);
        writeln!(out, "  {name}: {before} of {total} blocked or redacted before, {after} with this policy")?;
    }
    for example in &simulation.examples {
        let (id, risk) = (example.id, example.risk);
        writeln!(
            out,
            "  {id}  {}  risk {risk:.2}  {} → {}",
            example.workload, example.before, example.after
        )?;
    }
    Ok(())
}

fn in_words(published: &Published) -> String {
    let stable = published.version.map_or_else(|| "none".to_owned(), |version| format!("version {version}"));
    let mut words = format!("{stable} in force {}", places(&published.namespaces));
    if let Some(canary) = &published.canary {
        let only = if canary.namespaces.is_empty() {
            String::new()
        } else {
            format!(" {}", places(&canary.namespaces))
        };
        words.push_str(&format!(", version {} tried out on {} %{only}", canary.version, canary.share));
    }
    words
}

fn places(namespaces: &[String]) -> String {
    if namespaces.is_empty() { "everywhere else".to_owned() } else { format!("in {}", namespaces.join(", ")) }
}

fn time(micros: i64) -> String {
    Timestamp::from_microsecond(micros)
        .map_or_else(|_| micros.to_string(), |time| time.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}
