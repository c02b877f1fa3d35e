mod ledger;
mod pages;
mod retention;
mod sums;

use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::Sqlite;
use crate::store::{Store, StoreError};

async fn open() -> (TempDir, Sqlite) {
    let dir = TempDir::new().unwrap();
    let store = Sqlite::open(dir.path(), 100).await.unwrap();
    (dir, store)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

#[tokio::test]
async fn a_second_control_plane_is_kept_out_until_the_first_ends() {
    let (dir, store) = open().await;
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

    let (dir, store) = open().await;
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
