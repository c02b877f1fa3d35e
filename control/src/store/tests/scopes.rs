//! Whoever asks gets what their scope's events alone would give, whatever else is stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use uuid::Uuid;

use super::sums::counted;
use super::{Home, Kind, block_on, soon};
use crate::names::Named;
use crate::rollup;
use crate::store::{Event, Filter, Scope, Shape};
use crate::testing::{DAY0, event, of, reply};

const SECOND: i64 = 1_000_000;
const TENANTS: [&str; 3] = ["default", "acme", "other"];
const NAMESPACES: [&str; 3] = ["", "shop", "bank"];

/// Tenant, namespace, verdict, model, seconds after [`DAY0`], milliseconds.
type Spec = (usize, usize, usize, u8, i64, f64);

fn specs() -> impl Strategy<Value = Vec<Spec>> {
    let seconds = prop_oneof![0i64..600, 0i64..86_400 * 2];
    prop::collection::vec((0..3usize, 0..3usize, 0..4usize, 0..3u8, seconds, 0.0f64..5_000.0), 1..80)
}

fn scopes() -> impl Strategy<Value = Vec<Scope>> {
    let tenant = prop::sample::select([TENANTS.as_slice(), &["nobody"]].concat());
    let names = prop::sample::subsequence(vec!["", "shop", "bank", "nowhere"], 0..=4);
    let scope = (tenant, prop::option::of(names)).prop_map(|(tenant, some)| match some {
        None => Scope::tenant(tenant),
        Some(some) => Scope::within(tenant, some.into_iter().map(str::to_owned).collect()),
    });
    prop::collection::vec(scope, 8)
}

struct Stored {
    tenant: &'static str,
    instance: Uuid,
    event: Event,
}

fn make(specs: &[Spec]) -> Vec<Stored> {
    // An instance of its own for each namespace of each tenant.
    let mut seqs: BTreeMap<(usize, usize), (Uuid, u64)> = BTreeMap::new();
    let make = |spec: &Spec| {
        let &(tenant, namespace, verdict, model, second, ms) = spec;
        let (instance, seq) = seqs.entry((tenant, namespace)).or_insert_with(|| (Uuid::now_v7(), 0));
        *seq += 1;
        let changes = json!({
            "verdict": agentguard_judge::State::ALL[verdict], "model": format!("m{model}"), "risk": 0.5,
            "workload": { "namespace": NAMESPACES[namespace], "name": "bot" },
            "latency": { "total_ms": ms, "first_byte_ms": 0.0, "judge_ms": ms / 100.0, "held_ms": 0.0 },
        });
        let event = event(*instance, *seq, DAY0 + second * SECOND, &changes);
        Stored { tenant: TENANTS[tenant], instance: *instance, event }
    };
    specs.iter().map(make).collect()
}

fn id(item: &str) -> String {
    serde_json::from_str::<Value>(item).unwrap()["id"].as_str().unwrap().to_owned()
}

