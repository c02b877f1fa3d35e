//! What every store must do, run on each of them: the scenarios are written once, over [`Home`], and [`suite!`] makes them tests of both.

mod erase;
mod ledger;
mod pages;
mod replicas;
mod retention;
mod scopes;
mod sums;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tempfile::TempDir;

use super::postgres::Settings;
use super::{Postgres, Sqlite, Store};

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

/// A database of one test.
enum Home {
    Sqlite(TempDir),
    Postgres(String),
}

impl Home {
    /// An empty one.
    async fn new(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::Sqlite(TempDir::new().unwrap()),
            Kind::Postgres => {
                let database = || agentguard_testbed::Postgres::shared().database();
                Self::Postgres(tokio::task::spawn_blocking(database).await.unwrap())
            }
        }
    }

    /// A store on it, which keeps a hundred dead letters.
    async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(dir) => Arc::new(Sqlite::open(dir.path(), 100).await.unwrap()),
            Self::Postgres(url) => Arc::new(Postgres::open(&settings(url)).await.unwrap()),
        }
    }

    /// Runs a statement past the store.
    async fn execute(&self, sql: String) {
        match self {
            Self::Sqlite(dir) => {
                let mut conn = sqlite(dir).await;
                sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
                conn.close().await.unwrap();
            }
            Self::Postgres(url) => {
                let mut conn = PgConnection::connect(url).await.unwrap();
                sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
                conn.close().await.unwrap();
            }
        }
    }

    /// Rows of a table.
    async fn count(&self, table: &str) -> i64 {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        match self {
            Self::Sqlite(dir) => sqlx::query_scalar(sql).fetch_one(&mut sqlite(dir).await).await.unwrap(),
            Self::Postgres(url) => {
                let mut conn = PgConnection::connect(url).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut conn).await.unwrap()
            }
        }
    }
}

fn settings(url: &str) -> Settings {
    Settings {
        url: url.to_owned().into(),
        password: None,
        connections: 4,
        statement_time: Duration::from_secs(60),
        keep: None,
        dead_letters: 100,
    }
}

async fn sqlite(dir: &TempDir) -> sqlx::SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("agentguard.db"));
    options.busy_timeout(Duration::from_secs(10)).connect().await.unwrap()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// For a property: what a runtime is needed for, once a case.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

/// Tests of each scenario and property on each store.
macro_rules! suite {
    (scenarios: { $($module:ident::$scenario:ident,)* } properties: { $($place:ident::$property:ident,)* }) => {
        mod on_sqlite {
            use super::{Home, Kind};
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $scenario() {
                super::$module::$scenario(Home::new(Kind::Sqlite).await).await;
            })*
            $(#[test]
            fn $property() {
                super::$place::$property(Kind::Sqlite);
            })*
        }
        mod on_postgres {
            use super::{Home, Kind};
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $scenario() {
                super::$module::$scenario(Home::new(Kind::Postgres).await).await;
            })*
            $(#[test]
            fn $property() {
                super::$place::$property(Kind::Postgres);
            })*
        }
    };
}

suite! {
    scenarios: {
    erase::content_goes_by_verdict_and_by_day_and_verdicts_stay,
    ledger::an_event_sent_again_is_a_duplicate_in_any_batch_and_after_a_restart,
    ledger::an_event_sent_again_with_the_time_of_another_day_is_a_duplicate,
    ledger::an_id_or_a_seq_that_another_event_has_is_refused_and_kept_as_a_dead_letter,
    ledger::gaps_are_counted_until_they_are_filled_or_explained,
    ledger::after_a_commit_that_failed_nothing_of_it_is_remembered,
    ledger::dead_letters_are_bounded,
    ledger::clocks_that_are_wrong_by_days_or_years_fail_nothing,
    ledger::connections_that_were_not_judged_are_kept_as_an_instance_told_of_them_last,
    ledger::text_that_the_database_cannot_hold_fails_nothing,
    pages::a_whole_id_is_found_at_once_and_a_part_of_one_too,
    pages::a_search_that_runs_out_of_time_says_where_it_stopped,
    retention::what_is_old_goes_in_steps_with_content_sums_and_silent_instances,
    sums::names_past_the_bound_are_counted_together_and_the_event_keeps_its_own,
    scopes::two_tenants_may_use_the_same_ids,
    }
    properties: {
    pages::pages_and_facets_agree_with_looking_at_every_event,
    sums::rollups_are_what_counting_would_say,
    scopes::every_answer_is_that_of_the_scopes_events_alone,
    }
}
