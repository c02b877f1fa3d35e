//! Findings → spans that a person would mark: whole words, no overlap within a sentence, bounded in number.

use super::{Reading, marks};
use crate::evidence::Evidence;
use crate::signals::{Analysis, Finding, Rule};
use crate::text::{Token, chars};
use crate::{EvidenceRef, Span, SpanKind};

/// Risk below which a whole sentence is not worth a span.
const FLOOR: f32 = 0.3;
/// Spans kept per response; of more the least risky go.
const MAX_SPANS: usize = 512;

/// The spans of one sentence. `risk`: of the sentence as a whole, when a signal gives it one; `reading`: the encoder's, when it has
/// read the sentence.
pub(super) fn of_sentence(
    choice: u32,
    analysis: &Analysis<'_>,
    evidence: &Evidence,
    mut findings: Vec<(Finding, f32)>,
    risk: Option<f32>,
    reading: Option<&Reading>,
) -> Vec<Span> {
    let suspicious = risk.filter(|risk| *risk >= FLOOR);
    let marked = reading.map(|reading| marks::of(analysis, &reading.tokens)).unwrap_or_default();
    match suspicious {
        Some(risk) if !marked.is_empty() => {
            marked.into_iter().for_each(|part| mark(analysis, evidence, part, risk, &mut findings));
        }
        Some(risk) => whole(analysis, evidence, risk, &mut findings),
        None => {}
    }
    // The riskiest claims its place first.
    findings.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.start.cmp(&b.0.start)));
    let mut kept: Vec<(Finding, f32)> = Vec::new();
    for (finding, risk) in findings {
        if kept.iter().all(|(k, _)| finding.end <= k.start || k.end <= finding.start) {
            kept.push((finding, risk));
        }
    }
    kept.sort_by_key(|(finding, _)| finding.start);
    merge(analysis.text, &mut kept);
    let place = |(finding, risk): (Finding, f32)| {
        let (start, end) = chars::range(analysis.text, finding.start, finding.end);
        let (start, end) = (analysis.claim.offset(start), analysis.claim.offset(end));
        Span { choice, call: None, start, end, kind: finding.rule.kind(), risk, evidence: finding.evidence }
    };
    kept.into_iter().map(place).collect()
}

/// Words that the encoder names. What the rules found in them is part of it: their kind and evidence, where they name most of it or
/// say that it contradicts the evidence.
fn mark(
    analysis: &Analysis<'_>,
    evidence: &Evidence,
    (mut start, mut end): (usize, usize),
    mut risk: f32,
    findings: &mut Vec<(Finding, f32)>,
) {
    let length = end - start;
    let touches = |f: &Finding| f.start < end && start < f.end;
    let strongest = findings.iter().filter(|(f, _)| touches(f)).max_by(|a, b| a.1.total_cmp(&b.1)).cloned();
    let mut rule = Rule::Unsupported;
    let mut reference = None;
    if let Some((finding, other)) = strongest {
        let most = (finding.end.min(end) - finding.start.max(start)) * 2 >= length;
        if most || finding.rule.kind() == SpanKind::Contradiction && other >= FLOOR {
            (rule, reference) = (finding.rule, finding.evidence);
        }
        risk = risk.max(other);
        let (first, last) = (start, end);
        findings.retain(|(f, _)| {
            let inside = f.start < last && first < f.end;
            if inside {
                (start, end) = (start.min(f.start), end.max(f.end));
            }
            !inside
        });
    }
    let evidence = reference.or_else(|| nearest(analysis, evidence));
    findings.push((Finding { start, end, rule, evidence }, risk));
}

