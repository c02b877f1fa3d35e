//! Lists, facets and searches find what looking at every event would find, whatever the page size.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use agentguard_judge::{NotChecked, State};
use agentguard_policy::{Action, Direction};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Home, Kind, block_on, soon};
use crate::names::Named;
use crate::store::{Event, Filter, Position, Shape, Store};
use crate::testing::{DAY0, all, batch, event};

fn instances() -> [Uuid; 2] {
    [Uuid::from_u128(7), Uuid::from_u128(8)]
}

/// 400 events of every kind, many with the same time.
fn everything() -> Vec<(Uuid, Event)> {
    let make = |i: u64| {
        let n = i as usize;
        let verdict = State::ALL[n % 5];
        let mut changes = json!({
            "verdict": verdict, "action": Action::ALL[n / 5 % 4], "direction": Direction::ALL[n / 7 % 2],
            "provider": (["openai", "anthropic"][n / 3 % 2]), "model": (["gpt-4o", "claude", "Qwen"][n / 2 % 3]),
            "risk": (n % 11) as f32 / 10.0, "explanation": format!("Sentence {} of {}.", n % 13, n % 17),
            "workload": { "namespace": (["", "shop"][n % 2]), "name": (["bot", "assistant"][n / 11 % 2]) },
        });
        if verdict == State::NotChecked {
            changes["reason"] = json!(NotChecked::ALL[n / 5 % 11]);
        }
        let instance = instances()[n % 2];
        (instance, event(instance, i / 2 + 1, DAY0 + (i / 8) as i64, &changes))
    };
    (0..400).map(make).collect()
}

async fn filled(home: &Home) -> (Arc<dyn Store>, Vec<(Uuid, Event)>) {
    let store = home.open().await;
    let events = everything();
    for instance in instances() {
        let own = events.iter().filter(|(i, _)| *i == instance).map(|(_, e)| e.clone()).collect();
        store.commit(&[batch(instance, own)]).await.unwrap();
    }
    (store, events)
}

fn some<T: Clone + std::fmt::Debug + 'static>(of: &[T]) -> impl Strategy<Value = Vec<T>> + use<T> {
    prop_oneof![3 => Just(Vec::new()), 1 => prop::sample::subsequence(of.to_vec(), 1..=of.len().min(3))]
}

fn filters() -> impl Strategy<Value = Filter> {
    let texts = |of: &[&str]| some(&of.iter().map(|&t| t.to_owned()).collect::<Vec<_>>());
    let closed = (some(State::ALL), some(Action::ALL), some(NotChecked::ALL), some(Direction::ALL));
    let open = (
        texts(&["openai", "anthropic", "none' OR 1=1 --"]),
        texts(&["gpt-4o", "claude", "Qwen", "%"]),
        texts(&["bot", "shop/bot", "shop/assistant"]),
        texts(&["sentence", "of 3.", "qwen", "chatcmpl-1", "shop", "%", "_", "\"", "' OR ''='"]),
    );
    let more = (
        some(&[instances()[0], instances()[1], Uuid::nil()]),
        // Tenths, as the events have: the bound itself must be met.
        prop::option::of((0..=10u8).prop_map(|tenths| f32::from(tenths) / 10.0)),
        prop::option::of(-5i64..60),
        prop::option::of(-5i64..60),
    );
    (closed, open, more).prop_map(|(closed, open, more)| Filter {
        verdict: closed.0,
        action: closed.1,
        reason: closed.2,
        direction: closed.3,
        provider: open.0,
        model: open.1,
        workload: open.2,
        words: open.3,
        instance: more.0,
        min_risk: more.1,
        from: more.2.map(|at| DAY0 + at),
        to: more.3.map(|at| DAY0 + at),
    })
}

/// The filter without one of its conditions on few-valued fields, for each of them.
fn but_for_one(filter: &Filter) -> [Filter; 7] {
    [
        Filter { verdict: Vec::new(), ..filter.clone() },
        Filter { action: Vec::new(), ..filter.clone() },
        Filter { reason: Vec::new(), ..filter.clone() },
        Filter { direction: Vec::new(), ..filter.clone() },
        Filter { provider: Vec::new(), ..filter.clone() },
        Filter { model: Vec::new(), ..filter.clone() },
        Filter { workload: Vec::new(), ..filter.clone() },
    ]
}

