//! Versions, publishing and bundles on both databases.

use agentguard_api::Bundle;
use agentguard_api::bundle::EVERYWHERE;
use agentguard_api::policies::{Change, NewPolicy, NewVersion, Publish, PublishCanary, SetKillSwitch};
use agentguard_testbed::Postgres;
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::store::Store as _;
use crate::store::sqlite::Sqlite;

const T: &str = "default";
const BLOCK: &str = "version: 1\ndefault: { action: block }\n";
const OBSERVE: &str = "version: 1\ndefault: { action: observe }\n";

/// The tables of both databases, with the same keys.
async fn both(dir: &TempDir) -> [Policies; 2] {
    let sqlite = Sqlite::open(dir.path(), 10).await.unwrap();
    let url = tokio::task::spawn_blocking(|| Postgres::shared().database()).await.unwrap();
    let pool = PgPool::connect(&url).await.unwrap();
    let schema = include_str!("../../migrations/postgres/0020_policies.sql");
    sqlx::raw_sql(schema).execute(&pool).await.unwrap();
    let of = |records| Policies::new(records, Keys::load(None, dir.path()).unwrap(), 2);
    // The store's lock may go: nothing else opens this directory.
    [of(sqlite.records()), of(Records::postgres(pool))]
}

fn new(name: &str) -> NewPolicy {
    NewPolicy { name: name.to_owned(), yaml: OBSERVE.to_owned(), note: "first".to_owned() }
}

fn add(yaml: &str, after: Option<u64>) -> NewVersion {
    NewVersion { yaml: yaml.to_owned(), note: String::new(), after }
}

fn publish(version: u64) -> Publish {
    Publish { version, ..Publish::default() }
}

fn newest(policies: &Policies) -> Bundle {
    policies.head(T).unwrap().bundle().unwrap()
}

