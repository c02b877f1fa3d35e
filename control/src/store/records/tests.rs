//! The same statements on both databases.

use agentguard_testbed::Postgres;
use sqlx::PgPool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tempfile::TempDir;

use super::{Records, Value};

async fn sqlite(dir: &TempDir) -> Records {
    let options = SqliteConnectOptions::new().filename(dir.path().join("t.db")).create_if_missing(true);
    let pool = |n| SqlitePoolOptions::new().max_connections(n).connect_with(options.clone());
    Records::sqlite(pool(2).await.unwrap(), pool(1).await.unwrap())
}

async fn postgres() -> Records {
    let url = tokio::task::spawn_blocking(|| Postgres::shared().database()).await.unwrap();
    Records::postgres(PgPool::connect(&url).await.unwrap())
}

/// Both, each with an empty table.
async fn both(dir: &TempDir) -> [Records; 2] {
    let (one, other) = (sqlite(dir).await, postgres().await);
    let blob = "CREATE TABLE t (k TEXT PRIMARY KEY, n BIGINT, b BLOB)";
    let bytea = "CREATE TABLE t (k TEXT PRIMARY KEY, n BIGINT, b BYTEA)";
    one.execute(blob, &[]).await.unwrap();
    other.execute(bytea, &[]).await.unwrap();
    [one, other]
}

#[tokio::test]
async fn what_is_put_in_comes_out() {
    let dir = TempDir::new().unwrap();
    for records in both(&dir).await {
        let insert = "INSERT INTO t (k, n, b) VALUES ($1, $2, $3)";
        let put = [Value::from("a"), 7_i64.into(), vec![0_u8, 255].into()];
        assert_eq!(records.execute(insert, &put).await.unwrap(), 1);
        let nothing = [Value::from("b"), Value::Int(None), Value::Bytes(None)];
        records.execute(insert, &nothing).await.unwrap();
        let rows = records.fetch("SELECT k, n, b FROM t ORDER BY k", &[]).await.unwrap();
        let a = &rows[0];
        assert_eq!((a.text(0).unwrap(), a.int(1).unwrap()), ("a".into(), 7));
        assert_eq!(a.bytes(2).unwrap(), [0, 255]);
        let b = &rows[1];
        assert_eq!((b.maybe_int(1).unwrap(), b.maybe_bytes(2).unwrap()), (None, None));
        let twice = records.execute(insert, &put).await.unwrap_err();
        assert!(twice.is_unique_violation(), "{twice}");
    }
}

#[tokio::test]
async fn what_is_not_committed_is_undone() {
    let dir = TempDir::new().unwrap();
    for records in both(&dir).await {
        let mut tx = records.begin("t").await.unwrap();
        tx.execute("INSERT INTO t (k) VALUES ($1)", &["a".into()]).await.unwrap();
        drop(tx);
        assert!(records.first("SELECT k FROM t", &[]).await.unwrap().is_none());
    }
}

/// Read, add one, write: without the lock some of them would be lost.
#[tokio::test(flavor = "multi_thread")]
async fn transactions_with_one_lock_run_one_after_the_other() {
    let dir = TempDir::new().unwrap();
    for records in both(&dir).await {
        records.execute("INSERT INTO t (k, n) VALUES ('sum', 0)", &[]).await.unwrap();
        let adders: Vec<_> = (0..8)
            .map(|_| {
                let records = records.clone();
                tokio::spawn(async move {
                    for _ in 0..10 {
                        let mut tx = records.begin("sum").await.unwrap();
                        let n = tx.first("SELECT n FROM t WHERE k = 'sum'", &[]).await.unwrap().unwrap();
                        let next = n.int(0).unwrap() + 1;
                        tx.execute("UPDATE t SET n = $1 WHERE k = 'sum'", &[next.into()]).await.unwrap();
                        tx.commit().await.unwrap();
                    }
                })
            })
            .collect();
        for adder in adders {
            adder.await.unwrap();
        }
        let sum = records.first("SELECT n FROM t WHERE k = 'sum'", &[]).await.unwrap().unwrap();
        assert_eq!(sum.int(0).unwrap(), 80);
    }
}