pub(super) fn every_answer_is_that_of_the_scopes_events_alone(kind: Kind) {
    let cases = if kind == Kind::Sqlite { 16 } else { 6 };
    let mut runner =
        TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) });
    let given = (specs(), scopes(), prop::collection::vec((0i64..2_900, 0i64..2_900), 8), 0..3u8);
    let found = runner.run(&given, |(specs, scopes, ranges, model)| {
        block_on(async {
            let home = Home::new(kind).await;
            let store = home.open().await;
            let stored = make(&specs);
            for one in &stored {
                let work = of(one.tenant, one.instance, vec![one.event.clone()], Vec::new());
                prop_assert_eq!(reply(store.commit(&[work]).await.unwrap()).accepted, 1);
            }
            for (scope, (a, b)) in scopes.iter().zip(ranges) {
                let shown: Vec<&Stored> = stored
                    .iter()
                    .filter(|one| scope.admits(one.tenant, &one.event.shape.namespace))
                    .collect();
                let (from, to) = (DAY0 / SECOND + a.min(b) * 60, DAY0 / SECOND + a.max(b) * 60);
                let inside = |one: &&&Stored| (from * SECOND..to * SECOND).contains(&one.event.ts);

                for filter in [
                    Filter::default(),
                    Filter { model: vec![format!("m{model}")], ..Filter::default() },
                    Filter { words: vec!["bot".to_owned()], min_risk: Some(0.1), ..Filter::default() },
                    Filter { from: Some(from * SECOND), to: Some(to * SECOND), ..Filter::default() },
                ] {
                    let passing = || shown.iter().filter(|one| filter.admits(one.instance, &one.event));
                    let page = store.page(scope, &filter, None, 500, soon()).await.unwrap();
                    let listed: BTreeSet<String> = page.items.iter().map(|item| id(item)).collect();
                    prop_assert_eq!(page.items.len(), passing().count());
                    prop_assert_eq!(listed, passing().map(|one| one.event.id.to_string()).collect());
                    let mut expected: HashMap<Shape, u64> = HashMap::new();
                    for one in &shown {
                        let others = Filter { model: Vec::new(), ..filter.clone() };
                        if others.admits(one.instance, &one.event) {
                            *expected.entry(one.event.shape.clone()).or_default() += 1;
                        }
                    }
                    let counts = store.counts(scope, &filter, soon()).await.unwrap();
                    let counts: HashMap<Shape, u64> =
                        counts.by_shape.into_iter().map(|(shape, n)| ((*shape).clone(), n)).collect();
                    prop_assert_eq!(counts, expected);
                }

                let totals = store.totals(scope, from, to).await.unwrap();
                prop_assert_eq!(totals, counted(shown.iter().filter(inside).map(|one| &one.event)));
                for width in rollup::WIDTHS {
                    let mut expected: BTreeMap<i64, Vec<&Event>> = BTreeMap::new();
                    for one in &shown {
                        let bucket = rollup::floor(one.event.ts / SECOND, width);
                        expected.entry(bucket).or_default().push(&one.event);
                    }
                    let day0 = DAY0 / SECOND;
                    let series = store.series(scope, day0, day0 + 3 * 86_400, width).await.unwrap();
                    let starts: Vec<i64> = series.iter().map(|bucket| bucket.start).collect();
                    prop_assert_eq!(starts, expected.keys().copied().collect::<Vec<_>>());
                    for (bucket, events) in series.iter().zip(expected.values()) {
                        prop_assert_eq!(bucket.verdicts.values().sum::<u64>(), events.len() as u64);
                        prop_assert_eq!(&bucket.judge, &counted(events.iter().copied()).whole.judge);
                    }
                }

                let flagged = store.newest_flagged(scope, from * SECOND, to * SECOND, 500).await.unwrap();
                let flagged: BTreeSet<String> = flagged.iter().map(|item| id(item)).collect();
                let expected = shown.iter().filter(inside).filter(|one| one.event.shape.flagged());
                prop_assert_eq!(flagged, expected.map(|one| one.event.id.to_string()).collect());

                for one in &stored {
                    let seen = store.verdict(scope, one.event.id).await.unwrap().is_some();
                    let expected = scope.admits(one.tenant, &one.event.shape.namespace);
                    prop_assert_eq!(seen, expected);
                }
                let sidecars = store.sidecars(scope).await.unwrap();
                prop_assert!(sidecars.iter().all(|s| scope.shows(&s.workload.namespace)));
            }
            Ok(())
        })
    });
    found.unwrap();
}

/// Neither can keep the other's verdicts out by taking their ids.
pub(super) async fn two_tenants_may_use_the_same_ids(home: Home) {
    let store = home.open().await;
    let instance = Uuid::now_v7();
    let sent = event(instance, 1, DAY0, &json!({}));
    for tenant in ["a", "b"] {
        let told =
            store.commit(&[of(tenant, instance, vec![sent.clone()], Vec::new())]).await.map(reply).unwrap();
        assert_eq!((told.accepted, told.acked_seq), (1, 1), "{tenant}");
    }
    for tenant in ["a", "b"] {
        let scope = Scope::tenant(tenant);
        let told =
            store.commit(&[of(tenant, instance, vec![sent.clone()], Vec::new())]).await.map(reply).unwrap();
        assert_eq!((told.accepted, told.duplicate), (0, 1), "{tenant}");
        assert!(store.verdict(&scope, sent.id).await.unwrap().is_some());
        let whole = Filter { words: vec![sent.id.to_string()], ..Filter::default() };
        assert_eq!(store.page(&scope, &whole, None, 5, soon()).await.unwrap().items.len(), 1);
        let sidecars = store.sidecars(&scope).await.unwrap();
        assert_eq!(sidecars.iter().map(|s| s.stored).collect::<Vec<_>>(), [1]);
    }
}
