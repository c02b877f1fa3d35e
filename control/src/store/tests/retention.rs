//! What is old goes, step by step, and takes everything of it along.

use serde_json::json;
use uuid::Uuid;

use super::{Home, soon};
use crate::store::{BadEvent, Filter, Swept};
use crate::testing::{DAY0, all, batch, batch_with, event, reply};

const DAY: i64 = 86_400_000_000;
const MINUTE: i64 = 60_000_000;

pub(super) async fn what_is_old_goes_in_steps_with_content_sums_and_silent_instances(home: Home) {
    let store = home.open().await;
    let (gone, stays) = (Uuid::now_v7(), Uuid::now_v7());
    let content = json!({ "content": { "texts": ["secret"] } });
    let old = (1..=1200).map(|seq| event(gone, seq, DAY0 + seq as i64, &content)).collect();
    let bad = BadEvent { index: 0, seq: Some(1201), error: String::new(), raw: String::new() };
    store.commit(&[batch_with(gone, old, vec![bad])]).await.unwrap();
    // In the hour, and the day, that the bound cuts: their buckets stay.
    let young: Vec<_> =
        (1..=10).map(|seq| event(stays, seq, DAY0 + 2 * DAY + 220 * MINUTE, &content)).collect();
    store.commit(&[batch(stays, young.clone())]).await.unwrap();

    let before = DAY0 + 2 * DAY + 210 * MINUTE;
    let mut steps = 1;
    while store.sweep(before).await.unwrap().more {
        steps += 1;
        assert!(steps < 10, "it does not end");
    }
    assert!(steps > 1);
    assert_eq!(store.sweep(before).await.unwrap(), Swept::default());
    let page = store.page(&all(), &Filter::default(), None, 100, soon()).await.unwrap();
    assert_eq!(page.items.len(), 10);
    let counts = store.counts(&all(), &Filter::default(), soon()).await.unwrap();
    assert_eq!(counts.by_shape.iter().map(|(_, n)| n).sum::<u64>(), 10);
    assert_eq!((home.count("content").await, home.count("verdict").await), (10, 10));
    assert_eq!(home.count("dead_letter").await, 0);
    // One bucket of each width and one dimension more of the three wide ones, for the namespace and the tenant; the ten-second ones are
    // older than a day.
    assert_eq!(home.count("rollup").await, 6);
    assert_eq!(home.count("rollup_by").await, 18);
    assert_eq!(home.count("rollup_shape").await, 3);
    let sidecars = store.sidecars(&all()).await.unwrap();
    assert_eq!(sidecars.iter().map(|s| (s.instance, s.stored)).collect::<Vec<_>>(), [(stays, 10)]);
    // The writer goes on with what it finds.
    let more = event(stays, 11, DAY0 + 2 * DAY + 220 * MINUTE, &json!({}));
    let told = reply(store.commit(&[batch(stays, [young, vec![more]].concat())]).await.unwrap());
    assert_eq!((told.accepted, told.duplicate, told.acked_seq), (1, 10, 11));
}
