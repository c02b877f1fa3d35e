//! What only this store does; the rest is in `store/tests.rs`.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::migrate::Migrator;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;
use uuid::Uuid;

use super::{Sqlite, open};
use crate::rollup::Dim;
use crate::store::{Filter, Scope, Store, StoreError};
use crate::testing::{DAY0, all, batch, event, reply};

async fn empty() -> (TempDir, Sqlite) {
    let dir = TempDir::new().unwrap();
    let store = Sqlite::open(dir.path(), 100).await.unwrap();
    (dir, store)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

#[tokio::test]
async fn a_second_control_plane_is_kept_out_until_the_first_ends() {
    let (dir, store) = empty().await;
    let refused = Sqlite::open(dir.path(), 100).await.err().unwrap();
    assert!(matches!(refused, StoreError::InUse { .. }), "{refused}");
    store.close().await;
    drop(store);
    // Migrations run again on a database that has them.
    for _ in 0..2 {
        Sqlite::open(dir.path(), 100).await.unwrap().ping().await.unwrap();
    }
}

#[tokio::test]
async fn the_database_is_private_durable_and_in_wal_mode() {
    use std::os::unix::fs::PermissionsExt;
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("deep/data");
    let store = Sqlite::open(&dir, 100).await.unwrap();
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(dir.clone()), 0o700);
    assert_eq!(mode(dir.join("agentguard.db")), 0o600);
    let mut writer = store.writer.lock().await;
    let pragma = async |conn: &mut sqlx::SqliteConnection, name: &'static str| -> String {
        let sql = sqlx::AssertSqlSafe(format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"));
        sqlx::query_scalar(sql).fetch_one(conn).await.unwrap()
    };
    assert_eq!(pragma(writer.connection(), "synchronous").await, "2");
    assert_eq!(pragma(writer.connection(), "journal_mode").await, "wal");
    assert_eq!(pragma(writer.connection(), "auto_vacuum").await, "2");
}

#[tokio::test]
async fn a_file_that_is_no_database_or_a_newer_one_is_left_as_it_is() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("agentguard.db");
    let text = "not a database, but somebody's notes. ".repeat(200);
    std::fs::write(&path, &text).unwrap();
    let refused = Sqlite::open(dir.path(), 100).await.err().unwrap().to_string();
    assert!(refused.contains("not a database"), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);

    let (dir, store) = empty().await;
    let newer = "INSERT INTO _sqlx_migrations VALUES (9999, 'later', CURRENT_TIMESTAMP, TRUE, x'00', 0)";
    sqlx::query(newer).execute(store.writer.lock().await.connection()).await.unwrap();
    store.close().await;
    drop(store);
    let refused = Sqlite::open(dir.path(), 100).await.err().unwrap().to_string();
    assert!(refused.contains("9999"), "{refused}");
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = Sqlite::open(&file.join("data"), 100).await.err().unwrap().to_string();
    assert!(refused.contains(file.to_str().unwrap()), "{refused}");
}

#[tokio::test]
async fn lists_and_counts_read_the_index_alone() {
    let (_dir, store) = empty().await;
    let instance = Uuid::now_v7();
    let events = (1..=400).map(|seq| event(instance, seq, DAY0 + seq as i64, &json!({}))).collect();
    store.commit(&[batch(instance, events)]).await.unwrap();
    let mut conn = store.readers.acquire().await.unwrap();
    for (sql, index) in [
        (
            "SELECT n FROM verdict WHERE (ts, n) < (9, 9) AND ts >= 1 AND shape IN (SELECT value FROM json_each('[1]')) \
             AND risk >= 0.5 ORDER BY ts DESC, n DESC LIMIT 50",
            "COVERING INDEX verdict_scan (ts>? AND ",
        ),
        (
            "SELECT shape, count(*) FROM verdict WHERE (ts, n) < (9, 9) AND (ts, n) >= (1, 1) AND shape <= 7 GROUP BY shape",
            "COVERING INDEX verdict_scan",
        ),
        (
            "SELECT ts, n FROM verdict WHERE (ts, n) < (9, 9) AND ts >= 1 ORDER BY ts DESC, n DESC LIMIT 1 OFFSET 99",
            "COVERING INDEX verdict_scan",
        ),
    ] {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain).fetch_all(&mut *conn).await.unwrap();
        let plan: Vec<_> = plan.into_iter().map(|(.., detail)| detail).collect();
        let plan = plan.join("; ");
        assert!(plan.contains(index.trim_end_matches(" AND ")), "{plan}");
        assert!(!plan.contains("USE TEMP B-TREE FOR ORDER BY"), "{plan}");
    }
}

