//! The main way: a sidecar's batch is stored, listed, shown in detail and summed up.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside #[test]")]

mod support;

use serde_json::json;
use support::{Server, event, event_with};
use uuid::Uuid;

#[tokio::test]
async fn a_batch_is_stored_listed_shown_and_summed_up() {
    let server = Server::start().await;
    let instance = Uuid::now_v7();
    let span = json!({ "start": 4, "end": 9, "kind": "wrong_number", "risk": 0.9,
                       "evidence": { "source": "messages[0]", "start": 10, "end": 12 } });
    let content = json!({ "texts": ["The price is 42."], "evidence": [
        { "label": "messages[0]", "kind": "document", "text": "Price list: 24" }] });
    let clean = event(instance, 1);
    let flagged = event_with(
        instance,
        2,
        json!({ "verdict": "contradicted", "risk": 0.9, "spans": [span], "content": content, "action": "block" }),
    );
    let reply = server.ingest(instance, &[clean, flagged.clone()]).await;
    assert_eq!(
        reply,
        json!({ "accepted": 2, "duplicate": 0, "rejected": [], "acked_seq": 2, "backoff_ms": 0 })
    );

    let list = server.ok("/api/v1/verdicts?limit=10").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert_eq!(list["next"], json!(null));
    let item = &list["items"][0];
    assert_eq!(item["id"], flagged["id"]);
    assert_eq!(item["spans"][0]["kind"], "wrong_number");
    assert_eq!((&item["latency_ms"], &item["has_content"]), (&json!(812.3), &json!(true)));
    assert_eq!(item.get("content"), None);
    serde_json::from_value::<agentguard_api::query::VerdictPage>(list).unwrap();

    let detail = server.ok(&format!("/api/v1/verdicts/{}", flagged["id"].as_str().unwrap())).await;
    assert_eq!(detail["content"]["texts"], content["texts"]);
    serde_json::from_value::<agentguard_api::query::VerdictItem>(detail).unwrap();

    let overview = server.ok("/api/v1/overview?range=1h").await;
    assert_eq!((&overview["total"], &overview["flagged_share"]), (&json!(2), &json!(0.5)));
    assert_eq!(overview["newest_flagged"][0]["id"], flagged["id"]);
    assert_eq!(overview["workloads"][0]["name"], "shop/assistant");
    serde_json::from_value::<agentguard_api::query::Overview>(overview).unwrap();

    let series = server.ok("/api/v1/timeseries?range=15m").await;
    let series: agentguard_api::query::TimeSeries = serde_json::from_value(series).unwrap();
    assert_eq!(series.series["contradicted"].iter().sum::<u64>(), 1);
    assert_eq!(server.get("/health").await.status, 200);
    assert_eq!(
        server.metric("hallucination_detections_total{action=\"block\",score=\"high\"}").await,
        Some(1.0)
    );

    // Everything is still there after a restart.
    let dir = server.stop().await;
    let server = Server::on(dir, |_| {}).await;
    assert_eq!(server.ok("/api/v1/verdicts").await["items"].as_array().unwrap().len(), 2);
    assert_eq!(server.ingest(instance, &[flagged]).await["duplicate"], 1);
    server.stop().await;
}
