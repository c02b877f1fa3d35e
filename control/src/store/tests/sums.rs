//! Rollups say what counting the rows would say.

use std::collections::HashMap;

use agentguard_judge::{NotChecked, State};
use agentguard_policy::Action;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;
use uuid::Uuid;

use super::{Home, Kind, block_on, soon};
use crate::names::Named;
use crate::rollup::{self, Dim, Totals};
use crate::store::{Event, Filter, Shape};
use crate::testing::{DAY0, all, batch, event};

const SECOND: i64 = 1_000_000;

/// Verdict, reason, action, model, workload, seconds after [`DAY0`], risk, milliseconds.
type Spec = (usize, usize, usize, u8, u8, i64, f32, f64);

fn spec() -> impl Strategy<Value = Spec> {
    // Most close together, some days apart.
    let seconds = prop_oneof![0i64..7_200, 0i64..86_400 * 3];
    (0..5usize, 0..11usize, 0..4usize, 0..3u8, 0..3u8, seconds, 0.0f32..=1.0, 0.0f64..5_000.0)
}

fn make(instance: Uuid, seq: u64, spec: &Spec) -> Event {
    let &(verdict, reason, action, model, workload, second, risk, ms) = spec;
    let verdict = State::ALL[verdict];
    let mut changes = json!({
        "verdict": verdict, "risk": risk, "action": Action::ALL[action], "model": format!("model-{model}"),
        "workload": { "namespace": "n", "name": format!("w{workload}") },
        "latency": { "total_ms": ms, "first_byte_ms": 0.0, "judge_ms": ms / 1000.0, "held_ms": ms / 10.0 },
    });
    if verdict == State::NotChecked {
        changes["reason"] = json!(NotChecked::ALL[reason]);
    }
    event(instance, seq, DAY0 + second * SECOND + 17, &changes)
}

/// Counted apart from the code that is tested.
pub(super) fn counted<'a>(events: impl Iterator<Item = &'a Event>) -> Totals {
    let mut totals = Totals::default();
    for event in events {
        let shape = &event.shape;
        let judged = shape.verdict != State::NotChecked;
        let flagged = [State::Ungrounded, State::Contradicted].contains(&shape.verdict);
        let whole = &mut totals.whole;
        whole.n += 1;
        whole.held.record(event.latency.held_ms);
        whole.total.record(event.latency.total_ms);
        if judged {
            whole.judged += 1;
            whole.judge.record(event.latency.judge_ms);
        }
        if flagged {
            whole.flagged += 1;
        }
        let reason = shape.reason.map_or("-", NotChecked::as_str);
        let outcome = format!("{} {reason} {}", shape.verdict.as_str(), shape.action.name());
        for key in [
            (Dim::Outcome, outcome),
            (Dim::Workload, shape.workload.clone()),
            (Dim::Model, shape.model.clone()),
        ] {
            let cell = totals.by.entry(key).or_default();
            cell.n += 1;
            if judged {
                cell.judged += 1;
                cell.risk += (f64::from(event.risk) * 1e6).round() as u64;
            }
            if flagged {
                cell.flagged += 1;
            }
        }
    }
    totals
}

pub(super) fn rollups_are_what_counting_would_say(kind: Kind) {
    let cases = if kind == Kind::Sqlite { 24 } else { 8 };
    let mut runner =
        TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) });
    let day = 86_400 * 3 * SECOND;
    let given = (
        prop::collection::vec(spec(), 1..120),
        prop::collection::vec(1usize..40, 1..8),
        prop::collection::vec((0i64..4_400, 0i64..4_400), 6),
        prop::collection::vec((-1_000 * SECOND..day, -1_000 * SECOND..day), 6),
    );
    let found = runner.run(&given, |(specs, groups, ranges, cuts)| {
        block_on(async {
            let home = Home::new(kind).await;
            let store = home.open().await;
            let instance = Uuid::now_v7();
            let events: Vec<_> = specs.iter().zip(1..).map(|(s, seq)| make(instance, seq, s)).collect();
            let mut rest = events.as_slice();
            let mut sizes = groups.iter().cycle();
            while !rest.is_empty() {
                let (now, later) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
                // Sent twice: duplicates must not count.
                store.commit(&[batch(instance, now.to_vec()), batch(instance, now.to_vec())]).await.unwrap();
                rest = later;
            }
            let day0 = DAY0 / SECOND;
            for (a, b) in ranges {
                let (from, to) = (day0 + a.min(b) * 60, day0 + a.max(b) * 60);
                let inside = |e: &&Event| (from * SECOND..to * SECOND).contains(&e.ts);
                let expected = counted(events.iter().filter(inside));
                prop_assert_eq!(store.totals(&all(), from, to).await.unwrap(), expected);
            }
            for (a, b) in cuts {
                let (from, to) = ((a >= 0).then_some(DAY0 + a), (b >= 0).then_some(DAY0 + b));
                let filter = Filter { from, to, ..Filter::default() };
                let mut expected: HashMap<Shape, u64> = HashMap::new();
                for event in events.iter().filter(|e| filter.admits(instance, e)) {
                    *expected.entry(event.shape.clone()).or_default() += 1;
                }
                let counts = store.counts(&all(), &filter, soon()).await.unwrap();
                let counts: HashMap<_, _> =
                    counts.by_shape.into_iter().map(|(s, n)| ((*s).clone(), n)).collect();
                prop_assert_eq!(counts, expected);
            }
            for width in rollup::WIDTHS {
                let (from, to) = (day0, day0 + 86_400 * 4);
                let mut expected: HashMap<i64, Vec<&Event>> = HashMap::new();
                for event in &events {
                    expected.entry(rollup::floor(event.ts / SECOND, width)).or_default().push(event);
                }
                let buckets = store.series(&all(), from, to, width).await.unwrap();
                prop_assert_eq!(buckets.len(), expected.len());
                prop_assert!(buckets.is_sorted_by_key(|b| b.start));
                for bucket in buckets {
                    let expected = &expected[&bucket.start];
                    let whole = counted(expected.iter().copied()).whole;
                    prop_assert_eq!(&bucket.judge, &whole.judge);
                    for (verdict, n) in &bucket.verdicts {
                        let same = expected.iter().filter(|e| e.shape.verdict.name() == verdict).count();
                        prop_assert_eq!(*n, same as u64);
                    }
                    prop_assert_eq!(bucket.verdicts.values().sum::<u64>(), whole.n);
                }
            }
            Ok(())
        })
    });
    found.unwrap();
}

pub(super) async fn names_past_the_bound_are_counted_together_and_the_event_keeps_its_own(home: Home) {
    let store = home.open().await;
    let instance = Uuid::now_v7();
    for chunk in (1..=5_100u64).collect::<Vec<_>>().chunks(1_000) {
        let events =
            chunk.iter().map(|&n| event(instance, n, DAY0, &json!({ "model": format!("m{n}") }))).collect();
        store.commit(&[batch(instance, events)]).await.unwrap();
    }
    let totals = store.totals(&all(), DAY0 / SECOND, DAY0 / SECOND + 60).await.unwrap();
    let models: Vec<_> = totals.by.iter().filter(|((dim, _), _)| *dim == Dim::Model).collect();
    assert!(models.len() <= 5_000, "{}", models.len());
    assert_eq!(models.iter().map(|(_, cell)| cell.n).sum::<u64>(), 5_100);
    assert!(totals.by[&(Dim::Model, "(other)".to_owned())].n >= 100);
    let newest = store.page(&all(), &crate::store::Filter::default(), None, 1, super::soon()).await.unwrap();
    assert!(newest.items[0].contains("\"model\":\"m5100\""));
}
