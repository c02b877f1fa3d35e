//! What the judge found in the calls: by corruption, and wrongly in the gold.

use std::collections::BTreeMap;

use agentguard_judge::{Span, SpanKind, Verdict};
use serde::Serialize;

use super::{Call, Corruption, Shape};
use crate::eval::item::{Item, LeftOut, flagged};
use crate::eval::metrics::Rates;

/// A span of a call does not name its rule. A violation of the schema is a fact (risk .99), an argument that nobody mentioned a
/// guess (risk .65): this lies between.
const FACT: f32 = 0.9;
/// Wrongly flagged gold calls that are listed.
const LISTED: usize = 50;

/// The rule that a span of a call comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::eval) enum By {
    /// No such function.
    Function,
    /// Arguments against the schema, or no JSON.
    Schema,
    /// An argument that nobody mentioned.
    Value,
}

impl By {
    /// For people.
    pub(in crate::eval) fn as_str(self) -> &'static str {
        match self {
            Self::Function => "function name",
            Self::Schema => "schema",
            Self::Value => "ungrounded value",
        }
    }
}

/// How often, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(in crate::eval) struct Found {
    /// Calls so corrupted.
    pub(in crate::eval) n: usize,
    /// Found, by the rule that is there for it.
    pub(in crate::eval) found: usize,
    /// Share.
    pub(in crate::eval) recall: Option<f64>,
}

/// A gold call that was flagged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(in crate::eval) struct Wrongly {
    row: String,
    function: String,
    by: By,
}

impl std::fmt::Display for Wrongly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} by {}", self.row, self.function, self.by.as_str())
    }
}

/// Made-up values: all of them, and by shape.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(in crate::eval) struct Ungrounded {
    /// Calls with one, and how many were found where it stands.
    #[serde(flatten)]
    pub(in crate::eval) all: Found,
    /// Against all gold calls.
    pub(in crate::eval) precision: Option<f64>,
    /// The same.
    pub(in crate::eval) f1: Option<f64>,
    /// By shape.
    pub(in crate::eval) shapes: BTreeMap<Shape, Found>,
}

/// Everything about tool calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(in crate::eval) struct CallsReport {
    /// Rows in which no call fits; nothing of them is judged.
    pub(in crate::eval) rows_without_call: usize,
    /// Rows left out because the gold breaks its own schema.
    pub(in crate::eval) rows_left_out: usize,
    /// Gold calls judged.
    pub(in crate::eval) gold: usize,
    /// Gold calls flagged.
    pub(in crate::eval) gold_flagged: usize,
    /// By the rules that flagged them; a call may count under several.
    pub(in crate::eval) gold_flagged_by: BTreeMap<By, usize>,
    /// Which, the first ones.
    pub(in crate::eval) wrongly_flagged: Vec<Wrongly>,
    /// By corruption, those against the schema.
    pub(in crate::eval) corruptions: BTreeMap<Corruption, Found>,
    /// Made-up values.
    pub(in crate::eval) ungrounded_value: Ungrounded,
}

impl CallsReport {
    /// `None`: there are no tool calls among them.
    pub(in crate::eval) fn of<'i>(
        items: impl Iterator<Item = &'i Item>,
        left_out: LeftOut,
        threshold: f32,
    ) -> Option<Self> {
        let mut report = Self {
            rows_without_call: left_out.without_call,
            rows_left_out: left_out.broken,
            corruptions: Corruption::AGAINST_SCHEMA.map(|corruption| (corruption, Found::default())).into(),
            ..Self::default()
        };
        let mut any = false;
        for item in items {
            let Some(call) = &item.call else { continue };
            any = true;
            report.add(item, call, threshold);
        }
        let all = report.ungrounded_value.all;
        let rates = Rates::counted(all.found, report.gold_flagged, all.n - all.found);
        report.ungrounded_value.precision = rates.precision();
        report.ungrounded_value.f1 = rates.f1();
        any.then_some(report)
    }

    fn add(&mut self, item: &Item, call: &Call, threshold: f32) {
        let verdict = &item.judged.verdict;
        let Some(corruption) = call.corruption else {
            self.gold += 1;
            self.gold_flagged += usize::from(flagged(verdict));
            let mut by: Vec<By> = rules(verdict, threshold, false).map(|(_, by)| by).collect();
            by.sort();
            by.dedup();
            for by in by {
                *self.gold_flagged_by.entry(by).or_default() += 1;
                if self.wrongly_flagged.len() < LISTED {
                    let (row, function) = (item.row.clone(), call.name.clone());
                    self.wrongly_flagged.push(Wrongly { row, function, by });
                }
            }
            return;
        };
        let unknown = corruption == Corruption::UnknownFunction;
        let expected = match corruption {
            Corruption::UnknownFunction => By::Function,
            Corruption::UngroundedValue => By::Value,
            Corruption::MissingArgument | Corruption::ExtraArgument | Corruption::MistypedArgument => {
                By::Schema
            }
        };
        let touches = |span: &Span| {
            call.made_up.as_ref().is_none_or(|(_, at)| span.start < at.end && at.start < span.end)
        };
        let found = rules(verdict, threshold, unknown).any(|(span, by)| by == expected && touches(span));
        if let Some((shape, _)) = &call.made_up {
            self.ungrounded_value.all.add(found);
            self.ungrounded_value.shapes.entry(*shape).or_default().add(found);
        } else {
            self.corruptions.entry(corruption).or_default().add(found);
        }
    }
}

impl Found {
    fn add(&mut self, found: bool) {
        self.n += 1;
        self.found += usize::from(found);
        self.recall = Some(self.found as f64 / self.n as f64);
    }
}

/// The spans that make a verdict on a call flagged, with their rules. `unknown`: the function is not declared.
fn rules(verdict: &Verdict, threshold: f32, unknown: bool) -> impl Iterator<Item = (&Span, By)> {
    let of_call = move |span: &&Span| span.risk >= threshold && span.kind == SpanKind::ToolCall;
    verdict.spans.iter().filter(of_call).map(move |span| {
        let by = match span.risk >= FACT {
            true if unknown => By::Function,
            true => By::Schema,
            false => By::Value,
        };
        (span, by)
    })
}
