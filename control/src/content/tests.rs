//! Sealing, reading, rotating, erasing and tampering, on both databases.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tempfile::TempDir;

use super::*;
use crate::store::Work;
use crate::testing::{DAY0, batch, event};

const OLD: &str = "an encryption key of 32 letters!";
const NEW: &str = "another key with as many letters";
const SECRET: &str = "The price is 42 €.";
const DAY: i64 = 86_400_000_000;

async fn both() -> [(Option<TempDir>, Records); 2] {
    let dir = TempDir::new().unwrap();
    let options = SqliteConnectOptions::new().filename(dir.path().join("t.db")).create_if_missing(true);
    let options =
        options.busy_timeout(Duration::from_secs(20)).journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    let writes = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.unwrap();
    let reads = SqlitePoolOptions::new().max_connections(2).connect_with(options).await.unwrap();
    sqlx::raw_sql(include_str!("../../migrations/sqlite/0030_content.sql")).execute(&writes).await.unwrap();
    let url =
        tokio::task::spawn_blocking(|| agentguard_testbed::Postgres::shared().database()).await.unwrap();
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    sqlx::raw_sql(include_str!("../../migrations/postgres/0030_content.sql")).execute(&pool).await.unwrap();
    [(Some(dir), Records::sqlite(reads, writes)), (None, Records::postgres(pool))]
}

fn given(key: Option<&str>, previous: Option<&str>) -> ContentKeys {
    ContentKeys { key: key.map(Secret::new), previous: previous.map(Secret::new) }
}

async fn open(
    records: &Records,
    key: Option<&str>,
    previous: Option<&str>,
) -> Result<Contents, ContentError> {
    Contents::open(records.clone(), &given(key, previous), &Registry::new()).await
}

/// A verdict with content, and what the store would keep of it.
async fn stored(contents: &Contents, tenant: &str, ts: i64) -> (Uuid, String) {
    let instance = Uuid::now_v7();
    let content = json!({ "content": { "texts": [SECRET] } });
    let Work::Batch(batch) =
        batch(instance, vec![event(instance, 1, ts, &content), event(instance, 2, ts, &json!({}))])
    else {
        panic!("a batch")
    };
    let sealed = contents.seal(tenant, batch).await.unwrap();
    assert_eq!(sealed.events[1].content, None);
    (sealed.events[0].id, sealed.events[0].content.as_ref().unwrap().to_string())
}

