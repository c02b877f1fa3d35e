use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use super::{BEHIND, Hub, KEPT};
use crate::store::scope::DEFAULT_TENANT;
use crate::store::{Filter, Scope};
use crate::testing::{DAY0, event};

fn publish(hub: &Hub, count: usize) {
    let (tenant, instance) = (Arc::from(DEFAULT_TENANT), Uuid::from_u128(1));
    for seq in 1..=count as u64 {
        let content = json!({ "content": { "texts": ["secret"] } });
        hub.publish(&tenant, instance, event(instance, seq, DAY0, &content));
    }
}

#[test]
fn a_reader_that_comes_back_goes_on_after_what_it_saw() {
    let hub = Hub::new();
    publish(&hub, 10);
    let start = hub.join(Some(&hub.id(7)));
    assert_eq!(start.lost, 0);
    assert_eq!(start.missed.iter().map(|e| e.number).collect::<Vec<_>>(), [8, 9, 10]);
    assert!(start.missed.iter().all(|e| e.event.content.is_none()));
}

#[test]
fn what_is_no_longer_kept_is_counted() {
    let hub = Hub::new();
    publish(&hub, KEPT + 30);
    let start = hub.join(Some(&hub.id(10)));
    assert_eq!((start.lost, start.missed.len()), (20, KEPT));
}

#[test]
fn ids_of_others_begin_now() {
    let hub = Hub::new();
    publish(&hub, 3);
    for id in [None, Some(""), Some("7"), Some("00000000-1"), Some("x-y"), Some(hub.id(99).as_str())] {
        let start = hub.join(id);
        assert_eq!((start.lost, start.missed.len()), (0, 0), "{id:?}");
    }
}

#[tokio::test]
async fn a_slow_reader_is_told_how_many_it_lost_and_the_writer_never_waits() {
    let hub = Hub::new();
    let mut live = hub.join(None).live;
    publish(&hub, BEHIND + 5);
    assert!(matches!(live.recv().await, Err(RecvError::Lagged(5))));
    assert_eq!(live.recv().await.unwrap().number, 6);
}

#[test]
fn readers_get_what_their_scope_shows() {
    let hub = Hub::new();
    let instance = Uuid::from_u128(1);
    for (tenant, namespace) in [("a", "shop"), ("a", "bank"), ("b", "shop")] {
        let changes = json!({ "workload": { "namespace": namespace, "name": "bot" } });
        hub.publish(&Arc::from(tenant), instance, event(instance, 1, DAY0, &changes));
    }
    let seen = |scope: Scope| {
        let missed = hub.join(Some(&hub.id(0))).missed;
        let passes = missed.iter().filter(|entry| entry.passes(&scope, &Filter::default()));
        passes.map(|entry| entry.number).collect::<Vec<_>>()
    };
    assert_eq!(seen(Scope::tenant("a")), [1, 2]);
    assert_eq!(seen(Scope::tenant("b")), [3]);
    assert_eq!(seen(Scope::tenant("c")), [0; 0]);
    assert_eq!(seen(Scope::within("a", BTreeSet::from(["shop".to_owned(), "other".to_owned()]))), [1]);
    assert_eq!(seen(Scope::within("a", BTreeSet::new())), [0; 0]);
}
