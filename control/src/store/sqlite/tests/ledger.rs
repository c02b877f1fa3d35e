//! What is stored, what is a duplicate, what is refused, and what is missing.

use std::collections::BTreeMap;

use agentguard_api::{Heartbeat, LossReason, Unjudged, UnjudgedReason, Workload};
use serde_json::json;
use uuid::Uuid;

use super::{open, soon};
use crate::store::{BadEvent, Done, Filter, Store, Work};
use crate::testing::{DAY0, batch, batch_with, event, reply};

fn heartbeat(instance: Uuid, produced: u64, lost_ranges: Vec<(u64, u64)>) -> Work {
    let lost = lost_ranges.iter().map(|(start, end)| end - start + 1).sum();
    let heartbeat = Heartbeat {
        instance,
        started: DAY0,
        version: "0.1.0".to_owned(),
        workload: Workload::default(),
        produced,
        lost: [(LossReason::SpoolFull, lost)].into(),
        lost_ranges,
        in_flight: 0,
        spool_bytes: 0,
        policy: String::new(),
        seen: 0,
        judged: 0,
        not_checked: Vec::new(),
    };
    Work::Heartbeat(heartbeat, DAY0)
}

#[tokio::test]
async fn an_event_sent_again_is_a_duplicate_in_any_batch_and_after_a_restart() {
    let (dir, store) = open().await;
    let instance = Uuid::now_v7();
    let events: Vec<_> = (1..=150).map(|seq| event(instance, seq, DAY0, &json!({}))).collect();
    let mut twice = events[..100].to_vec();
    twice.push(events[0].clone());
    let first = reply(store.commit(&[batch(instance, twice)]).await.unwrap());
    assert_eq!((first.accepted, first.duplicate, first.acked_seq), (100, 1, 100));
    // Overlapping batches in one group.
    let done = store
        .commit(&[batch(instance, events[50..120].to_vec()), batch(instance, events[90..].to_vec())])
        .await;
    let counts: Vec<_> =
        done.unwrap().into_iter().map(|d| reply(vec![d])).map(|r| (r.accepted, r.duplicate)).collect();
    assert_eq!(counts, [(20, 50), (30, 30)]);
    store.close().await;
    drop(store);
    let store = super::Sqlite::open(dir.path(), 100).await.unwrap();
    let again = reply(store.commit(&[batch(instance, events)]).await.unwrap());
    assert_eq!((again.accepted, again.duplicate, again.acked_seq), (0, 150, 150));
    assert_eq!(store.totals(0, i64::MAX / 2_000_000 * 60).await.unwrap().whole.n, 150);
    assert_eq!(store.sidecars().await.unwrap()[0].stored, 150);
}

#[tokio::test]
async fn an_id_or_a_seq_that_another_event_has_is_refused_and_kept_as_a_dead_letter() {
    let (_dir, store) = open().await;
    let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
    let first = event(one, 1, DAY0, &json!({}));
    store.commit(&[batch(one, vec![first.clone()])]).await.unwrap();
    let same_id = event(other, 1, DAY0, &json!({ "id": first.id }));
    let refused = reply(store.commit(&[batch(other, vec![same_id.clone()])]).await.unwrap());
    assert_eq!((refused.accepted, refused.acked_seq), (0, 1));
    assert_eq!((refused.rejected[0].seq, refused.rejected[0].index), (Some(1), 1));
    assert!(refused.rejected[0].error.starts_with("id:"), "{}", refused.rejected[0].error);
    let same_seq = event(one, 1, DAY0, &json!({}));
    let refused = reply(store.commit(&[batch(one, vec![same_seq])]).await.unwrap());
    assert!(refused.rejected[0].error.starts_with("seq:"), "{}", refused.rejected[0].error);
    // Sent again it is a duplicate and not counted a second time.
    assert_eq!(reply(store.commit(&[batch(other, vec![same_id])]).await.unwrap()).duplicate, 1);
    let sidecars = store.sidecars().await.unwrap();
    let rejected: BTreeMap<_, _> = sidecars.iter().map(|s| (s.instance, (s.stored, s.rejected))).collect();
    assert_eq!(rejected, [(one, (1, 1)), (other, (0, 1))].into());
}

