//! The policies' API over sockets: what is answered, waited for and refused.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside #[test]")]

mod support;

use std::time::{Duration, Instant};

use agentguard_control::Secret;
use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use support::{Answer, Server, event_with};
use uuid::Uuid;

const BLOCK: &str = "version: 1\ndefault: { action: block }\n";
const BUNDLE: &str = "/api/v1/sidecar/bundle";

async fn put(server: &Server, path: &str, body: Value) -> Answer {
    let request = server.request(Method::PUT, path).header("content-type", "application/json");
    server.send(request.body(Full::new(Bytes::from(body.to_string()))).unwrap()).await
}

async fn post(server: &Server, path: &str, body: Value) -> Value {
    let answer = server.post(&format!("/api/v1{path}"), body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.json()
}

async fn bundle(server: &Server, tag: &str, prefer: &str) -> Answer {
    let mut request = server.request(Method::GET, BUNDLE);
    for (name, value) in [("if-none-match", tag), ("prefer", prefer)] {
        if !value.is_empty() {
            request = request.header(name, value);
        }
    }
    server.send(request.body(Full::default()).unwrap()).await
}

#[tokio::test]
async fn a_bundle_is_waited_for_and_not_sent_twice() {
    let server = Server::start().await;
    let first = bundle(&server, "", "").await;
    assert_eq!((first.status, first.header("preference-applied")), (StatusCode::OK, ""));
    let tag = first.header("etag").to_owned();
    assert!(tag.len() == 66 && tag.starts_with('"'), "{tag}");
    let same = bundle(&server, &tag, "").await;
    assert_eq!(
        (same.status, same.header("etag"), same.body.len()),
        (StatusCode::NOT_MODIFIED, tag.as_str(), 0)
    );
    let begun = Instant::now();
    let same = bundle(&server, &tag, "wait=1").await;
    assert_eq!((same.status, same.header("preference-applied")), (StatusCode::NOT_MODIFIED, "wait=1"));
    assert!(begun.elapsed() >= Duration::from_millis(900), "{:?}", begun.elapsed());

    let waits = bundle(&server, &tag, "wait=40");
    let turns = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        put(&server, "/api/v1/kill-switch", json!({ "on": true, "reason": "test" })).await
    };
    let begun = Instant::now();
    let (news, turned) = tokio::join!(waits, turns);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert_eq!((news.status, turned.json()["on"].clone()), (StatusCode::OK, Value::Bool(true)));
    assert_ne!(news.header("etag"), tag);
    let payload: Value = serde_json::from_str(news.json()["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload["observe_only"], json!(["*"]));
    assert_eq!(payload["revision"], turned.json()["revision"]);
}

#[tokio::test]
async fn who_waits_is_let_go_when_the_control_plane_ends() {
    let server = Server::with(|config| config.limits.bundle_waits = 1).await;
    let tag = bundle(&server, "", "").await.header("etag").to_owned();
    let begun = Instant::now();
    let (waited, too_many) = tokio::join!(bundle(&server, &tag, "wait=3"), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        bundle(&server, &tag, "wait=40").await
    });
    // The second found no place, and is told so by what is missing.
    assert_eq!((waited.status, waited.header("preference-applied")), (StatusCode::NOT_MODIFIED, "wait=3"));
    assert_eq!((too_many.status, too_many.header("preference-applied")), (StatusCode::NOT_MODIFIED, ""));
    assert!(begun.elapsed() < Duration::from_secs(30));
    server.stop().await;
}

#[tokio::test]
async fn policies_are_made_compared_published_and_refused_with_reasons() {
    let server = Server::start().await;
    let policies = "/api/v1/policies";
    let draft = "version: 1\nroutes:\n  - match: { model: gpt-4o }\n    action: obseve\n  - match: {}\n    delivry: full\n";
    let found = post(&server, "/policies/validate", json!({ "yaml": draft })).await;
    assert_eq!((&found["valid"], found["problems"].as_array().unwrap().len()), (&json!(false), 2));
    assert_eq!(
        (&found["problems"][0]["line"], &found["problems"][0]["key"]),
        (&json!(4), &json!("routes[0].action"))
    );
    let answer = server.post(policies, json!({ "name": "a", "yaml": draft }).to_string()).await;
    let problem = answer.problem(400, "invalid_body");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("did you mean observe?") && detail.contains("routes[1].delivry"), "{detail}");

    post(&server, "/policies", json!({ "name": "answers", "yaml": BLOCK, "note": "first" })).await;
    post(&server, "/policies/answers/versions", json!({ "yaml": format!("# why\n{BLOCK}"), "after": 1 }))
        .await;
    let stale = json!({ "yaml": BLOCK, "after": 1 }).to_string();
    server.post("/api/v1/policies/answers/versions", stale).await.problem(409, "conflict");
    let diff = server.ok("/api/v1/policies/answers/diff?from=1").await;
    assert_eq!((&diff["to"], &diff["added"], &diff["same_meaning"]), (&json!(2), &json!(1), &json!(true)));
    server.get("/api/v1/policies/answers/diff").await.problem(400, "invalid_parameter");
    server.get("/api/v1/policies/nobody").await.problem(404, "not_found");
    server.get("/api/v1/policies/answers/versions/9").await.problem(404, "not_found");
    server.get("/api/v1/policies/answers/versions/-1").await.problem(400, "invalid_parameter");

    let issued = post(&server, "/policies/answers/publish", json!({ "version": 1 })).await;
    assert_eq!(issued["published"]["version"], 1);
    let request = server.request(Method::DELETE, "/api/v1/policies/answers");
    server.send(request.body(Full::default()).unwrap()).await.problem(409, "conflict");
    let wrong = json!({ "version": 1, "namespaces": ["no such\u{0}name"] }).to_string();
    server.post("/api/v1/policies/answers/publish", wrong).await.problem(400, "invalid_body");
    server
        .post("/api/v1/policies/answers/publish", "{\"version\":1,\"shere\":5}")
        .await
        .problem(400, "invalid_body");
    let long = json!({ "name": "b", "yaml": "x".repeat(300 << 10) }).to_string();
    server.post(policies, long).await.problem(413, "too_large");
    let list = server.ok(policies).await;
    assert_eq!((&list[0]["name"], &list[0]["latest"]), (&json!("answers"), &json!(2)));
    let history = server.ok("/api/v1/policies/answers").await["history"].clone();
    assert_eq!((&history[0]["change"], &history[0]["author"]), (&json!("published"), &json!("local")));
}

