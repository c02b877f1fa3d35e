//! The chain on both databases: written by transactions, walked, and tampered with behind its back.

use std::time::{Duration, Instant};

use agentguard_telemetry::Secret;
use serde_json::json;

use super::{Anchor, Audit, Chain, Entry, Query, Report, State};
use crate::http::Origin;
use crate::store::records::Records;
use crate::testing::both;

fn keyed() -> Chain {
    Chain::new(Some(&Secret::new("an encryption key of 32 letters!")))
}

fn entry(action: &'static str, n: i64) -> Entry {
    Entry::new("default", "user/ada", &Origin::default(), action, format!("thing/{n}"))
        .with(json!({ "n": n }))
}

async fn filled(records: &Records, chain: Chain) -> Audit {
    let audit = Audit::new(records.clone(), chain);
    for n in 0..10 {
        audit.note(&entry("policy.publish", n)).await.unwrap();
    }
    audit
}

async fn walk(audit: &Audit, anchor: Option<&Anchor>) -> Report {
    audit.verify(anchor, Instant::now() + Duration::from_secs(30)).await.unwrap()
}

#[tokio::test]
async fn an_untouched_log_is_intact_and_can_be_read_backwards() {
    for (_dir, records) in both().await {
        let audit = Audit::new(records.clone(), keyed());
        let empty = walk(&audit, None).await;
        assert_eq!((empty.state, empty.entries, empty.complete), (State::Intact, 0, true), "{empty:?}");
        let audit = filled(&records, keyed()).await;
        audit.note(&entry("user.create", 77).refused()).await.unwrap();
        let report = walk(&audit, None).await;
        assert_eq!((report.state, report.entries, report.head.seq), (State::Intact, 11, 11), "{report:?}");
        let query = Query { limit: 4, ..Query::default() };
        let page = audit.page("default", &query).await.unwrap();
        assert_eq!(page.items.iter().map(|e| e.seq).collect::<Vec<_>>(), [11, 10, 9, 8]);
        assert_eq!((page.items[0].outcome.as_str(), &page.items[1].detail), ("refused", &json!({ "n": 9 })));
        let rest =
            Query { before: page.next, limit: 100, action: "policy.publish".to_owned(), ..Query::default() };
        let rest = audit.page("default", &rest).await.unwrap();
        assert_eq!((rest.items.len(), rest.next), (7, None));
        assert!(audit.page("another", &query).await.unwrap().items.is_empty());
    }
}

#[tokio::test]
async fn whatever_is_done_to_the_table_is_found() {
    let tamperings = [
        ("UPDATE audit SET actor = 'user/eve' WHERE seq = 4", 4),
        ("UPDATE audit SET at = at + 1 WHERE seq = 10", 10),
        ("UPDATE audit SET outcome = 'refused' WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 5", 5),
        ("DELETE FROM audit WHERE seq = 1", 1),
        // The end cut off, the head left.
        ("DELETE FROM audit WHERE seq > 8", 9),
        ("DELETE FROM audit", 1),
        ("UPDATE audit_head SET seq = 9", 10),
        ("DELETE FROM audit_head", 10),
    ];
    for (sql, seq) in tamperings {
        for (_dir, records) in both().await {
            let audit = filled(&records, keyed()).await;
            records.execute(sql, &[]).await.unwrap();
            let report = walk(&audit, None).await;
            assert_eq!(report.state, State::Broken, "{sql}: {report:?}");
            assert_eq!(report.breaks[0].seq, seq, "{sql}: {report:?}");
        }
    }
}

#[tokio::test]
async fn two_entries_that_change_places_are_found() {
    for (_dir, records) in both().await {
        let audit = filled(&records, keyed()).await;
        for sql in [
            "UPDATE audit SET seq = 100 WHERE seq = 3",
            "UPDATE audit SET seq = 3 WHERE seq = 6",
            "UPDATE audit SET seq = 6 WHERE seq = 100",
        ] {
            records.execute(sql, &[]).await.unwrap();
        }
        let report = walk(&audit, None).await;
        assert_eq!((report.state, report.breaks[0].seq), (State::Broken, 3), "{report:?}");
    }
}

#[tokio::test]
async fn an_anchor_shows_an_end_that_was_cut_off_with_its_head() {
    for (_dir, records) in both().await {
        let audit = filled(&records, keyed()).await;
        let anchor = walk(&audit, None).await.head;
        records.execute("DELETE FROM audit WHERE seq > 8", &[]).await.unwrap();
        records
            .execute("UPDATE audit_head SET seq = 8, mac = (SELECT mac FROM audit WHERE seq = 8)", &[])
            .await
            .unwrap();
        assert_eq!(walk(&audit, None).await.state, State::Intact, "nothing in the database contradicts it");
        let report = walk(&audit, Some(&anchor)).await;
        assert_eq!((report.state, report.breaks[0].seq), (State::Broken, 9), "{report:?}");
        audit.note(&entry("policy.publish", 1)).await.unwrap();
        audit.note(&entry("policy.publish", 2)).await.unwrap();
        let report = walk(&audit, Some(&anchor)).await;
        assert_eq!((report.state, report.breaks[0].seq), (State::Broken, 10), "{report:?}");
    }
}

#[tokio::test]
async fn a_forger_without_the_key_cannot_make_it_look_proven() {
    for (_dir, records) in both().await {
        // All of it written anew without a key, as somebody could who has the database only.
        let forged = filled(&records, Chain::new(None)).await;
        assert_eq!(walk(&forged, None).await.state, State::Unproven, "no key: accidents only");
        let owner = Audit::new(records.clone(), keyed());
        let report = walk(&owner, None).await;
        assert_eq!((report.state, report.without_key), (State::Unproven, 10));
        let other = Chain::new(Some(&Secret::new("another encryption key of letters")));
        let audit = Audit::new(records.clone(), other);
        audit.note(&entry("policy.publish", 1)).await.unwrap();
        let report = walk(&owner, None).await;
        assert_eq!((report.state, report.unknown_key), (State::Unproven, 1));
        records.execute("UPDATE audit SET object = 'x' WHERE seq = 2", &[]).await.unwrap();
        assert_eq!(walk(&owner, None).await.state, State::Broken);
    }
}

/// Each replica writes; all entries are there once, in one chain.
#[tokio::test(flavor = "multi_thread")]
async fn entries_of_many_at_once_make_one_chain_and_undone_ones_leave_no_gap() {
    for (_dir, records) in both().await {
        let audit = Audit::new(records.clone(), keyed());
        let writers: Vec<_> = (0..6)
            .map(|writer| {
                let (audit, records) = (audit.clone(), records.clone());
                tokio::spawn(async move {
                    for n in 0..10 {
                        let lock = if writer % 2 == 0 { "even" } else { "odd" };
                        let mut tx = records.begin(lock).await.unwrap();
                        audit.record(&mut tx, &entry("user.create", n)).await.unwrap();
                        if n % 3 == 0 { drop(tx) } else { tx.commit().await.unwrap() }
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let report = walk(&audit, None).await;
        assert_eq!((report.state, report.entries, report.head.seq), (State::Intact, 36, 36), "{report:?}");
    }
}