#[tokio::test]
async fn the_room_is_handed_back() {
    let (dir, store) = empty().await;
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

/// A file with the schema of the version before tenants, with what that version would have written: the rows of a new one without what is new.
async fn previous(dir: &TempDir, fresh: &TempDir) {
    let path = |dir: &TempDir| dir.path().join("agentguard.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path(dir)).create_if_missing(true);
    let mut conn = options.foreign_keys(true).connect().await.unwrap();
    let before = open::MIGRATIONS.iter().filter(|migration| migration.version <= 2).cloned().collect();
    Migrator { migrations: Cow::Owned(before), ..Migrator::DEFAULT }.run(&mut conn).await.unwrap();
    sqlx::query("ATTACH ? AS fresh").bind(path(fresh).to_str().unwrap()).execute(&mut conn).await.unwrap();
    for (table, columns, only) in [
        ("shape", "shape, verdict, reason, action, direction, provider, model, workload", ""),
        (
            "instance",
            "inst, instance, workload, version, policy, started, last_seen, produced, in_flight, spool_bytes, seen, judged, lost, \
             stored, rejected, forgotten, known",
            "",
        ),
        ("verdict", "n, ts, shape, inst, seq, risk, flagged, id, words, body", ""),
        ("content", "n, body", ""),
        ("rollup", "width, bucket, n, judged, flagged, judge, held, total", " WHERE zone = 1"),
        ("rollup_by", "width, bucket, dim, key, n, judged, flagged, risk", " WHERE zone = 1"),
        ("rollup_shape", "width, bucket, shape, n", ""),
    ] {
        let sql = format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM fresh.{table}{only}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    }
    conn.close().await.unwrap();
}

#[tokio::test]
async fn a_database_of_the_version_before_opens_and_serves() {
    let (fresh, store) = empty().await;
    let instance = Uuid::now_v7();
    let events: Vec<_> = (1..=600)
        .map(|seq| {
            let namespace = ["", "shop", "bank"][seq as usize % 3];
            let changes = json!({
                "workload": { "namespace": namespace, "name": "bot" }, "model": format!("m{}", seq % 2),
                "latency": { "total_ms": seq as f64, "first_byte_ms": 0.0, "judge_ms": 1.5, "held_ms": 0.0 },
            });
            event(instance, seq, DAY0 + seq as i64 * 7_000_000, &changes)
        })
        .collect();
    store.commit(&[batch(instance, events.clone())]).await.unwrap();
    let shop = Scope::within("default", ["shop".to_owned()].into());
    let sums = async |store: &Sqlite, scope: &Scope| {
        let totals = store.totals(scope, DAY0 / 1_000_000, DAY0 / 1_000_000 + 86_400).await.unwrap();
        let series = store.series(scope, DAY0 / 1_000_000, DAY0 / 1_000_000 + 86_400, 10).await.unwrap();
        (totals, series)
    };
    let expected = (sums(&store, &all()).await, sums(&store, &shop).await);
    assert_eq!((expected.1.0.whole.n, expected.1.0.by[&(Dim::Model, "m1".to_owned())].n), (200, 100));
    store.close().await;
    drop(store);

    let dir = TempDir::new().unwrap();
    previous(&dir, &fresh).await;
    // Twice: what the upgrade counts is counted once.
    for _ in 0..2 {
        let store = Sqlite::open(dir.path(), 100).await.unwrap();
        assert_eq!((sums(&store, &all()).await, sums(&store, &shop).await), expected);
        let listed =
            async |scope: &Scope| store.page(scope, &Filter::default(), None, 1000, soon()).await.unwrap();
        assert_eq!((listed(&all()).await.items.len(), listed(&shop).await.items.len()), (600, 200));
        let told = reply(store.commit(&[batch(instance, events.clone())]).await.unwrap());
        assert_eq!((told.duplicate, told.acked_seq), (600, 600));
        assert!(store.verdict(&shop, events[0].id).await.unwrap().is_some());
        assert!(store.verdict(&shop, events[1].id).await.unwrap().is_none());
        store.close().await;
    }
}
