//! Captured content: encrypted on disk, shown to whoever may read it, written down when it is, erased.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside #[test]")]

mod support;

use agentguard_control::{Config, ContentKeys, Control, Secret};
use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use serde_json::{Value, json};
use support::{Answer, Server, event_with};
use tempfile::TempDir;
use uuid::Uuid;

const KEY: &str = "an encryption key of 32 letters!";
const NEXT: &str = "another key with as many letters";
const SAID: &str = "The price of the lighthouse is 42.";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn keys(key: Option<&str>, previous: Option<&str>) -> impl FnOnce(&mut Config) {
    let keys = ContentKeys { key: key.map(Secret::new), previous: previous.map(Secret::new) };
    move |config| config.content = keys
}

/// A verdict with content, at that time; its address.
async fn said(server: &Server, ts: i64) -> String {
    let instance = Uuid::now_v7();
    let content = json!({ "texts": [SAID], "evidence": [{ "label": "documents[0]", "kind": "document", "text": SAID }] });
    let event =
        event_with(instance, 1, json!({ "ts": ts, "content": content, "redactions": { "email": 2 } }));
    server.ingest(instance, std::slice::from_ref(&event)).await;
    format!("/api/v1/verdicts/{}", event["id"].as_str().unwrap())
}

async fn ask(server: &Server, method: Method, path: &str, token: &str, body: &Value) -> Answer {
    let request = server
        .request(method, path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    let body = if body.is_null() { Full::default() } else { Full::new(Bytes::from(body.to_string())) };
    server.send(request.body(body).unwrap()).await
}

/// Everything in the data directory. What SQLite takes away at its end may go between the listing and the reading.
fn disk(dir: &TempDir) -> Vec<u8> {
    let files = std::fs::read_dir(dir.path()).unwrap();
    let bytes: Vec<u8> =
        files.filter_map(|file| std::fs::read(file.unwrap().path()).ok()).flatten().collect();
    assert!(holds(&bytes, "SQLite format 3"));
    bytes
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn content_is_encrypted_on_disk_and_read_again_after_a_restart_and_a_rotation() {
    let now = support::now();
    let server = Server::start().await;
    let plain = said(&server, now).await;
    let dir = server.stop().await;
    assert!(holds(&disk(&dir), "lighthouse"), "without a key it is stored as it comes");

    let fresh = Server::with(keys(Some(KEY), None)).await;
    let sealed = said(&fresh, now).await;
    let fresh_dir = fresh.stop().await;
    assert!(!holds(&disk(&fresh_dir), "lighthouse"));

    // The key comes later: what was stored plain can be read still.
    let server = Server::on(dir, keys(Some(KEY), None)).await;
    assert_eq!(server.ok(&plain).await["content"]["texts"][0], SAID);
    server.stop().await;

    let server = Server::on(fresh_dir, keys(Some(NEXT), Some(KEY))).await;
    assert_eq!(server.ok(&sealed).await["content"]["texts"][0], SAID);
    let rotated = server.post("/api/v1/content/keys/rotate", "").await;
    assert_eq!((&rotated.json()["rewrapped"], &rotated.json()["remaining"]), (&json!(1), &json!(0)));
    let listed = server.ok("/api/v1/content/keys").await;
    assert_eq!(listed[0]["wrapped_under"], rotated.json()["key"]);
    let dir = server.stop().await;

    let mut config = Config::new(dir.path());
    config.listen = "127.0.0.1:0".parse().unwrap();
    config.metrics_listen = None;
    for (key, previous) in [(Some(KEY), None), (None, None)] {
        let mut config = config.clone();
        keys(key, previous)(&mut config);
        let error = Control::bind(config).await.err().unwrap().to_string();
        assert!(error.contains("ENCRYPTION_KEY") && !error.contains(KEY) && !error.contains(NEXT), "{error}");
    }
    let server = Server::on(dir, keys(Some(NEXT), None)).await;
    let item = server.ok(&sealed).await;
    assert_eq!((&item["content"]["texts"][0], &item["content_state"]), (&json!(SAID), &json!("stored")));
    assert_eq!(item["redactions"], json!({ "email": 2 }));
    let content = server.ok(&format!("{sealed}/content")).await;
    serde_json::from_value::<agentguard_api::query::VerdictContent>(content.clone()).unwrap();
    assert_eq!(content["content"]["evidence"][0]["text"], SAID);
}

#[tokio::test]
async fn content_is_for_whoever_may_read_it_and_every_reading_is_written_down() {
    let server = Server::with(|config| {
        keys(Some(KEY), None)(config);
        config.token = Some(Secret::new(TOKEN));
    })
    .await;
    let instance = Uuid::now_v7();
    let event = event_with(instance, 1, json!({ "content": { "texts": [SAID] } }));
    let batch: Value = serde_json::from_str(&support::batch(instance, std::slice::from_ref(&event))).unwrap();
    assert_eq!(ask(&server, Method::POST, support::INGEST, TOKEN, &batch).await.status, 200);
    let verdict = format!("/api/v1/verdicts/{}", event["id"].as_str().unwrap());
    let key = async |permissions: &[&str], namespaces: Value| {
        let new = json!({ "name": "test", "permissions": permissions, "namespaces": namespaces });
        let made = ask(&server, Method::POST, "/api/v1/api-keys", TOKEN, &new).await;
        assert_eq!(made.status, 200, "{}", made.text());
        made.json()["key"].as_str().unwrap().to_owned()
    };
    let reads = async || {
        let log = ask(&server, Method::GET, "/api/v1/audit?action=content.read", TOKEN, &Value::Null).await;
        log.json()["items"].as_array().unwrap().len()
    };
    let looks = key(&["verdicts:read"], Value::Null).await;
    let elsewhere = key(&["verdicts:read", "content:read"], json!(["bank"])).await;
    let here = key(&["verdicts:read", "content:read"], json!(["shop"])).await;
    let content = format!("{verdict}/content");

    let seen = ask(&server, Method::GET, &verdict, &looks, &Value::Null).await.json();
    assert_eq!((seen.get("content"), &seen["content_state"]), (None, &json!("stored")));
    ask(&server, Method::GET, &content, &looks, &Value::Null).await.problem(403, "forbidden");
    let refused = ask(&server, Method::GET, &content, &elsewhere, &Value::Null).await;
    assert!(
        matches!(refused.status.as_u16(), 403 | 404) && !refused.text().contains("lighthouse"),
        "{}",
        refused.text()
    );
    assert_eq!(reads().await, 0);

    assert_eq!(
        ask(&server, Method::GET, &content, &here, &Value::Null).await.json()["content"]["texts"][0],
        SAID
    );
    assert_eq!(
        ask(&server, Method::GET, &verdict, &here, &Value::Null).await.json()["content"]["texts"][0],
        SAID
    );
    let without =
        ask(&server, Method::GET, &format!("{verdict}?content=false"), &here, &Value::Null).await.json();
    assert_eq!(without.get("content"), None);
    assert_eq!(reads().await, 2);
    assert_eq!(server.metric("agentguard_content_revealed_total").await, Some(2.0));

    // Erasing is for those who manage the installation.
    ask(&server, Method::DELETE, &content, &here, &Value::Null).await.problem(403, "forbidden");
    ask(&server, Method::POST, "/api/v1/content/erase", &here, &json!({ "day": "2026-01-01" }))
        .await
        .problem(403, "forbidden");
    let erased = ask(&server, Method::DELETE, &content, TOKEN, &Value::Null).await.json();
    assert_eq!(erased["contents"], 1);
    ask(&server, Method::GET, &content, &here, &Value::Null).await.problem(410, "content_erased");
    let seen = ask(&server, Method::GET, &verdict, &here, &Value::Null).await.json();
    assert_eq!(
        (seen.get("content"), &seen["content_state"], &seen["risk"]),
        (None, &json!("erased"), &json!(0.1))
    );
}

#[tokio::test]
async fn a_day_is_erased_and_the_verdicts_stay() {
    for key in [Some(KEY), None] {
        let server = Server::with(keys(key, None)).await;
        let now = support::now();
        let (today, before) = (said(&server, now).await, said(&server, now - 86_400_000_000).await);
        let clean = event_with(Uuid::now_v7(), 1, json!({}));
        let instance = clean["instance"].as_str().unwrap().parse().unwrap();
        server.ingest(instance, std::slice::from_ref(&clean)).await;
        let day = jiff::Timestamp::from_microsecond(now).unwrap().to_string()[..10].to_owned();
        let erased = server.post("/api/v1/content/erase", json!({ "day": day }).to_string()).await.json();
        let of_keys = u64::from(key.is_some());
        assert_eq!(erased, json!({ "keys": of_keys, "contents": 1, "more": false }));
        assert_eq!(server.ok(&today).await["content_state"], "erased");
        server.get(&format!("{today}/content")).await.problem(410, "content_erased");
        assert_eq!(server.ok(&before).await["content"]["texts"][0], SAID);
        let uncaptured = format!("/api/v1/verdicts/{}", clean["id"].as_str().unwrap());
        assert_eq!(server.ok(&uncaptured).await["content_state"], "none");
        server.get(&format!("{uncaptured}/content")).await.problem(404, "not_found");
        assert_eq!(server.ok("/api/v1/verdicts").await["items"].as_array().unwrap().len(), 3);
        server.post("/api/v1/content/erase", r#"{"day":"yesterday"}"#).await.problem(400, "invalid_body");
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_stored_leaves_no_content_behind() {
    let server = Server::with(keys(Some(KEY), None)).await;
    let instance = Uuid::now_v7();
    let bad = event_with(instance, 1, json!({ "risk": 7, "content": { "texts": [SAID] } }));
    let reply = server.ingest(instance, &[bad]).await;
    assert_eq!(reply["rejected"].as_array().unwrap().len(), 1);
    assert!(!holds(&disk(&server.stop().await), "lighthouse"));
}
