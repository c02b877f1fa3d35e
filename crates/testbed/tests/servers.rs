//! The servers start, keep what was told to last, and end.

use std::net::TcpStream;

use agentguard_testbed::{Postgres, Redis};

#[allow(clippy::unwrap_used, reason = "a helper of tests")]
fn port(url: &str) -> u16 {
    url.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap()
}

#[test]
fn a_killed_postgres_comes_back_with_what_was_committed() {
    let mut postgres = Postgres::durable();
    let url = postgres.database();
    let name = url.rsplit('/').next().unwrap().to_owned();
    postgres.sql(&name, "CREATE TABLE t (n int); INSERT INTO t VALUES (7)");
    postgres.kill();
    assert!(TcpStream::connect(("127.0.0.1", port(&url))).is_err());
    postgres.resume();
    assert_eq!(postgres.sql(&name, "SELECT n FROM t"), "7");
    drop(postgres);
    assert!(TcpStream::connect(("127.0.0.1", port(&url))).is_err());
}

#[test]
fn databases_of_the_shared_one_are_apart() {
    let (one, other) = (Postgres::shared().database(), Postgres::shared().database());
    assert_ne!(one, other);
}

#[test]
fn a_redis_ends_and_comes_back() {
    let mut redis = Redis::start();
    let at = port(&redis.url());
    redis.kill();
    assert!(TcpStream::connect(("127.0.0.1", at)).is_err());
    redis.resume();
    assert!(TcpStream::connect(("127.0.0.1", at)).is_ok());
}
