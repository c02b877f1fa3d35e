//! What is judged one by one: an answer, or a call made of gold.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use agentguard_judge::{Span, State, Verdict};
use agentguard_wire::Request;

use super::calls::{self, Call};
use super::judge::{Judge, Judged, judge_row};
use super::metrics::{Overlap, Point};
use super::request::{Reply, of_answer, of_calls};
use super::rows::{Form, Labelled, Row};

/// Something to judge.
pub(super) struct Job<'r> {
    row: &'r Row,
    request: Arc<Request>,
    what: What<'r>,
}

enum What<'r> {
    Answer(&'r Labelled),
    Call(Call),
}

/// Rows of tool calls of which nothing is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// No call fits, so there is none to hold against the schemas.
    pub(super) without_call: usize,
    /// The gold breaks its own schema.
    pub(super) broken: usize,
}

impl std::iter::Sum for LeftOut {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, more| Self {
            without_call: sum.without_call + more.without_call,
            broken: sum.broken + more.broken,
        })
    }
}

/// What is to be judged, in the rows' order, and what is left out, by task.
pub(super) fn jobs(rows: &[Row]) -> (Vec<Job<'_>>, BTreeMap<String, LeftOut>) {
    let (mut jobs, mut left_out) = (Vec::new(), BTreeMap::<String, LeftOut>::new());
    for row in rows {
        match &row.form {
            Form::Answer(labelled) => {
                let request = Arc::new(of_answer(&row.task, labelled));
                jobs.push(Job { row, request, what: What::Answer(labelled) });
            }
            Form::Calls(gold) if gold.calls.is_empty() => {
                left_out.entry(row.task.clone()).or_default().without_call += 1;
            }
            Form::Calls(gold) => {
                let Some(calls) = calls::of_row(row.line, gold) else {
                    left_out.entry(row.task.clone()).or_default().broken += 1;
                    continue;
                };
                let request = Arc::new(of_calls(gold));
                let job = |call| Job { row, request: Arc::clone(&request), what: What::Call(call) };
                jobs.extend(calls.into_iter().map(job));
            }
        }
    }
    (jobs, left_out)
}

/// Something judged, against its label.
pub(super) struct Item {
    pub(super) row: String,
    pub(super) task: String,
    pub(super) positive: bool,
    pub(super) judged: Judged,
    /// Characters marked and labelled; `None`: no spans are labelled.
    pub(super) overlap: Option<Overlap>,
    /// The call; `None`: it is an answer.
    pub(super) call: Option<Call>,
}

/// Judges it.
pub(super) fn judge(judge: &Judge, job: &Job<'_>) -> Item {
    let (row, task) = (job.row.id.clone(), job.row.task.clone());
    match &job.what {
        What::Answer(labelled) => {
            let judged = judge_row(judge, &job.request, Reply::Text(&labelled.response));
            let overlap = labelled.spans.as_ref().map(|spans| {
                let mut overlap = Overlap::default();
                overlap.add(marked(&judged.verdict, judge.threshold()), spans.clone());
                overlap
            });
            Item { row, task, positive: labelled.unsupported, judged, overlap, call: None }
        }
        What::Call(call) => {
            let reply = Reply::Call { name: &call.name, arguments: &call.arguments };
            let judged = judge_row(judge, &job.request, reply);
            let positive = call.corruption.is_some();
            Item { row, task, positive, judged, overlap: None, call: Some(call.clone()) }
        }
    }
}

/// What the verdict marks in the text: the spans that make it flagged.
fn marked(verdict: &Verdict, threshold: f32) -> Vec<Range<usize>> {
    let over = |span: &&Span| flagged(verdict) && span.call.is_none() && span.risk >= threshold;
    verdict.spans.iter().filter(over).map(|span| span.start..span.end).collect()
}

/// Whether the product flags it.
pub(super) fn flagged(verdict: &Verdict) -> bool {
    matches!(verdict.state, State::Ungrounded | State::Contradicted)
}

impl Item {
    /// The item as a point of the metrics, counting once.
    pub(super) fn point(&self) -> Point {
        let verdict = &self.judged.verdict;
        let (risk, flagged) = (f64::from(verdict.risk), flagged(verdict));
        Point { risk, positive: self.positive, flagged, weight: 1.0 }
    }
}