fn ids(items: &[String]) -> Vec<String> {
    let id = |item: &String| serde_json::from_str::<Value>(item).unwrap()["id"].as_str().unwrap().to_owned();
    items.iter().map(id).collect()
}

pub(super) fn pages_and_facets_agree_with_looking_at_every_event(kind: Kind) {
    let mut runner =
        TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3) });
    let asked = prop::collection::vec((filters(), 1usize..120), 40);
    let found = runner.run(&asked, |filters| {
        block_on(async {
            let home = Home::new(kind).await;
            let (store, events) = filled(&home).await;
            for (filter, limit) in filters {
                let mut expected: Vec<_> =
                    events.iter().filter(|(instance, e)| filter.admits(*instance, e)).collect();
                let mut found = Vec::new();
                let mut after = None;
                loop {
                    let page = store.page(&all(), &filter, after, limit, soon()).await.unwrap();
                    prop_assert!(page.items.len() <= limit);
                    prop_assert!(page.next.is_none() || page.items.len() == limit);
                    found.extend(ids(&page.items));
                    after = page.next.map(|p| Position::from_cursor(&p.cursor()).unwrap());
                    if after.is_none() {
                        break;
                    }
                }
                // Newest first; of the same time, stored last first: instance by instance here.
                expected.sort_by_key(|(instance, e)| (e.ts, *instance, e.seq));
                expected.reverse();
                let expected_ids: Vec<_> = expected.iter().map(|(_, e)| e.id.to_string()).collect();
                prop_assert_eq!(found, expected_ids, "{:?}", filter);

                let mut by_shape: HashMap<Shape, u64> = HashMap::new();
                let loose = but_for_one(&filter);
                for (instance, e) in &events {
                    if loose.iter().any(|filter| filter.admits(*instance, e)) {
                        *by_shape.entry(e.shape.clone()).or_default() += 1;
                    }
                }
                let counts = store.counts(&all(), &filter, soon()).await.unwrap();
                let counted: HashMap<_, _> =
                    counts.by_shape.into_iter().map(|(s, n)| ((*s).clone(), n)).collect();
                prop_assert_eq!(counted, by_shape);
            }
            Ok(())
        })
    });
    found.unwrap();
}

pub(super) async fn a_whole_id_is_found_at_once_and_a_part_of_one_too(home: Home) {
    let (store, events) = filled(&home).await;
    for (_, event) in [&events[0], &events[333]] {
        let id = event.id.to_string();
        for word in [id.clone(), id[20..].to_owned()] {
            let filter = Filter { words: vec![word], ..Filter::default() };
            let page = store.page(&all(), &filter, None, 10, soon()).await.unwrap();
            assert_eq!(ids(&page.items), std::slice::from_ref(&id));
        }
    }
}

pub(super) async fn a_search_that_runs_out_of_time_says_where_it_stopped(home: Home) {
    let store = home.open().await;
    let instance = Uuid::now_v7();
    let mut sent = 0;
    for _ in 0..3 {
        let events = (sent + 1..=sent + 1000)
            .map(|seq| {
                event(
                    instance,
                    seq,
                    DAY0 + seq as i64,
                    &json!({ "model": if seq == 5 { "rare" } else { "m" } }),
                )
            })
            .collect();
        store.commit(&[batch(instance, events)]).await.unwrap();
        sent += 1000;
    }
    // The risk is everybody's: it only makes the rows themselves be looked at.
    let filter = Filter { model: vec!["rare".to_owned()], min_risk: Some(0.0), ..Filter::default() };
    let late = Instant::now();
    let page = store.page(&all(), &filter, None, 10, late).await.unwrap();
    assert!(page.items.is_empty());
    let rest = store.page(&all(), &filter, page.next, 10, late).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
    let counts = store.counts(&all(), &filter, late).await.unwrap();
    assert!(counts.partial && counts.by_shape.iter().all(|(shape, _)| shape.model == "m"));
}