#[tokio::test]
async fn gaps_are_counted_until_they_are_filled_or_explained() {
    let (_dir, store) = open().await;
    let instance = Uuid::now_v7();
    let events = |seqs: &[u64]| seqs.iter().map(|&seq| event(instance, seq, DAY0, &json!({}))).collect();
    let bad = BadEvent { index: 2, seq: Some(6), error: "risk: …".to_owned(), raw: "{}".to_owned() };
    let first = reply(store.commit(&[batch_with(instance, events(&[1, 2, 9]), vec![bad])]).await.unwrap());
    assert_eq!(first.acked_seq, 2);
    assert_eq!(store.sidecars().await.unwrap()[0].unexplained, 5);
    // 3 and 4 arrive late, 7 and 8 were lost; 5 stays missing.
    store.commit(&[batch(instance, events(&[3, 4]))]).await.unwrap();
    let done = store.commit(&[heartbeat(instance, 10, vec![(7, 8)])]).await.unwrap();
    let Done::Heartbeat(told) = &done[0] else { panic!("{done:?}") };
    assert_eq!((told.acked_seq, told.unexplained), (4, 1));
    let sidecar = &store.sidecars().await.unwrap()[0];
    assert_eq!((sidecar.produced, sidecar.stored, sidecar.rejected), (10, 5, 1));
    assert_eq!((sidecar.lost["spool_full"], sidecar.unexplained), (2, 1));
    assert!((sidecar.completeness - 0.8).abs() < 1e-9);
    // What was thought lost and arrives after all is stored.
    assert_eq!(reply(store.commit(&[batch(instance, events(&[7, 5]))]).await.unwrap()).accepted, 2);
    assert_eq!(store.sidecars().await.unwrap()[0].unexplained, 0);
}

#[tokio::test]
async fn after_a_commit_that_failed_nothing_of_it_is_remembered() {
    let (_dir, store) = open().await;
    let instance = Uuid::now_v7();
    store.commit(&[batch(instance, vec![event(instance, 1, DAY0, &json!({}))])]).await.unwrap();
    let read_only = async |on: bool| {
        let sql = if on { "PRAGMA query_only = 1" } else { "PRAGMA query_only = 0" };
        sqlx::query(sql).execute(store.writer.lock().await.connection()).await.unwrap();
    };
    let work = [batch(instance, vec![event(instance, 2, DAY0, &json!({ "model": "new" }))])];
    read_only(true).await;
    assert!(store.commit(&work).await.is_err());
    read_only(false).await;
    assert_eq!(store.sidecars().await.unwrap()[0].stored, 1);
    let told = reply(store.commit(&work).await.unwrap());
    assert_eq!((told.accepted, told.duplicate, told.acked_seq), (1, 0, 2));
    let page = store.page(&Filter::default(), None, 10, soon()).await.unwrap();
    assert_eq!(page.items.len(), 2);
}

#[tokio::test]
async fn dead_letters_are_bounded() {
    let (_dir, store) = open().await;
    let instance = Uuid::now_v7();
    let bad = |seq| BadEvent { index: 0, seq, error: "risk: …".to_owned(), raw: "{}".to_owned() };
    let letters: Vec<_> = (1..=150).map(|seq| bad(Some(seq))).chain([bad(None)]).collect();
    let told = reply(store.commit(&[batch_with(instance, vec![], letters)]).await.unwrap());
    assert_eq!((told.rejected.len(), told.acked_seq), (151, 150));
    let mut writer = store.writer.lock().await;
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM dead_letter").fetch_one(writer.connection()).await.unwrap();
    assert_eq!(kept, 100);
}

#[tokio::test]
async fn connections_that_were_not_judged_are_kept_as_an_instance_told_of_them_last() {
    let (dir, store) = open().await;
    let instance = Uuid::now_v7();
    let told = |connections| {
        let Work::Heartbeat(mut heartbeat, received) = heartbeat(instance, 0, Vec::new()) else { panic!() };
        let reason = UnjudgedReason::TlsPinned;
        heartbeat.not_checked = vec![Unjudged { host: "api.openai.com".to_owned(), reason, connections }];
        Work::Heartbeat(heartbeat, received)
    };
    store.commit(&[told(2)]).await.unwrap();
    // One that was overtaken, and one of an older proxy.
    store.commit(&[told(3), told(1), heartbeat(instance, 0, Vec::new())]).await.unwrap();
    store.close().await;
    drop(store);
    let store = super::Sqlite::open(dir.path(), 100).await.unwrap();
    let kept = store.sidecars().await.unwrap().remove(0).not_checked;
    let Work::Heartbeat(expected, _) = told(3) else { panic!() };
    assert_eq!(kept, expected.not_checked);
}

#[test]
fn heartbeats_of_older_and_of_newer_proxies_are_read() {
    let Work::Heartbeat(beat, _) = heartbeat(Uuid::now_v7(), 0, Vec::new()) else { panic!() };
    let mut json = serde_json::to_value(&beat).unwrap();
    assert!(json.as_object_mut().unwrap().remove("not_checked").is_none(), "nothing to say is not said");
    assert_eq!(serde_json::from_value::<Heartbeat>(json.clone()).unwrap(), beat);
    json["not_checked"] = json!([{"host": "other", "reason": "a_new_one", "connections": 1}]);
    let read = serde_json::from_value::<Heartbeat>(json).unwrap();
    assert_eq!(read.not_checked[0].reason, UnjudgedReason::Other);
}
