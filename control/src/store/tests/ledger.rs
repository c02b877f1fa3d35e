//! What is stored, what is a duplicate, what is refused, and what is missing.

use std::collections::BTreeMap;

use agentguard_api::{Heartbeat, LossReason, Unjudged, UnjudgedReason, Workload};
use serde_json::json;
use uuid::Uuid;

use super::{Home, soon};
use crate::store::scope::DEFAULT_TENANT;
use crate::store::{BadEvent, Done, Filter, Work};
use crate::testing::{DAY0, all, batch, batch_with, event, reply};

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
        bundle: None,
    };
    Work::Heartbeat(DEFAULT_TENANT.into(), heartbeat, DAY0)
}

pub(super) async fn an_event_sent_again_is_a_duplicate_in_any_batch_and_after_a_restart(home: Home) {
    let store = home.open().await;
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
    let store = home.open().await;
    let again = reply(store.commit(&[batch(instance, events)]).await.unwrap());
    assert_eq!((again.accepted, again.duplicate, again.acked_seq), (0, 150, 150));
    assert_eq!(store.totals(&all(), 0, i64::MAX / 2_000_000 * 60).await.unwrap().whole.n, 150);
    assert_eq!(store.sidecars(&all()).await.unwrap()[0].stored, 150);
}

pub(super) async fn an_id_or_a_seq_that_another_event_has_is_refused_and_kept_as_a_dead_letter(home: Home) {
    let store = home.open().await;
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
    let sidecars = store.sidecars(&all()).await.unwrap();
    let rejected: BTreeMap<_, _> = sidecars.iter().map(|s| (s.instance, (s.stored, s.rejected))).collect();
    assert_eq!(rejected, [(one, (1, 1)), (other, (0, 1))].into());
}

pub(super) async fn gaps_are_counted_until_they_are_filled_or_explained(home: Home) {
    let store = home.open().await;
    let instance = Uuid::now_v7();
    let events = |seqs: &[u64]| seqs.iter().map(|&seq| event(instance, seq, DAY0, &json!({}))).collect();
    let bad = BadEvent { index: 2, seq: Some(6), error: "risk: …".to_owned(), raw: "{}".to_owned() };
    let first = reply(store.commit(&[batch_with(instance, events(&[1, 2, 9]), vec![bad])]).await.unwrap());
    assert_eq!(first.acked_seq, 2);
    assert_eq!(store.sidecars(&all()).await.unwrap()[0].unexplained, 5);
    // 3 and 4 arrive late, 7 and 8 were lost; 5 stays missing.
    store.commit(&[batch(instance, events(&[3, 4]))]).await.unwrap();
    let done = store.commit(&[heartbeat(instance, 10, vec![(7, 8)])]).await.unwrap();
    let Done::Heartbeat(told) = &done[0] else { panic!("{done:?}") };
    assert_eq!((told.acked_seq, told.unexplained), (4, 1));
    let sidecar = &store.sidecars(&all()).await.unwrap()[0];
    assert_eq!((sidecar.produced, sidecar.stored, sidecar.rejected), (10, 5, 1));
    assert_eq!((sidecar.lost["spool_full"], sidecar.unexplained), (2, 1));
    assert!((sidecar.completeness - 0.8).abs() < 1e-9);
    // What was thought lost and arrives after all is stored.
    assert_eq!(reply(store.commit(&[batch(instance, events(&[7, 5]))]).await.unwrap()).accepted, 2);
    assert_eq!(store.sidecars(&all()).await.unwrap()[0].unexplained, 0);
}

pub(super) async fn after_a_commit_that_failed_nothing_of_it_is_remembered(home: Home) {
    let store = home.open().await;
    let instance = Uuid::now_v7();
    store.commit(&[batch(instance, vec![event(instance, 1, DAY0, &json!({}))])]).await.unwrap();
    // Something in the middle of a commit is missing.
    let rename =
        async |from: &str, to: &str| home.execute(format!("ALTER TABLE {from} RENAME TO {to}")).await;
    let work = [batch(instance, vec![event(instance, 2, DAY0, &json!({ "model": "new" }))])];
    rename("rollup_shape", "hidden").await;
    assert!(store.commit(&work).await.is_err());
    rename("hidden", "rollup_shape").await;
    assert_eq!(store.sidecars(&all()).await.unwrap()[0].stored, 1);
    let told = reply(store.commit(&work).await.unwrap());
    assert_eq!((told.accepted, told.duplicate, told.acked_seq), (1, 0, 2));
    let page = store.page(&all(), &Filter::default(), None, 10, soon()).await.unwrap();
    assert_eq!(page.items.len(), 2);
}

pub(super) async fn dead_letters_are_bounded(home: Home) {
    let store = home.open().await;
    let instance = Uuid::now_v7();
    let bad = |seq| BadEvent { index: 0, seq, error: "risk: …".to_owned(), raw: "{}".to_owned() };
    let letters: Vec<_> = (1..=150).map(|seq| bad(Some(seq))).chain([bad(None)]).collect();
    let told = reply(store.commit(&[batch_with(instance, vec![], letters)]).await.unwrap());
    assert_eq!((told.rejected.len(), told.acked_seq), (151, 150));
    assert_eq!(home.count("dead_letter").await, 100);
}

