//! What is old goes, step by step, and takes everything of it along.

use serde_json::json;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{open, soon};
use crate::store::{BadEvent, Filter, Store, Swept};
use crate::testing::{DAY0, batch, batch_with, event, reply};

const DAY: i64 = 86_400_000_000;
const MINUTE: i64 = 60_000_000;

async fn count(conn: &mut SqliteConnection, table: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(sql).fetch_one(conn).await.unwrap()
}

#[tokio::test]
async fn what_is_old_goes_in_steps_with_content_sums_and_silent_instances() {
    let (_dir, store) = open().await;
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
    assert_eq!(store.sweep(before).await.unwrap(), Swept { verdicts: 1000, more: true });
    assert_eq!(store.sweep(before).await.unwrap(), Swept { verdicts: 200, more: false });
    assert_eq!(store.sweep(before).await.unwrap(), Swept { verdicts: 0, more: false });
    let page = store.page(&Filter::default(), None, 100, soon()).await.unwrap();
    assert_eq!(page.items.len(), 10);
    let counts = store.counts(&Filter::default(), soon()).await.unwrap();
    assert_eq!(counts.by_shape.iter().map(|(_, n)| n).sum::<u64>(), 10);
    let mut writer = store.writer.lock().await;
    assert_eq!(count(writer.connection(), "content").await, 10);
    assert_eq!(count(writer.connection(), "dead_letter").await, 0);
    // One bucket of each width and one dimension more of the three wide ones; the ten-second ones are older than a day.
    assert_eq!(count(writer.connection(), "rollup").await, 3);
    assert_eq!(count(writer.connection(), "rollup_by").await, 9);
    assert_eq!(count(writer.connection(), "rollup_shape").await, 3);
    drop(writer);
    let sidecars = store.sidecars().await.unwrap();
    assert_eq!(sidecars.iter().map(|s| (s.instance, s.stored)).collect::<Vec<_>>(), [(stays, 10)]);
    // The writer goes on with what it finds.
    let more = event(stays, 11, DAY0 + 2 * DAY + 220 * MINUTE, &json!({}));
    let told = reply(store.commit(&[batch(stays, [young, vec![more]].concat())]).await.unwrap());
    assert_eq!((told.accepted, told.duplicate, told.acked_seq), (1, 10, 11));
}

#[tokio::test]
async fn the_room_is_handed_back() {
    let (dir, store) = open().await;
    let instance = Uuid::now_v7();
    let content = json!({ "content": { "texts": ["x".repeat(20_000)] } });
    let events = (1..=400).map(|seq| event(instance, seq, DAY0, &content)).collect();
    store.commit(&[batch(instance, events)]).await.unwrap();
    let checkpoint = async || {
        let mut writer = store.writer.lock().await;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer.connection()).await.unwrap();
        std::fs::metadata(dir.path().join("agentguard.db")).unwrap().len()
    };
    let full = checkpoint().await;
    for _ in 0..20 {
        store.sweep(DAY0 + 1).await.unwrap();
    }
    let swept = checkpoint().await;
    assert!(swept < full / 10, "{swept} of {full} bytes are left");
}