#[tokio::test]
async fn versions_never_change_and_drafts_reach_nobody() {
    let dir = TempDir::new().unwrap();
    for policies in both(&dir).await {
        policies.ensure(T).await.unwrap();
        let made = policies.create(T, &new("answers"), "ann").await.unwrap();
        assert_eq!((made.summary.version, made.summary.author.as_str()), (1, "ann"));
        assert!(matches!(policies.create(T, &new("answers"), "ann").await, Err(Refusal::Conflict(_))));
        let second = policies.add(T, "answers", &add(BLOCK, Some(1)), "bob").await.unwrap();
        assert_eq!(second.summary.version, 2);
        // Somebody who has not seen version 2 stores nothing over it.
        assert!(matches!(
            policies.add(T, "answers", &add(BLOCK, Some(1)), "ann").await,
            Err(Refusal::Conflict(_))
        ));
        assert_eq!(policies.version(T, "answers", 1).await.unwrap().yaml, OBSERVE);
        let diff = policies.diff(T, "answers", 1, 0).await.unwrap();
        assert_eq!((diff.to, diff.added, diff.removed, diff.same_meaning), (2, 1, 1, false));
        assert!(
            diff.diff.contains("-default: { action: observe }\n+default: { action: block }\n"),
            "{}",
            diff.diff
        );
        let wrong =
            policies.add(T, "answers", &add("version: 1\ndefault: { action: shout }\n", None), "ann").await;
        let Err(Refusal::Invalid { field: "yaml", what }) = wrong else { panic!() };
        assert!(what.contains(":2:20: default.action"), "{what}");
        assert!(newest(&policies).policies.is_empty());
        // A name that is free again goes on counting: verdicts name versions.
        policies.delete(T, "answers").await.unwrap();
        assert!(policies.list(T).await.unwrap().is_empty());
        assert_eq!(policies.create(T, &new("answers"), "ann").await.unwrap().summary.version, 3);
        // What no text holds is refused, or not found, on either database.
        let nul = NewVersion { note: "\0".to_owned(), ..add(BLOCK, None) };
        assert!(matches!(
            policies.add(T, "answers", &nul, "ann").await,
            Err(Refusal::Invalid { field: "note", .. })
        ));
        let nul = add("version: 1 # \0\n", None);
        assert!(matches!(
            policies.add(T, "answers", &nul, "ann").await,
            Err(Refusal::Invalid { field: "yaml", .. })
        ));
        assert!(matches!(policies.version(T, "\0", 0).await, Err(Refusal::NotFound(_))));
        assert!(matches!(policies.publish(T, "\0", &publish(1), "ann").await, Err(Refusal::NotFound(_))));
        for name in ["Answers", "-a", "", "validate", "a/b"] {
            assert!(
                matches!(policies.create(T, &new(name), "ann").await, Err(Refusal::Invalid { .. })),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_published_is_in_the_next_bundle_and_can_be_undone() {
    let dir = TempDir::new().unwrap();
    for policies in both(&dir).await {
        policies.ensure(T).await.unwrap();
        let first = newest(&policies).revision;
        policies.create(T, &new("answers"), "ann").await.unwrap();
        policies.add(T, "answers", &add(BLOCK, None), "ann").await.unwrap();
        let issued = policies.publish(T, "answers", &publish(1), "ann").await.unwrap();
        assert_eq!(issued.revision, first + 1);
        policies.publish(T, "answers", &publish(2), "ann").await.unwrap();
        let stable = |bundle: &Bundle| bundle.policies[0].stable.as_ref().unwrap().version;
        assert_eq!(stable(&newest(&policies)), 2);
        assert!(matches!(policies.delete(T, "answers").await, Err(Refusal::Conflict(_))));
        policies.roll_back(T, "answers", "too much", "bob").await.unwrap();
        let bundle = newest(&policies);
        assert_eq!((stable(&bundle), bundle.revision), (1, first + 3));
        assert_eq!(bundle.policies[0].stable.as_ref().unwrap().yaml, OBSERVE);
        // Two policies for one place: nobody could say which holds.
        policies.create(T, &new("others"), "ann").await.unwrap();
        assert!(matches!(policies.publish(T, "others", &publish(1), "ann").await, Err(Refusal::Conflict(_))));
        let shop = Publish { namespaces: Some(vec!["shop".to_owned()]), ..publish(1) };
        policies.publish(T, "others", &shop, "ann").await.unwrap();
        assert_eq!(newest(&policies).policies.len(), 2);
        policies.withdraw(T, "answers", "", "ann").await.unwrap();
        assert_eq!(newest(&policies).policies.len(), 1);
        let history = policies.detail(T, "answers").await.unwrap().history;
        let changes: Vec<_> = history.iter().map(|change| (change.change, change.version)).collect();
        let published = |version| (Change::Published, Some(version));
        assert_eq!(
            changes,
            [(Change::Withdrawn, None), (Change::RolledBack, Some(1)), published(2), published(1)]
        );
        assert_eq!((history[1].reason.as_str(), history[1].author.as_str()), ("too much", "bob"));
        assert!(matches!(
            policies.publish(T, "answers", &publish(9), "ann").await,
            Err(Refusal::NotFound(_))
        ));
    }
}

#[tokio::test]
async fn a_version_is_tried_out_on_some_and_carried_on_or_taken_back() {
    let dir = TempDir::new().unwrap();
    for policies in both(&dir).await {
        policies.ensure(T).await.unwrap();
        policies.create(T, &new("answers"), "ann").await.unwrap();
        policies.add(T, "answers", &add(BLOCK, None), "ann").await.unwrap();
        policies.add(T, "answers", &add(&format!("# the same\n{BLOCK}"), None), "ann").await.unwrap();
        policies.publish(T, "answers", &publish(1), "ann").await.unwrap();
        let terms = agentguard_api::policies::CanaryTerms::default();
        let canary = |share| PublishCanary { share, namespaces: Vec::new(), terms };
        let tried = |version, share| Publish { canary: Some(canary(share)), ..publish(version) };
        for share in [0.0, 100.0, 101.0, f64::NAN] {
            let refused = policies.publish(T, "answers", &tried(2, share), "ann").await;
            assert!(matches!(refused, Err(Refusal::Invalid { .. })), "{share}");
        }
        policies.publish(T, "answers", &tried(2, 12.5), "ann").await.unwrap();
        let part = newest(&policies).policies.remove(0);
        assert_eq!(part.stable.unwrap().version, 1);
        assert_eq!(part.canary.as_ref().map(|canary| (canary.policy.version, canary.share)), Some((2, 1250)));
        assert!(matches!(
            policies.publish(T, "answers", &tried(3, 5.0), "ann").await,
            Err(Refusal::Conflict(_))
        ));
        policies.promote(T, "answers", "", "ann").await.unwrap();
        assert_eq!(newest(&policies).policies[0].stable.as_ref().unwrap().version, 2);
        // It differs in words only: nothing could be told apart.
        assert!(matches!(
            policies.publish(T, "answers", &tried(3, 5.0), "ann").await,
            Err(Refusal::Conflict(_))
        ));
        policies.publish(T, "answers", &tried(1, 5.0), "ann").await.unwrap();
        // Another one was looked at.
        let other = policies.roll_back_if(T, "answers", "", "ann", Some(1)).await;
        assert!(matches!(other, Err(Refusal::Conflict(_))));
        policies.roll_back(T, "answers", "", "ann").await.unwrap();
        let part = newest(&policies).policies.remove(0);
        assert_eq!((part.stable.unwrap().version, part.canary), (2, None));
    }
}

#[tokio::test]
async fn the_kill_switch_is_in_the_next_bundle() {
    let dir = TempDir::new().unwrap();
    for policies in both(&dir).await {
        policies.ensure(T).await.unwrap();
        let set = |on, namespaces: &[&str]| SetKillSwitch {
            on,
            namespaces: namespaces.iter().map(|&name| name.to_owned()).collect(),
            reason: "orders".to_owned(),
        };
        let on = policies.set_kill_switch(T, &set(true, &["shop"]), "ann").await.unwrap();
        assert!(on.on && on.revision == newest(&policies).revision);
        assert_eq!(newest(&policies).observe_only, ["shop"]);
        policies.set_kill_switch(T, &set(true, &[]), "ann").await.unwrap();
        assert_eq!(newest(&policies).observe_only, [EVERYWHERE, "shop"]);
        assert!(policies.set_kill_switch(T, &set(false, &["shop"]), "ann").await.is_err());
        assert!(!policies.set_kill_switch(T, &set(false, &[]), "ann").await.unwrap().on);
        assert!(newest(&policies).observe_only.is_empty());
    }
}

#[tokio::test]
async fn another_replica_notices_and_what_was_superseded_stays_superseded() {
    let dir = TempDir::new().unwrap();
    for policies in both(&dir).await {
        policies.ensure(T).await.unwrap();
        let replica =
            Arc::new(Policies::new(policies.records.clone(), Keys::load(None, dir.path()).unwrap(), 2));
        let store = Arc::new(Sqlite::open(TempDir::new().unwrap().path(), 10).await.unwrap());
        let stop = CancellationToken::new();
        let looks = tokio::spawn({
            let (replica, stop) = (Arc::clone(&replica), stop.clone());
            async move { replica.run(store, stop).await }
        });
        let has = policies.head(T).unwrap().sha256.clone();
        let issued = policies.supersede(T, 40).await.unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        let waited = replica.wait(T, Some(&has), until, &stop).await;
        // It may first come to know the one that we have; the wait is for another one.
        let Waited::News(head) = waited else { panic!("nothing came") };
        assert_eq!(head.revision, issued.revision);
        assert_eq!(head.bundle().unwrap().replaces, Some(40));
        // Also of the bundles after it, for sidecars that were away.
        policies.create(T, &new("answers"), "ann").await.unwrap();
        policies.publish(T, "answers", &publish(1), "ann").await.unwrap();
        assert_eq!(newest(&policies).replaces, Some(40));
        // With nothing new the question ends in time; with too many, at once.
        let has = policies.head(T).unwrap().sha256.clone();
        let soon = Instant::now() + Duration::from_millis(50);
        assert!(matches!(policies.wait(T, Some(&has), soon, &stop).await, Waited::Same));
        let places = Arc::clone(&policies.waiting).acquire_many_owned(2).await.unwrap();
        assert!(matches!(policies.wait(T, Some(&has), until, &stop).await, Waited::Full));
        drop(places);
        stop.cancel();
        assert!(matches!(policies.wait(T, Some(&has), until, &stop).await, Waited::Same));
        looks.await.unwrap();
    }
}

#[tokio::test]
async fn another_key_is_said_in_a_new_bundle() {
    let dir = TempDir::new().unwrap();
    let other = TempDir::new().unwrap();
    for policies in both(&dir).await {
        policies.ensure(T).await.unwrap();
        let before = newest(&policies);
        policies.ensure(T).await.unwrap();
        assert_eq!(newest(&policies).revision, before.revision);
        let keys = Keys::load(None, other.path()).unwrap();
        let again = Policies::new(policies.records.clone(), keys, 2);
        again.ensure(T).await.unwrap();
        assert_eq!(newest(&again).revision, before.revision + 1);
        assert_ne!(newest(&again).keys, before.keys);
    }
}

#[tokio::test]
async fn a_canary_is_judged_by_the_verdicts_that_carry_its_revision() {
    let dir = TempDir::new().unwrap();
    let verdicts = TempDir::new().unwrap();
    let store = Sqlite::open(verdicts.path(), 10).await.unwrap();
    let instance = uuid::Uuid::now_v7();
    let mut seq = 0;
    for policies in both(&dir).await {
        policies.ensure(T).await.unwrap();
        policies.create(T, &new("answers"), "ann").await.unwrap();
        let tried = policies.add(T, "answers", &add(BLOCK, None), "ann").await.unwrap().summary.revision;
        let stable = policies.version(T, "answers", 1).await.unwrap().summary.revision;
        policies.publish(T, "answers", &publish(1), "ann").await.unwrap();
        let terms = agentguard_api::policies::CanaryTerms { min_verdicts: 10, ..Default::default() };
        let canary = PublishCanary { share: 50.0, namespaces: Vec::new(), terms };
        policies.publish(T, "answers", &Publish { canary: Some(canary), ..publish(2) }, "ann").await.unwrap();
        policies.judge(&store).await.unwrap();
        assert!(newest(&policies).policies[0].canary.is_some(), "there is nothing to judge by yet");
        let now = crate::clock::now();
        let events = (0..40)
            .map(|n| {
                seq += 1;
                let (policy, action) = if n % 2 == 0 { (&tried, "block") } else { (&stable, "annotate") };
                let changes = serde_json::json!({ "policy": policy, "action": action });
                crate::testing::event(instance, seq, now + n, &changes)
            })
            .collect();
        store.commit(&[crate::testing::batch(instance, events)]).await.unwrap();
        policies.judge(&store).await.unwrap();
        assert!(newest(&policies).policies[0].canary.is_none());
        let last = policies.detail(T, "answers").await.unwrap().history.remove(0);
        assert_eq!((last.change, last.author.as_str()), (Change::RolledBack, OURSELVES));
        assert_eq!(last.reason, "blocked or redacted 100.0 % against 0.0 % of 20 and 20 verdicts");
    }
}
