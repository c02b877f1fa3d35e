//! Dashboards: overview, time series, workloads and models. All from rollups; no answer's cost grows with the verdicts stored.

mod cache;

use std::collections::BTreeMap;
use std::sync::Arc;

use agentguard_api::query::{Overview, Percentiles, PreviousPeriod, TimeSeries, TopList, TopRow};
use axum::Json;
use axum::extract::State;
use axum::response::Response;

pub(crate) use cache::OverviewCache;

use super::json;
use super::params::Params;
use super::range::{Range, RangeParams};
use crate::clock;
use crate::histogram::Histogram;
use crate::http::{ApiError, App, Caller};
use crate::rollup::{self, Dim, Totals};
use crate::store::Scope;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 86_400 * SECOND;
/// Rows of the overview's top lists and its newest flagged verdicts.
const TOP: usize = 10;
/// Rows of the whole lists.
const ALL: usize = 1000;
/// Points of a time series: unless asked otherwise, and at most.
const POINTS: (i64, i64) = (60, 1000);
/// Widths of a time series' points, seconds: each a multiple of the rollup it is read from.
const STEPS: [i64; 17] =
    [10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];

/// Sum up a range.
#[utoipa::path(get, path = "/api/v1/overview", tag = "dashboards", params(RangeParams),
    responses((status = 200, description = "Sums over the range and the one before.", body = Overview)))]
pub(crate) async fn overview(
    State(app): State<Arc<App>>,
    caller: Caller,
    mut params: Params,
) -> Result<Response, ApiError> {
    let scope = caller.scope();
    let now = clock::now();
    let (from, to) = minutes(Range::take(&mut params, now)?.or_last(DAY, now), now);
    params.end()?;
    if let Some(body) = app.overviews.get(scope, from, to) {
        return Ok(json(body));
    }
    let body = write(&app, scope, from, to, now).await?;
    app.overviews.put(scope, from, to, body.clone());
    Ok(json(body))
}

async fn write(app: &App, scope: &Scope, from: i64, to: i64, now: i64) -> Result<String, ApiError> {
    let totals = app.store.totals(scope, from / SECOND, ceil(to)).await?;
    let before = from - (ceil(to) * SECOND - from);
    let earlier = app.store.totals(scope, before.max(0) / SECOND / 60 * 60, from / SECOND).await?;
    let newest = app.store.newest_flagged(scope, from, ceil(to) * SECOND, TOP).await?;
    let (mut by_verdict, mut by_action, mut not_checked) =
        (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (verdict, reason, action, n) in outcomes(&totals) {
        *by_verdict.entry(verdict.to_owned()).or_default() += n;
        *by_action.entry(action.to_owned()).or_default() += n;
        if reason != "-" {
            *not_checked.entry(reason.to_owned()).or_default() += n;
        }
    }
    let whole = &totals.whole;
    let overview = Overview {
        from,
        to,
        total: whole.n,
        by_verdict,
        by_action,
        not_checked,
        rate: whole.n as f64 / ((to.min(now.max(from + SECOND)) - from).max(SECOND) as f64 / 1e6),
        flagged_share: share(whole.flagged, whole.judged),
        coverage: share(whole.judged, whole.n),
        judge_ms: percentiles(&whole.judge),
        held_ms: percentiles(&whole.held),
        total_ms: percentiles(&whole.total),
        previous: (earlier.whole.n > 0).then(|| PreviousPeriod {
            total: earlier.whole.n,
            flagged_share: share(earlier.whole.flagged, earlier.whole.judged),
            judge_p95_ms: earlier.whole.judge.quantile(0.95),
            coverage: share(earlier.whole.judged, earlier.whole.n),
            acted: outcomes(&earlier)
                .filter(|(_, _, action, _)| matches!(*action, "redact" | "block"))
                .map(|(.., n)| n)
                .sum(),
        }),
        workloads: top(&totals, Dim::Workload, TOP),
        models: top(&totals, Dim::Model, TOP),
        newest_flagged: Vec::new(),
    };
    // The items are JSON already; they take the place of the empty list, which is the last member.
    let mut body = serde_json::to_string(&overview).unwrap_or_default();
    let end = body.rfind("[]}").unwrap_or(body.len());
    body.truncate(end);
    body.push_str(&format!("[{}]}}", newest.join(",")));
    Ok(body)
}

/// Workloads by flagged responses.
#[utoipa::path(get, path = "/api/v1/workloads", tag = "dashboards", params(RangeParams),
    responses((status = 200, description = "Every workload in the range.", body = TopList)))]
pub(crate) async fn workloads(
    app: State<Arc<App>>,
    caller: Caller,
    params: Params,
) -> Result<Json<TopList>, ApiError> {
    list(app, &caller, params, Dim::Workload).await
}

/// Models by flagged responses.
#[utoipa::path(get, path = "/api/v1/models", tag = "dashboards", params(RangeParams),
    responses((status = 200, description = "Every model in the range.", body = TopList)))]
