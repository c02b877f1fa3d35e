//! Content that is erased is gone, and nothing else is.

use serde_json::json;
use uuid::Uuid;

use super::Home;
use crate::store::{Erase, Scope};
use crate::testing::{DAY0, all, batch, event, of};

const DAY: i64 = 86_400_000_000;

pub(super) async fn content_goes_by_verdict_and_by_day_and_verdicts_stay(home: Home) {
    let store = home.open().await;
    let content = json!({ "content": { "texts": ["secret"] } });
    let instance = Uuid::now_v7();
    let mut events: Vec<_> =
        (1..=1100).map(|seq| event(instance, seq, DAY0 + seq as i64, &content)).collect();
    events.push(event(instance, 1101, DAY0 + DAY, &content));
    events.push(event(instance, 1102, DAY0 - 1, &content));
    let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    store.commit(&[batch(instance, events)]).await.unwrap();
    let (theirs, other) = (Uuid::now_v7(), Scope::tenant("acme"));
    let their = event(theirs, 1, DAY0, &content);
    store.commit(&[of("acme", theirs, vec![their.clone()], Vec::new())]).await.unwrap();
    let has = async |scope: &Scope, id: Uuid| {
        let detail = store.verdict(scope, id).await.unwrap().unwrap();
        detail.content.is_some()
    };

    // Not with somebody else's scope.
    assert_eq!(store.erase_content(&other, Erase::Verdict(ids[0])).await.unwrap(), 0);
    assert_eq!(store.erase_content(&Scope::tenant("nobody"), Erase::Verdict(ids[0])).await.unwrap(), 0);
    assert!(has(&all(), ids[0]).await);
    assert_eq!(store.erase_content(&all(), Erase::Verdict(ids[0])).await.unwrap(), 1);
    assert_eq!(store.erase_content(&all(), Erase::Verdict(ids[0])).await.unwrap(), 0);
    assert!(!has(&all(), ids[0]).await && has(&all(), ids[1]).await);

    let mut erased = Vec::new();
    loop {
        let step = store.erase_content(&all(), Erase::Between(DAY0, DAY0 + DAY)).await.unwrap();
        erased.push(step);
        if step == 0 {
            break;
        }
    }
    assert_eq!(erased, [1000, 99, 0], "in bounded steps");
    for (at, left) in [(1, false), (1099, false), (1100, true), (1101, true)] {
        assert_eq!(has(&all(), ids[at]).await, left, "{at}");
    }
    assert!(has(&other, their.id).await);
    assert_eq!((home.count("content").await, home.count("verdict").await), (3, 1103));
}