/// A sentence of which only the rules say where it is wrong: as a whole, or the part that its unknown words span.
fn whole(analysis: &Analysis<'_>, evidence: &Evidence, risk: f32, findings: &mut Vec<(Finding, f32)>) {
    let specific = findings.iter().map(|(_, risk)| *risk).fold(0.0, f32::max);
    let ((start, end), unnamed) = unsupported_part(analysis, findings);
    // A sentence that is invented as a whole is marked as a whole, not by the names in it; one that contradicts the evidence by
    // the words that do.
    let contradicted =
        findings.iter().any(|(f, risk)| f.rule.kind() == SpanKind::Contradiction && *risk >= 0.5);
    let inside = |f: &Finding| f.start < end && start < f.end && f.rule.kind() != SpanKind::Contradiction;
    let most = findings.iter().filter(|(f, _)| inside(f)).map(|(_, risk)| *risk).fold(risk, f32::max);
    let invented = unnamed && most >= 0.5;
    if contradicted || specific >= 0.5 && !invented {
        return;
    }
    findings.retain(|(f, other)| !inside(f) || !invented && *other > risk);
    let risk = if invented { most } else { risk };
    findings
        .push((Finding { start, end, rule: Rule::Unsupported, evidence: nearest(analysis, evidence) }, risk));
}

/// The evidence that a sentence comes closest to; `None`: it comes close to nothing.
fn nearest(analysis: &Analysis<'_>, evidence: &Evidence) -> Option<EvidenceRef> {
    let near = analysis.closest.sentence.filter(|_| analysis.closest.best >= 0.4);
    near.and_then(|sentence| evidence.reference(sentence))
}

/// Neighbours of one kind with nothing but a space or a hyphen between become one.
fn merge(text: &str, findings: &mut Vec<(Finding, f32)>) {
    let mut i = 1;
    while i < findings.len() {
        let (before, this) = (&findings[i - 1].0, &findings[i].0);
        let gap = &text[before.end..this.start];
        if before.rule.kind() == this.rule.kind()
            && gap.len() <= 3
            && !gap.contains(|c: char| c.is_alphanumeric())
        {
            let (next, risk) = findings.remove(i);
            findings[i - 1].0.end = next.end;
            findings[i - 1].1 = findings[i - 1].1.max(risk);
        } else {
            i += 1;
        }
    }
}

/// The part of a sentence that its unknown words span: all of it when most of its words are unknown. `true`: it is all of it, and
/// the findings name less than half of what is unknown.
fn unsupported_part(analysis: &Analysis<'_>, findings: &[(Finding, f32)]) -> ((usize, usize), bool) {
    let tokens = &analysis.tokens;
    let unknown = || {
        let all = tokens.iter().zip(&analysis.known);
        all.filter(|(t, known)| t.is_content() && !**known).map(|(t, _)| t)
    };
    let whole = (tokens.first().map_or(0, |t| t.start), tokens.last().map_or(analysis.text.len(), |t| t.end));
    let (Some(first), Some(last)) = (unknown().next(), unknown().next_back()) else {
        return (whole, false);
    };
    let (content, absent) = (tokens.iter().filter(|t| t.is_content()).count(), unknown().count());
    let named = |t: &&Token| findings.iter().any(|(f, _)| f.start < t.end && t.start < f.end);
    let mostly = absent * 2 >= content;
    let unnamed = mostly && unknown().filter(named).count() * 2 < absent;
    (if mostly { whole } else { (first.start, last.end) }, unnamed)
}

/// The spans of a response.
#[derive(Debug, Default)]
pub(super) struct Spans {
    all: Vec<Span>,
    /// Where the least risky stands, once there are as many as are kept.
    least: Option<usize>,
}

impl Spans {
    pub(super) fn add(&mut self, span: Span) {
        if self.all.len() < MAX_SPANS {
            self.all.push(span);
            return;
        }
        // The later of equals goes, so that any order of arrival within a choice keeps the same.
        let risk = |at: &usize| self.all[*at].risk;
        let least =
            self.least.or_else(|| (0..self.all.len()).rev().min_by(|a, b| risk(a).total_cmp(&risk(b))));
        self.least = least;
        if let Some(at) = least.filter(|at| risk(at) < span.risk) {
            self.all[at] = span;
            self.least = None;
        }
    }

    /// In order of choice and offset; text before calls.
    pub(super) fn finish(mut self) -> Vec<Span> {
        self.all.sort_by_key(|s| (s.choice, s.call, s.start, s.end));
        self.all
    }
}