pub(crate) async fn models(
    app: State<Arc<App>>,
    caller: Caller,
    params: Params,
) -> Result<Json<TopList>, ApiError> {
    list(app, &caller, params, Dim::Model).await
}

async fn list(
    State(app): State<Arc<App>>,
    caller: &Caller,
    mut params: Params,
    dim: Dim,
) -> Result<Json<TopList>, ApiError> {
    let now = clock::now();
    let (from, to) = minutes(Range::take(&mut params, now)?.or_last(DAY, now), now);
    params.end()?;
    let totals = app.store.totals(caller.scope(), from / SECOND, ceil(to)).await?;
    Ok(Json(TopList { from, to, items: top(&totals, dim, ALL) }))
}

/// Counts over time.
#[utoipa::path(get, path = "/api/v1/timeseries", tag = "dashboards",
    params(RangeParams, ("buckets" = Option<u16>, Query, description = "Most points wanted, 1 to 1000. Default 60.", example = 60)),
    responses((status = 200, description = "Counts by verdict state and p95 of the judge, by bucket.", body = TimeSeries)))]
pub(crate) async fn timeseries(
    State(app): State<Arc<App>>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<TimeSeries>, ApiError> {
    let now = clock::now();
    let (from, to) = Range::take(&mut params, now)?.or_last(DAY, now);
    let points = params.parsed::<i64>("buckets", "a number from 1 to 1000")?.unwrap_or(POINTS.0);
    params.end()?;
    if !(1..=POINTS.1).contains(&points) {
        return Err(ApiError::parameter("buckets", format!("must be from 1 to {}", POINTS.1)));
    }
    // Buckets of ten seconds are kept for a day.
    let narrowest = if from < now - DAY { rollup::FULL_WIDTH } else { rollup::WIDTHS[0] };
    let (from, to) = (from.div_euclid(SECOND), (to + SECOND - 1).div_euclid(SECOND));
    let step = STEPS.into_iter().find(|&s| s >= narrowest && (to - from) <= s * points);
    let step = step.unwrap_or_else(|| rollup::floor((to - from) / points, 604_800) + 604_800);
    let start = rollup::floor(from, step);
    let end = rollup::floor(to - 1, step).max(start) + step;
    let width = rollup::WIDTHS.into_iter().rev().find(|w| step % w == 0).unwrap_or(rollup::WIDTHS[0]);
    let buckets = app.store.series(caller.scope(), start, end, width).await?;
    let count = usize::try_from((end - start) / step).unwrap_or(0);
    let mut series: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut judge = vec![Histogram::default(); count];
    for bucket in buckets {
        let at = usize::try_from((bucket.start - start) / step).unwrap_or(usize::MAX);
        let Some(judge) = judge.get_mut(at) else { continue };
        judge.merge(&bucket.judge);
        for (verdict, n) in bucket.verdicts {
            series.entry(verdict).or_insert_with(|| vec![0; count])[at] += n;
        }
    }
    Ok(Json(TimeSeries {
        step: step.unsigned_abs(),
        t: (0..count as i64).map(|i| start + i * step).collect(),
        series,
        judge_p95_ms: judge.iter().map(|h| h.quantile(0.95)).collect(),
    }))
}

/// The range widened to whole minutes: rollups know nothing finer. Only an end that lies in the future or in the running minute stays.
fn minutes((from, to): (i64, i64), now: i64) -> (i64, i64) {
    let from = from.div_euclid(MINUTE) * MINUTE;
    let whole = (to + MINUTE - 1).div_euclid(MINUTE) * MINUTE;
    (from, if whole > now { to } else { whole })
}

/// Seconds, up to the next whole minute.
fn ceil(to: i64) -> i64 {
    (to + MINUTE - 1).div_euclid(MINUTE) * 60
}

fn outcomes(totals: &Totals) -> impl Iterator<Item = (&str, &str, &str, u64)> {
    totals.by.iter().filter(|((dim, _), _)| *dim == Dim::Outcome).filter_map(|((_, key), cell)| {
        let (verdict, reason, action) = rollup::outcome_parts(key)?;
        Some((verdict, reason, action, cell.n))
    })
}

fn top(totals: &Totals, dim: Dim, most: usize) -> Vec<TopRow> {
    let mut rows: Vec<TopRow> = totals
        .by
        .iter()
        .filter(|((d, _), _)| *d == dim)
        .map(|((_, name), cell)| TopRow {
            name: name.clone(),
            total: cell.n,
            flagged: cell.flagged,
            mean_risk: if cell.judged == 0 { 0.0 } else { cell.risk as f64 / 1e6 / cell.judged as f64 },
        })
        .collect();
    rows.sort_by(|a, b| (b.flagged, b.total).cmp(&(a.flagged, a.total)).then_with(|| a.name.cmp(&b.name)));
    rows.truncate(most);
    rows
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn percentiles(histogram: &Histogram) -> Percentiles {
    Percentiles { p50: histogram.quantile(0.5), p95: histogram.quantile(0.95), p99: histogram.quantile(0.99) }
}
