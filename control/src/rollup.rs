//! Sums by bucket of time: what dashboards read instead of verdicts.
//!
//! Buckets of 10 seconds, a minute, an hour and a day are kept side by side, so that any range is a handful of small scans
//! ([`segments`]) and costs the same at a thousand verdicts and at a billion. The sums are exact; percentiles are within 1 %
//! (see `histogram.rs`). The store writes them in the transaction that stores the events.
//!
//! Every bucket is kept for each namespace of a tenant and, beside them, for the tenant as a whole: what somebody sees who may see some namespaces is
//! the sum of theirs (histograms merge), and the common question, everything of a tenant, costs the same however many namespaces there are.

use std::collections::{BTreeMap, HashMap};

use crate::histogram::Histogram;
use crate::names::Named;
use crate::store::{Event, Filed, Shape};

/// Seconds; each divides the next.
pub(crate) const WIDTHS: [i64; 4] = [10, 60, 3600, 86_400];
/// Buckets narrower than this hold no workloads and models and are kept for a day only.
pub(crate) const FULL_WIDTH: i64 = 60;

/// What a sum is by, besides time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Dim {
    /// Key: `verdict reason action`, the reason `-` when there is none.
    Outcome = 0,
    /// Key: `namespace/name`.
    Workload = 1,
    /// Key: the model.
    Model = 2,
}

impl Dim {
    /// Reads the stored number.
    pub(crate) fn from_number(number: i64) -> Option<Self> {
        [Self::Outcome, Self::Workload, Self::Model].into_iter().find(|&d| d as i64 == number)
    }
}

/// Counts of one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) n: u64,
    pub(crate) judged: u64,
    pub(crate) flagged: u64,
    /// Sum of the risks of judged ones, millionths.
    pub(crate) risk: u64,
}

impl Cell {
    pub(crate) fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.judged += other.judged;
        self.flagged += other.flagged;
        self.risk += other.risk;
    }
}

/// Counts and latencies of everything in a bucket or range.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Whole {
    pub(crate) n: u64,
    pub(crate) judged: u64,
    pub(crate) flagged: u64,
    /// Of judged ones.
    pub(crate) judge: Histogram,
    pub(crate) held: Histogram,
    pub(crate) total: Histogram,
}

impl Whole {
    pub(crate) fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.judged += other.judged;
        self.flagged += other.flagged;
        self.judge.merge(&other.judge);
        self.held.merge(&other.held);
        self.total.merge(&other.total);
    }
}

/// Sums over a range.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    pub(crate) whole: Whole,
    pub(crate) by: HashMap<(Dim, String), Cell>,
}

/// Sums of one bucket.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bucket {
    /// Seconds since the Unix epoch.
    pub(crate) start: i64,
    /// By verdict state.
    pub(crate) verdicts: HashMap<String, u64>,
    pub(crate) judge: Histogram,
}

/// What a group of events adds to the buckets.
#[derive(Debug, Default)]
pub(crate) struct Deltas {
    /// By width, zone and bucket.
    pub(crate) wholes: HashMap<(i64, i64, i64), Whole>,
    /// By width, zone, bucket, dimension and key.
    pub(crate) cells: HashMap<(i64, i64, i64, Dim, String), Cell>,
}

impl Deltas {
    /// What these events add. The shape is given apart: the store may have folded rare names into `(other)`.
    pub(crate) fn of<'a>(events: impl Iterator<Item = (&'a Event, &'a Filed)>) -> Self {
        // By tenant, its namespace's zone, and bucket.
        let mut narrow: HashMap<(i64, i64, i64), Totals> = HashMap::new();
        for (event, filed) in events {
            let bucket = floor(event.ts.div_euclid(1_000_000), WIDTHS[0]);
            narrow.entry((filed.tenant, filed.zone, bucket)).or_default().count(event, &filed.shape);
        }
        let mut deltas = Self::default();
        for ((tenant, zone, bucket), totals) in narrow {
            for width in WIDTHS {
                deltas.add(width, tenant, floor(bucket, width), &totals);
                deltas.add(width, zone, floor(bucket, width), &totals);
            }
        }
        deltas
    }

    fn add(&mut self, width: i64, zone: i64, start: i64, totals: &Totals) {
        self.wholes.entry((width, zone, start)).or_default().add(&totals.whole);
        for ((dim, key), cell) in &totals.by {
            if width >= FULL_WIDTH || *dim == Dim::Outcome {
                self.cells.entry((width, zone, start, *dim, key.clone())).or_default().add(cell);
            }
        }
    }
}

impl Totals {
    /// Counts one event.
    pub(crate) fn count(&mut self, event: &Event, shape: &Shape) {
        let (judged, flagged) = (shape.judged(), shape.flagged());
        self.whole.n += 1;
        self.whole.judged += u64::from(judged);
        self.whole.flagged += u64::from(flagged);
        if judged {
            self.whole.judge.record(event.latency.judge_ms);
        }
        self.whole.held.record(event.latency.held_ms);
        self.whole.total.record(event.latency.total_ms);
        let risk = if judged { (f64::from(event.risk) * 1e6).round() as u64 } else { 0 };
        let cell = Cell { n: 1, judged: judged.into(), flagged: flagged.into(), risk };
        let keys = [
            (Dim::Outcome, outcome_key(shape)),
            (Dim::Workload, shape.workload.clone()),
            (Dim::Model, shape.model.clone()),
        ];
        for key in keys {
            self.by.entry(key).or_default().add(&cell);
        }
    }
}

fn outcome_key(shape: &Shape) -> String {
    format!("{} {} {}", shape.verdict.name(), shape.reason.map_or("-", Named::name), shape.action.name())
}

/// The parts of an outcome key: verdict, reason (`-` for none), action.
pub(crate) fn outcome_parts(key: &str) -> Option<(&str, &str, &str)> {
    let mut parts = key.split(' ');
    Some((parts.next()?, parts.next()?, parts.next()?))
}

/// The bucket that starts there, made when missing.
pub(crate) fn bucket(buckets: &mut BTreeMap<i64, Bucket>, start: i64) -> &mut Bucket {
    buckets.entry(start).or_insert_with(|| Bucket { start, ..Bucket::default() })
}

/// The start of the bucket that holds a second.
pub(crate) fn floor(second: i64, width: i64) -> i64 {
    second.div_euclid(width) * width
}

/// A range cut into scans of whole buckets, the widest that fit: `(width, from, to)`. Both ends must be whole minutes.
pub(crate) fn segments(from: i64, to: i64) -> Vec<(i64, i64, i64)> {
    fn cut(from: i64, to: i64, widths: &[i64], out: &mut Vec<(i64, i64, i64)>) {
        let Some((&width, narrower)) = widths.split_last() else { return };
        let (first, last) = (floor(from + width - 1, width), floor(to, width));
        if first < last {
            cut(from, first, narrower, out);
            out.push((width, first, last));
            cut(last, to, narrower, out);
        } else {
            cut(from, to, narrower, out);
        }
    }
    let mut out = Vec::new();
    if from < to {
        cut(from, to, &WIDTHS[1..], &mut out);
    }
    out
}

#[cfg(test)]
mod tests;
