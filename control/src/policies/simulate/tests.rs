use agentguard_policy::Rule;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::store::Sqlite;
use crate::testing;

fn event(changes: &Value) -> VerdictEvent {
    serde_json::from_value(testing::json(Uuid::nil(), 1, testing::DAY0, changes)).unwrap()
}

fn rule(yaml: &str) -> Rule {
    Policy::parse("t", &format!("version: 1\ndefault: {{ {yaml} }}\n")).unwrap().default
}

#[test]
fn the_action_is_the_one_that_the_proxy_would_take() {
    let block = rule("action: block, thresholds: { act: 0.8 }");
    let closed = rule("action: redact, delivery: full, on_timeout: closed");
    let span = |risk: f64, call: Value| json!({ "choice": 0, "call": call, "start": 0, "end": 3, "kind": "wrong_number", "risk": risk });
    let cases = [
        (&block, json!({ "verdict": "contradicted", "risk": 0.9 }), Action::Block),
        (&block, json!({ "verdict": "contradicted", "risk": 0.79 }), Action::Annotate),
        // One span is enough, whatever the whole comes to.
        (
            &block,
            json!({ "verdict": "contradicted", "risk": 0.1, "spans": [span(0.8, Value::Null)] }),
            Action::Block,
        ),
        // What could not be checked has no risk to go by.
        (&block, json!({ "verdict": "not_checked", "reason": "timeout", "risk": 0.9 }), Action::Annotate),
        (&closed, json!({ "verdict": "not_checked", "reason": "timeout", "risk": 0.0 }), Action::Block),
        (
            &closed,
            json!({ "verdict": "not_checked", "reason": "upstream_error", "risk": 0.0 }),
            Action::Observe,
        ),
        (
            &closed,
            json!({ "verdict": "ungrounded", "risk": 0.9, "spans": [span(0.9, Value::Null)] }),
            Action::Redact,
        ),
        (
            &closed,
            json!({ "verdict": "ungrounded", "risk": 0.9, "spans": [span(0.9, json!(0))] }),
            Action::Annotate,
        ),
        (
            &block,
            json!({ "verdict": "contradicted", "risk": 0.9, "dialect": "openai_realtime" }),
            Action::Observe,
        ),
    ];
    for (rule, changes, expected) in cases {
        assert_eq!(action::under(rule, &event(&changes)), expected, "{changes}");
    }
    let shadow = rule("action: block, shadow: true");
    assert_eq!(action::under(&shadow, &event(&json!({ "risk": 0.9 }))), Action::Observe);
    let off = rule("signals: { numbers: false }");
    assert!(action::is_uncertain(&off, &event(&json!({ "signals": ["numbers"] }))));
    assert!(!action::is_uncertain(&off, &event(&json!({ "signals": ["entities"] }))));
}

#[tokio::test]
async fn what_would_have_been_blocked_is_counted_by_workload_and_shown() {
    let dir = tempfile::TempDir::new().unwrap();
    let store = Sqlite::open(dir.path(), 10).await.unwrap();
    let instance = Uuid::now_v7();
    let workload = |name: &str| json!({ "namespace": "shop", "name": name, "pod": "" });
    let events = (1..=20)
        .map(|seq| {
            let risky = json!({ "verdict": "contradicted", "risk": 0.9, "workload": workload("bot") });
            let fine = json!({ "workload": workload("search") });
            let changes = if seq % 4 == 0 { risky } else { fine };
            testing::event(instance, seq, testing::DAY0 + i64::try_from(seq).unwrap(), &changes)
        })
        .collect();
    store.commit(&[testing::batch(instance, events)]).await.unwrap();
    let policy = Policy::parse("t", "version: 1\ndefault: { action: block }\n").unwrap();
    let candidate =
        Candidate { policy, from: testing::DAY0, to: testing::DAY0 + 1000, namespaces: Vec::new() };
    let scope = Scope::tenant("default");
    let time = Duration::from_secs(10);
    let found = simulate(&store, &scope, &candidate, time).await.unwrap();
    assert_eq!((found.scanned, found.changed, found.partial), (20, 5, false));
    assert_eq!(found.matrix["annotate"]["block"], 5);
    assert_eq!(found.matrix["annotate"]["annotate"], 15);
    assert_eq!((found.workloads[0].name.as_str(), found.workloads[0].acted_after), ("shop/bot", 5));
    assert_eq!(found.examples.len(), 5);
    assert_eq!((found.examples[0].before.as_str(), found.examples[0].after.as_str()), ("annotate", "block"));
    // Somebody who may see another namespace only sees nothing of it.
    let other = Scope::within("default", ["kitchen".to_owned()].into());
    assert_eq!(simulate(&store, &other, &candidate, time).await.unwrap().scanned, 0);
    let elsewhere = Candidate { namespaces: vec!["kitchen".to_owned()], ..candidate };
    assert_eq!(simulate(&store, &scope, &elsewhere, time).await.unwrap().changed, 0);
}