async fn text(contents: &Contents, tenant: &str, (id, stored): &(Uuid, String)) -> String {
    match contents.read(tenant, *id, stored.clone()).await {
        Ok(Opened::Text(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_sealed_is_read_again_and_what_was_stored_plain_too() {
    for (_dir, records) in both().await {
        let none = open(&records, None, None).await.unwrap();
        let plain = stored(&none, "t", DAY0).await;
        assert!(plain.1.starts_with('{') && plain.1.contains(SECRET));
        let contents = open(&records, Some(OLD), None).await.unwrap();
        let sealed = stored(&contents, "t", DAY0).await;
        let again = stored(&contents, "t", DAY0).await;
        assert!(sealed.1.starts_with("agc1:") && !sealed.1.contains("price") && sealed.1 != again.1);
        for one in [&plain, &sealed, &again] {
            assert!(text(&contents, "t", one).await.contains(SECRET));
        }
        // Another replica with the same key.
        let other = open(&records, Some(OLD), None).await.unwrap();
        assert!(text(&other, "t", &sealed).await.contains(SECRET));
        assert_eq!(contents.keys().unwrap().list("t").await.unwrap().len(), 1, "one key a day");
        assert!(contents.keys().unwrap().list("other").await.unwrap().is_empty());
        let sql = "SELECT wrapped FROM data_keys";
        let wrapped = records.first(sql, &[]).await.unwrap().unwrap().bytes(0).unwrap();
        assert_eq!(wrapped.len(), 12 + 32 + 16);
    }
}

#[tokio::test]
async fn any_change_is_an_error_and_never_text() {
    for (_dir, records) in both().await {
        let contents = open(&records, Some(OLD), None).await.unwrap();
        let (id, sealed) = stored(&contents, "t", DAY0).await;
        let (other_id, other) = stored(&contents, "t", DAY0).await;
        let next_day = stored(&contents, "t", DAY0 + DAY).await;
        let mut parts = sealed.rsplitn(2, ':');
        let (body, head) = (parts.next().unwrap(), parts.next().unwrap());
        let bytes = URL_SAFE_NO_PAD.decode(body).unwrap();
        // Nonce, ciphertext, tag: every byte of them.
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << (at % 8);
            let changed = format!("{head}:{}", URL_SAFE_NO_PAD.encode(bytes));
            let error = contents.read("t", id, changed).await.unwrap_err();
            assert!(matches!(error, ContentError::Damaged), "{at}: {error}");
            assert!(!error.to_string().contains("price"));
        }
        // Every part of the associated data: verdict, tenant, data key; the field is one of a kind.
        assert!(matches!(contents.read("t", other_id, sealed.clone()).await, Err(ContentError::Damaged)));
        assert!(matches!(contents.read("t", id, other).await, Err(ContentError::Damaged)), "rows swapped");
        assert!(matches!(contents.read("u", id, sealed.clone()).await, Err(ContentError::Missing)));
        let other_key = next_day.1.split(':').nth(1).unwrap();
        let moved = format!("agc1:{other_key}:{body}");
        assert!(matches!(contents.read("t", id, moved).await, Err(ContentError::Damaged)));
        for broken in [
            "",
            "agc1",
            "agc1:x",
            "agc2:a:b",
            "text",
            "agc1::",
            &format!("{head}:!"),
            &format!("{head}:{}", &body[..8]),
        ] {
            let error = contents.read("t", id, broken.to_owned()).await.unwrap_err();
            assert!(matches!(error, ContentError::Damaged | ContentError::Missing), "{broken}: {error}");
        }
        // The wrapped key itself, and its row given to another tenant or day.
        let key = sealed.split(':').nth(1).unwrap();
        let row = records
            .first("SELECT wrapped FROM data_keys WHERE id = $1", &[key.into()])
            .await
            .unwrap()
            .unwrap();
        let wrapped = row.bytes(0).unwrap();
        for at in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[at] ^= 0x80;
            let sql = "UPDATE data_keys SET wrapped = $1 WHERE id = $2";
            records.execute(sql, &[changed.into(), key.into()]).await.unwrap();
            assert!(
                matches!(contents.read("t", id, sealed.clone()).await, Err(ContentError::Damaged)),
                "{at}"
            );
            records.execute(sql, &[wrapped.clone().into(), key.into()]).await.unwrap();
        }
        for sql in [
            "UPDATE data_keys SET tenant = 'u' WHERE id = $1",
            "UPDATE data_keys SET tenant = 't', day = day + 1 WHERE id = $1",
        ] {
            records.execute(sql, &[key.into()]).await.unwrap();
            let tenant = if sql.contains("'u'") { "u" } else { "t" };
            assert!(
                matches!(contents.read(tenant, id, sealed.clone()).await, Err(ContentError::Damaged)),
                "{sql}"
            );
        }
    }
}

#[tokio::test]
async fn a_wrong_key_is_found_at_the_start() {
    for (_dir, records) in both().await {
        let contents = open(&records, Some(OLD), None).await.unwrap();
        let sealed = stored(&contents, "t", DAY0).await;
        let error = open(&records, Some(NEW), None).await.err().unwrap();
        assert!(matches!(error, ContentError::OtherKey { keys: 1, .. }), "{error}");
        assert!(!error.to_string().contains(OLD) && !error.to_string().contains(NEW));
        let error = open(&records, None, None).await.err().unwrap();
        assert!(matches!(error, ContentError::NotSet { .. }), "{error}");
        assert!(matches!(open(&records, None, Some(OLD)).await.err().unwrap(), ContentError::PreviousOnly));
        let rotating = open(&records, Some(NEW), Some(OLD)).await.unwrap();
        assert!(text(&rotating, "t", &sealed).await.contains(SECRET));
        // The id is right and the key is not: only unwrapping shows it.
        records.execute("UPDATE data_keys SET wrapped = $1", &[vec![0_u8; 60].into()]).await.unwrap();
        assert!(matches!(open(&records, Some(OLD), None).await.err().unwrap(), ContentError::Damaged));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_wraps_anew_may_be_broken_off_and_run_by_several() {
    for (_dir, records) in both().await {
        let old = open(&records, Some(OLD), None).await.unwrap();
        let mut all = Vec::new();
        for day in 0..230 {
            all.push(stored(&old, "t", DAY0 + day * DAY).await);
        }
        let rotating = Arc::new(open(&records, Some(NEW), Some(OLD)).await.unwrap());
        let broken_off = rotating.keys().unwrap().rotate(Duration::ZERO).await.unwrap();
        assert_eq!((broken_off.rewrapped, broken_off.remaining), (0, 230));
        // One step only, as if it had been killed after it.
        let previous = rotating.keys().unwrap().keks.previous.as_ref().unwrap();
        assert_eq!(rotating.keys().unwrap().rewrap(previous).await.unwrap(), 100);
        // New content meanwhile goes under the new key, for a day that has one under the old key, too.
        let fresh = stored(&rotating, "t", DAY0 + 200 * DAY).await;
        let runs = (0..4).map(|_| {
            let rotating = Arc::clone(&rotating);
            tokio::spawn(
                async move { rotating.keys().unwrap().rotate(Duration::from_secs(60)).await.unwrap() },
            )
        });
        let runs: Vec<_> = runs.collect();
        let mut rewrapped = 0;
        for run in runs {
            let done = run.await.unwrap();
            rewrapped += done.rewrapped;
            assert_eq!(done.remaining, 0);
        }
        assert_eq!(rewrapped, 130, "each key once");
        let new = open(&records, Some(NEW), None).await.unwrap();
        for one in all.iter().chain([&fresh]) {
            assert!(text(&new, "t", one).await.contains(SECRET));
        }
        assert!(matches!(
            open(&records, Some(OLD), None).await.err().unwrap(),
            ContentError::OtherKey { .. }
        ));
        // A replica that was started before and knows only the old key says so.
        let error = old.read("t", all[0].0, all[0].1.clone()).await.unwrap_err();
        assert!(matches!(error, ContentError::Unwrappable { .. }), "{error}");
    }
}

#[tokio::test]
async fn an_erased_day_is_gone_everywhere_and_only_that_day() {
    for (_dir, records) in both().await {
        let here = open(&records, Some(OLD), None).await.unwrap();
        let there = open(&records, Some(OLD), None).await.unwrap();
        let today = stored(&here, "t", DAY0).await;
        let also = stored(&there, "t", DAY0 + DAY - 1).await;
        let tomorrow = stored(&here, "t", DAY0 + DAY).await;
        let others = stored(&here, "u", DAY0).await;
        let (tx, _) = here.keys().unwrap().erase("t", Day::of(DAY0)).await.unwrap();
        drop(tx);
        assert!(text(&here, "t", &today).await.contains(SECRET), "not committed, not erased");
        let (tx, erased) = here.keys().unwrap().erase("t", Day::of(DAY0)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(erased, 1);
        for contents in [&here, &there] {
            for one in [&today, &also] {
                assert_eq!(contents.read("t", one.0, one.1.clone()).await.unwrap(), Opened::Erased);
                assert!(contents.is_erased("t", &one.1).await.unwrap());
            }
            assert!(text(contents, "t", &tomorrow).await.contains(SECRET));
            assert!(text(contents, "u", &others).await.contains(SECRET));
        }
        let sql = "SELECT count(*) FROM data_keys WHERE tenant = 't' AND wrapped IS NOT NULL";
        assert_eq!(records.first(sql, &[]).await.unwrap().unwrap().int(0).unwrap(), 1);
        // What comes later of that day is kept, under a key of its own.
        let later = stored(&here, "t", DAY0).await;
        assert!(text(&here, "t", &later).await.contains(SECRET));
        let listed = here.keys().unwrap().list("t").await.unwrap();
        assert_eq!(listed.len(), 3);
        assert_eq!(listed.iter().filter(|key| key.erased.is_some()).count(), 1);
        // Erased keys do not stand in the way of a start, with whatever key.
        let sql = "UPDATE data_keys SET wrapped = NULL, erased = 1";
        records.execute(sql, &[]).await.unwrap();
        open(&records, Some(NEW), None).await.unwrap();
        open(&records, None, None).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_need_a_key_at_once_make_one() {
    for (_dir, records) in both().await {
        let mut tasks = Vec::new();
        for _ in 0..6 {
            let contents = open(&records, Some(OLD), None).await.unwrap();
            tasks.push(tokio::spawn(async move { stored(&contents, "t", DAY0).await }));
        }
        let contents = open(&records, Some(OLD), None).await.unwrap();
        for task in tasks {
            assert!(text(&contents, "t", &task.await.unwrap()).await.contains(SECRET));
        }
        assert_eq!(contents.keys().unwrap().list("t").await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn keys_held_in_memory_are_bounded() {
    let [(_dir, records), _] = both().await;
    let contents = open(&records, Some(OLD), None).await.unwrap();
    for day in 0..300 {
        contents.keys().unwrap().for_writing("t", Day::from_number(day)).await.unwrap();
    }
    assert!(contents.keys().unwrap().held.lock().len() <= 256);
}
