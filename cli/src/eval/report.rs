//! The figures, as `--json` prints them.

use std::collections::BTreeMap;
use std::time::Duration;

use agentguard_judge::State;
use serde::Serialize;

use super::calls::CallsReport;
use super::item::{Item, LeftOut};
use super::judge::Judge;
use super::metrics::{
    BINS, Bin, Overlap, Point, Rates, Spread, auroc, auroc_interval, best_f1, bins, ece, spread,
};
use super::options::Options;

/// Resamples of the bootstrap.
pub(super) const RESAMPLES: usize = 1_000;

/// Everything.
#[derive(Serialize)]
pub(super) struct Report {
    /// All answers; where there is none, all tool calls.
    pub(super) overall: Section,
    /// By task, in alphabetical order.
    pub(super) tasks: BTreeMap<String, Section>,
    pub(super) latency_ms: Latency,
    pub(super) versions: Versions,
    /// Risks and labels of `overall`, for the diagram.
    #[serde(skip)]
    pub(super) overall_bins: [Bin; BINS],
}

/// The figures of some responses.
#[derive(Serialize)]
pub(super) struct Section {
    pub(super) n: usize,
    pub(super) positives: usize,
    pub(super) auroc: Option<f64>,
    pub(super) auroc_ci: Option<[f64; 2]>,
    pub(super) f1: Option<f64>,
    pub(super) precision: Option<f64>,
    pub(super) recall: Option<f64>,
    /// What `f1`, `precision`, `recall`, `fpr` and the spans were flagged at.
    pub(super) threshold: f32,
    pub(super) fpr: Option<f64>,
    /// At the threshold that is best on these very responses.
    pub(super) best_f1: Option<f64>,
    pub(super) best_threshold: Option<f32>,
    pub(super) span_f1: Option<f64>,
    pub(super) span_precision: Option<f64>,
    pub(super) span_recall: Option<f64>,
    pub(super) ece: Option<f64>,
    /// Counted with the verdict's risk, which is 0.
    pub(super) not_checked: usize,
    /// Counted with the verdict's risk, which is below the threshold.
    pub(super) unverifiable: usize,
    /// State of the verdicts, clean and unsupported.
    pub(super) states: BTreeMap<&'static str, [usize; 2]>,
    /// The share of positives that `f1`, `precision`, `recall`, `fpr`, `best_f1` and `ece` are weighted to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prevalence: Option<f64>,
    /// How much a positive and a negative count then; none where one of the classes is missing, or where every task has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) weights: Option<Weights>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_calls: Option<CallsReport>,
}

/// How much a response counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Weights {
    pub(super) positive: f64,
    pub(super) negative: f64,
}

/// Milliseconds, on this machine.
#[derive(Serialize)]
pub(super) struct Latency {
    /// Evidence and judging.
    pub(super) response: Spread,
    /// Judging one sentence or call.
    pub(super) sentence: Spread,
    /// Gathering the evidence.
    pub(super) evidence: Spread,
}

/// What was measured.
#[derive(Serialize)]
pub(super) struct Versions {
    pub(super) agentguard: &'static str,
    /// `debug` or `release`: times of the first say nothing.
    pub(super) profile: &'static str,
    /// As in the verdicts; none if nothing was checked.
    pub(super) judge: Option<String>,
    pub(super) signals: &'static str,
}

impl Report {
    pub(super) fn of(
        items: &[Item],
        left_out: &BTreeMap<String, LeftOut>,
        judge: &Judge,
        options: &Options,
    ) -> Self {
        let measured = Measured { threshold: judge.threshold(), prevalence: options.prevalence };
        let mut by_task: BTreeMap<String, Vec<(&Item, Point)>> = BTreeMap::new();
        for item in items {
            by_task.entry(item.task.clone()).or_default().push((item, item.point()));
        }
        let mut tasks = BTreeMap::new();
        for (task, part) in &mut by_task {
            let weights = options.prevalence.and_then(|prevalence| weigh(part, prevalence));
            let left_out = left_out.get(task).copied().unwrap_or_default();
            tasks.insert(task.clone(), measured.section(part, weights, left_out));
        }
        let answers = items.iter().any(|item| item.call.is_none());
        let overall: Vec<(&Item, Point)> =
            by_task.into_values().flatten().filter(|(item, _)| item.call.is_none() == answers).collect();
        let points: Vec<Point> = overall.iter().map(|(_, point)| *point).collect();
        let judged = items.iter().map(|item| &item.judged.verdict.judge).find(|judge| !judge.is_empty());
        Self {
            overall: measured.section(&overall, None, left_out.values().copied().sum()),
            tasks,
            latency_ms: latency(items),
            versions: Versions {
                agentguard: env!("CARGO_PKG_VERSION"),
                profile: if cfg!(debug_assertions) { "debug" } else { "release" },
                judge: judged.cloned(),
                signals: options.signals.as_str(),
            },
            overall_bins: bins(&points),
        }
    }

