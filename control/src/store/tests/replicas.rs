//! Several replicas on one PostgreSQL.

use std::collections::BTreeSet;
use std::sync::Arc;

use rand::seq::SliceRandom;
use serde_json::json;
use uuid::Uuid;

use super::{Home, Kind, settings, soon};
use crate::rollup::Dim;
use crate::store::{Event, Filter, Postgres, StoreError};
use crate::testing::{DAY0, all, batch, event, reply};

const SECOND: i64 = 1_000_000;

/// Two replicas get the same batches of the same instances at once, in other orders.
#[tokio::test(flavor = "multi_thread")]
async fn what_two_replicas_get_at_once_is_stored_once_and_counted_once() {
    let home = Home::new(Kind::Postgres).await;
    let replicas = [home.open().await, home.open().await];
    let instances: Vec<Uuid> = (0..4).map(|_| Uuid::now_v7()).collect();
    let mut batches: Vec<(Uuid, Vec<Event>)> = Vec::new();
    for &instance in &instances {
        let events: Vec<Event> = (1..=200)
            .map(|seq| {
                let changes = json!({ "model": format!("m{}", seq % 7), "workload": { "namespace": format!("n{}", seq % 3) } });
                event(instance, seq, DAY0 + (seq as i64 % 40) * 3_600 * SECOND, &changes)
            })
            .collect();
        batches.extend(events.chunks(20).map(|chunk| (instance, chunk.to_vec())));
    }
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let store = Arc::clone(&replicas[sender % 2]);
            let mut own = batches.clone();
            own.shuffle(&mut rand::rng());
            tokio::spawn(async move {
                let mut accepted = 0;
                for group in own.chunks(3) {
                    let work: Vec<_> = group.iter().map(|(i, events)| batch(*i, events.clone())).collect();
                    for done in store.commit(&work).await.unwrap() {
                        let told = reply(vec![done]);
                        assert_eq!((told.accepted + told.duplicate, told.rejected.len()), (20, 0));
                        accepted += told.accepted;
                    }
                }
                accepted
            })
        })
        .collect();
    let mut accepted = 0;
    for sender in senders {
        accepted += sender.await.unwrap();
    }
    assert_eq!(accepted, 800);
    for store in &replicas {
        let sidecars = store.sidecars(&all()).await.unwrap();
        assert!(sidecars.iter().all(|s| (s.stored, s.rejected, s.unexplained) == (200, 0, 0)));
        let totals = store.totals(&all(), DAY0 / SECOND, DAY0 / SECOND + 3 * 86_400).await.unwrap();
        assert_eq!((totals.whole.n, totals.by[&(Dim::Model, "m1".to_owned())].n), (800, 29 * 4));
        let counts = store.counts(&all(), &Filter::default(), soon()).await.unwrap();
        assert_eq!(counts.by_shape.iter().map(|(_, n)| n).sum::<u64>(), 800);
        let page = store.page(&all(), &Filter::default(), None, 1000, soon()).await.unwrap();
        assert_eq!(page.items.iter().collect::<BTreeSet<_>>().len(), 800);
    }
    assert_eq!((home.count("verdict").await, home.count("verdict_key").await), (800, 800));
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_at_once_bring_the_schema_up_to_date_once() {
    let home = Home::new(Kind::Postgres).await;
    let (one, two, three) = tokio::join!(home.open(), home.open(), home.open());
    for store in [one, two, three] {
        store.ping().await.unwrap();
    }
    let files =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres")).unwrap().count();
    assert_eq!(home.count("_sqlx_migrations").await, i64::try_from(files).unwrap());
}

/// What one replica files, the other finds at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_another_replica_saw_first_can_be_asked_for() {
    let home = Home::new(Kind::Postgres).await;
    let (one, other) = (home.open().await, home.open().await);
    let instance = Uuid::now_v7();
    for (seq, model) in (1..).zip(["a", "b", "c"]) {
        let store = if seq % 2 == 0 { &one } else { &other };
        store
            .commit(&[batch(instance, vec![event(instance, seq, DAY0, &json!({ "model": model }))])])
            .await
            .unwrap();
        let filter = Filter { model: vec![model.to_owned()], ..Filter::default() };
        for store in [&one, &other] {
            assert_eq!(store.page(&all(), &filter, None, 5, soon()).await.unwrap().items.len(), 1, "{model}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_have_partitions_and_go_as_a_whole() {
    let home = Home::new(Kind::Postgres).await;
    let store = home.open().await;
    let instance = Uuid::now_v7();
    let (day, now) = (86_400 * SECOND, crate::clock::now());
    let events = (0..10).map(|i| event(instance, i + 1, now - i as i64 * day, &json!({}))).collect();
    store.commit(&[batch(instance, events)]).await.unwrap();
    let partitions = "pg_inherits WHERE inhparent = 'verdict'::regclass";
    // Ten that were needed, two ahead, and the last.
    assert_eq!((home.count(partitions).await, home.count("verdict_other").await), (13, 0));
    // A replica does not know that another dropped a day, and makes it again.
    let other = home.open().await;
    while other.sweep(now - 4 * day).await.unwrap().more {}
    assert_eq!(home.count("verdict").await, 5);
    assert_eq!(home.count("verdict_key").await, 5);
    let late = event(instance, 11, now - 8 * day, &json!({}));
    assert_eq!(reply(store.commit(&[batch(instance, vec![late])]).await.unwrap()).accepted, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_is_not_repeated() {
    let secret = "postgres//hunter2@nowhere:port";
    let error = Postgres::open(&settings(secret)).await.err().unwrap();
    assert!(matches!(error, StoreError::Url), "{error}");
    assert!(!error.to_string().contains("hunter2"));
}