#[tokio::test]
async fn a_policy_is_tried_on_stored_verdicts() {
    let server = Server::start().await;
    let instance = Uuid::now_v7();
    let events: Vec<Value> = (1..=20)
        .map(|seq| {
            let risk = if seq % 4 == 0 { 0.9 } else { 0.1 };
            let verdict = if seq % 4 == 0 { "contradicted" } else { "grounded" };
            event_with(instance, seq, json!({ "risk": risk, "verdict": verdict }))
        })
        .collect();
    server.ingest(instance, &events).await;
    let ask = json!({ "yaml": BLOCK, "from": 1_000_000_000_000_000_i64 });
    let found = post(&server, "/policies/simulate", ask).await;
    assert_eq!(
        (&found["scanned"], &found["changed"], &found["partial"]),
        (&json!(20), &json!(5), &json!(false))
    );
    assert_eq!(found["matrix"]["annotate"]["block"], 5);
    let id = found["examples"][0]["id"].as_str().unwrap();
    assert_eq!(server.ok(&format!("/api/v1/verdicts/{id}")).await["verdict"], "contradicted");
    let both = json!({ "yaml": BLOCK, "name": "answers" }).to_string();
    server.post("/api/v1/policies/simulate", both).await.problem(400, "invalid_parameter");
}

#[tokio::test]
async fn what_sidecars_say_of_their_policy_is_shown() {
    let server = Server::start().await;
    let instance = Uuid::now_v7();
    let mut heartbeat = json!({
        "instance": instance, "started": 1_764_000_000_000_000_i64, "version": "0.1.0",
        "workload": { "namespace": "shop", "name": "bot", "pod": "bot-1" },
        "produced": 0, "lost": {}, "lost_ranges": [], "in_flight": 0, "spool_bytes": 0, "policy": "0123456789ab",
        "seen": 0, "judged": 0,
    });
    // A sidecar of before there were bundles.
    let reply = post(&server, "/sidecar/heartbeat", heartbeat.clone()).await;
    assert_eq!(reply["bundle"], 1);
    heartbeat["bundle"] = json!({ "revision": 1, "state": "failed", "error": "no" });
    post(&server, "/sidecar/heartbeat", heartbeat).await;
    let begun = Instant::now();
    loop {
        let said = server.ok("/api/v1/sidecars/policies").await;
        if said[0]["state"] == "failed" {
            assert_eq!((&said[0]["error"], &said[0]["workload"]["name"]), (&json!("no"), &json!("bot")));
            assert_eq!(said.as_array().unwrap().len(), 1);
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{said}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_keys_are_public_and_nothing_else_is() {
    let token = "0123456789abcdef0123456789abcdef";
    let server = Server::with(|config| config.token = Some(Secret::new(token))).await;
    let keys = server.ok("/.well-known/agentguard-keys").await;
    assert_eq!(
        (&keys["keys"][0]["algorithm"], keys["keys"][0]["key"].as_str().unwrap().len()),
        (&json!("Ed25519"), 44)
    );
    for path in [BUNDLE, "/api/v1/policies", "/api/v1/kill-switch", "/api/v1/sidecars/policies"] {
        server.get(path).await.problem(401, "unauthorized");
    }
}