    /// What the figures are of, for people.
    pub(super) fn caption(&self) -> String {
        let judge = self.versions.judge.as_deref().unwrap_or("no judge");
        let all = &self.overall;
        let weighted = all.prevalence.map_or_else(String::new, |share| format!(", weighted to {share}"));
        let ece = figure(all.ece);
        format!("{judge} · {} judged, {} of them unsupported{weighted} · ECE {ece}", all.n, all.positives)
    }
}

/// A share with three digits, as it is printed everywhere.
pub(super) fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}

/// Makes positives count as the share that they should have; `None`, and nothing is changed, where one class is missing.
fn weigh(part: &mut [(&Item, Point)], prevalence: f64) -> Option<Weights> {
    let (n, positives) = (part.len() as f64, part.iter().filter(|(_, point)| point.positive).count() as f64);
    if positives == 0.0 || positives == n {
        return None;
    }
    let weights =
        Weights { positive: prevalence * n / positives, negative: (1.0 - prevalence) * n / (n - positives) };
    for (_, point) in part {
        point.weight = if point.positive { weights.positive } else { weights.negative };
    }
    Some(weights)
}

fn latency(items: &[Item]) -> Latency {
    let of = |time: fn(&Item) -> Duration| spread(items.iter().map(time).collect());
    Latency {
        response: of(|item| item.judged.evidence + item.judged.judging),
        sentence: spread(items.iter().flat_map(|item| item.judged.sentences.iter().copied()).collect()),
        evidence: of(|item| item.judged.evidence),
    }
}

/// What is the same for every section.
struct Measured {
    threshold: f32,
    prevalence: Option<f64>,
}

impl Measured {
    fn section(&self, part: &[(&Item, Point)], weights: Option<Weights>, left_out: LeftOut) -> Section {
        let points: Vec<Point> = part.iter().map(|(_, point)| *point).collect();
        let rates = Rates::of(&points);
        let best = best_f1(&points);
        let mut spans: Option<Overlap> = None;
        let mut states: BTreeMap<&'static str, [usize; 2]> = BTreeMap::new();
        for (item, _) in part {
            if let Some(overlap) = item.overlap {
                spans.get_or_insert_default().merge(overlap);
            }
            let state = item.judged.verdict.state.as_str();
            states.entry(state).or_default()[usize::from(item.positive)] += 1;
        }
        let in_state = |state: State| states.get(state.as_str()).map_or(0, |[clean, not]| clean + not);
        Section {
            n: points.len(),
            positives: points.iter().filter(|point| point.positive).count(),
            auroc: auroc(&points),
            auroc_ci: auroc_interval(&points, RESAMPLES),
            f1: rates.f1(),
            precision: rates.precision(),
            recall: rates.recall(),
            threshold: self.threshold,
            fpr: rates.false_positive_rate(),
            best_f1: best.map(|best| best.f1),
            best_threshold: best.map(|best| best.threshold as f32),
            span_f1: spans.and_then(|spans| spans.f1()),
            span_precision: spans.and_then(|spans| spans.precision()),
            span_recall: spans.and_then(|spans| spans.recall()),
            ece: ece(&points),
            not_checked: in_state(State::NotChecked),
            unverifiable: in_state(State::Unverifiable),
            states,
            prevalence: self.prevalence,
            weights,
            tool_calls: CallsReport::of(part.iter().map(|(item, _)| *item), left_out, self.threshold),
        }
    }
}