/// After midnight, or once its clock was set: the same event, another time.
pub(super) async fn an_event_sent_again_with_the_time_of_another_day_is_a_duplicate(home: Home) {
    let store = home.open().await;
    let instance = Uuid::now_v7();
    let first = event(instance, 1, DAY0 - 1, &json!({}));
    store.commit(&[batch(instance, vec![first.clone()])]).await.unwrap();
    let again = event(instance, 1, DAY0 + 1, &json!({ "id": first.id }));
    let told = reply(store.commit(&[batch(instance, vec![again])]).await.unwrap());
    assert_eq!((told.accepted, told.duplicate, told.acked_seq), (0, 1, 1));
    // Another's id and one's own seq are taken on every day.
    let other = Uuid::now_v7();
    let same_id = event(other, 1, DAY0 + 86_400_000_000, &json!({ "id": first.id }));
    let told = reply(store.commit(&[batch(other, vec![same_id])]).await.unwrap());
    assert!(told.rejected[0].error.starts_with("id:"), "{}", told.rejected[0].error);
    let same_seq = event(instance, 1, DAY0 + 86_400_000_000, &json!({}));
    let told = reply(store.commit(&[batch(instance, vec![same_seq])]).await.unwrap());
    assert!(told.rejected[0].error.starts_with("seq:"), "{}", told.rejected[0].error);
    assert_eq!(store.page(&all(), &Filter::default(), None, 10, soon()).await.unwrap().items.len(), 1);
}

pub(super) async fn clocks_that_are_wrong_by_days_or_years_fail_nothing(home: Home) {
    let store = home.open().await;
    let instance = Uuid::now_v7();
    let now = crate::clock::now();
    let day = 86_400_000_000;
    let times = [946_684_800_000_000, DAY0, now - 40 * day, now - 3 * day, now, now + 2 * day, now + 9 * day];
    let events = times.iter().zip(1..).map(|(&ts, seq)| event(instance, seq, ts, &json!({}))).collect();
    let told = reply(store.commit(&[batch(instance, events)]).await.unwrap());
    assert_eq!((told.accepted, told.acked_seq), (7, 7));
    let page = store.page(&all(), &Filter::default(), None, 10, soon()).await.unwrap();
    let seqs: Vec<_> = page
        .items
        .iter()
        .map(|item| {
            let item: serde_json::Value = serde_json::from_str(item).unwrap();
            item["seq"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(seqs, [7, 6, 5, 4, 3, 2, 1]);
}

pub(super) async fn text_that_the_database_cannot_hold_fails_nothing(home: Home) {
    let store = home.open().await;
    let instance = Uuid::now_v7();
    let odd = "a\0b\tc\\d\r\n\\N\\.";
    let changes = json!({
        "model": odd, "provider": odd, "explanation": odd, "workload": { "namespace": odd, "name": odd, "pod": odd },
        "content": { "texts": [odd] },
    });
    let bad = BadEvent { index: 2, seq: Some(2), error: odd.to_owned(), raw: odd.to_owned() };
    let sent = event(instance, 1, DAY0, &changes);
    let id = sent.id;
    let told = reply(store.commit(&[batch_with(instance, vec![sent], vec![bad])]).await.unwrap());
    assert_eq!((told.accepted, told.rejected.len()), (1, 1));
    let filter = Filter { words: vec!["b\tc\\d\r\n".to_owned()], ..Filter::default() };
    let page = store.page(&all(), &filter, None, 10, soon()).await.unwrap();
    let item: serde_json::Value = serde_json::from_str(&page.items[0]).unwrap();
    assert_eq!((item["model"].as_str(), item["explanation"].as_str()), (Some(odd), Some(odd)));
    let detail = store.verdict(&all(), id).await.unwrap().unwrap();
    let content: serde_json::Value = serde_json::from_str(&detail.content.unwrap()).unwrap();
    assert_eq!(content["texts"][0], odd);
    let asked = Filter { words: vec!["a\0b".to_owned()], model: vec![odd.to_owned()], ..Filter::default() };
    store.page(&all(), &asked, None, 10, soon()).await.unwrap();
}

pub(super) async fn connections_that_were_not_judged_are_kept_as_an_instance_told_of_them_last(home: Home) {
    let store = home.open().await;
    let instance = Uuid::now_v7();
    let told = |connections| {
        let Work::Heartbeat(tenant, mut heartbeat, received) = heartbeat(instance, 0, Vec::new()) else {
            panic!()
        };
        let reason = UnjudgedReason::TlsPinned;
        heartbeat.not_checked = vec![Unjudged { host: "api.openai.com".to_owned(), reason, connections }];
        Work::Heartbeat(tenant, heartbeat, received)
    };
    store.commit(&[told(2)]).await.unwrap();
    // One that was overtaken, and one of an older proxy.
    store.commit(&[told(3), told(1), heartbeat(instance, 0, Vec::new())]).await.unwrap();
    store.close().await;
    drop(store);
    let store = home.open().await;
    let kept = store.sidecars(&all()).await.unwrap().remove(0).not_checked;
    let Work::Heartbeat(_, expected, _) = told(3) else { panic!() };
    assert_eq!(kept, expected.not_checked);
}

#[test]
fn heartbeats_of_older_and_of_newer_proxies_are_read() {
    let Work::Heartbeat(_, beat, _) = heartbeat(Uuid::now_v7(), 0, Vec::new()) else { panic!() };
    let mut json = serde_json::to_value(&beat).unwrap();
    assert!(json.as_object_mut().unwrap().remove("not_checked").is_none(), "nothing to say is not said");
    assert_eq!(serde_json::from_value::<Heartbeat>(json.clone()).unwrap(), beat);
    json["not_checked"] = json!([{"host": "other", "reason": "a_new_one", "connections": 1}]);
    let read = serde_json::from_value::<Heartbeat>(json).unwrap();
    assert_eq!(read.not_checked[0].reason, UnjudgedReason::Other);
}
