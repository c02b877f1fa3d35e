//! What questions are answered with, and what bad ones get.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside #[test]")]

mod support;

use std::sync::Arc;

use agentguard_control::PolicyView;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};
use support::{HEARTBEAT, INGEST, Server, batch, event, event_with, now};
use uuid::Uuid;

#[tokio::test]
async fn bad_questions_get_a_problem_that_names_field_and_allowed_values() {
    let server = Server::start().await;
    for (query, field) in [
        ("verdicts?limit=0", "limit"),
        ("verdicts?limit=501", "limit"),
        ("verdicts?limit=99999999999999999999", "limit"),
        ("verdicts?cursor=abc", "cursor"),
        ("verdicts?cursor=%27%20OR%201=1--", "cursor"),
        ("verdicts?cursor=7fffffffffffffff0-1", "cursor"),
        ("verdicts?min_risk=2", "min_risk"),
        ("verdicts?min_risk=NaN", "min_risk"),
        ("verdicts?instance=7", "instance"),
        ("verdicts?from=yesterday", "from"),
        ("verdicts?q=a+b+c+d+e+f+g+h+i", "q"),
        ("verdicts?model=a&model=b", "model"),
        ("verdicts/facets?limit=3", "limit"),
        ("verdicts/not-a-uuid", "id"),
        ("timeseries?buckets=0", "buckets"),
        ("timeseries?buckets=1001", "buckets"),
        ("overview?range=1h&from=now", "range"),
        ("overview?verdict=grounded", "verdict"),
        ("sidecars?x=1", "x"),
        ("tail?verdict=x", "verdict"),
    ] {
        let problem = server.get(&format!("/api/v1/{query}")).await.problem(400, "invalid_parameter");
        assert_eq!(problem["field"], field, "{query}: {problem}");
        assert!(problem["detail"].as_str().unwrap().starts_with(field), "{problem}");
    }
    let allowed = server.get("/api/v1/verdicts?verdict=clean").await.problem(400, "invalid_parameter");
    assert_eq!(allowed["allowed"].as_array().unwrap().len(), 5);
    server.get(&format!("/api/v1/verdicts/{}", Uuid::now_v7())).await.problem(404, "not_found");
    server.get("/api/v1/nowhere").await.problem(404, "not_found");
    server.get("/api/v1/ingest/verdicts").await.problem(405, "method_not_allowed");
    server.post("/api/v1/overview", "{}").await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn filters_take_hostile_text_as_text() {
    let server = Server::start().await;
    let instance = Uuid::now_v7();
    let odd = "x' OR '1'='1\"; DROP TABLE verdict; -- %_\\";
    server.ingest(instance, &[event(instance, 1), event_with(instance, 2, json!({ "model": odd }))]).await;
    let encoded: String = odd.bytes().map(|b| format!("%{b:02x}")).collect();
    for query in [format!("model={encoded}"), format!("q={encoded}")] {
        let list = server.ok(&format!("/api/v1/verdicts?{query}")).await;
        assert_eq!(list["items"].as_array().unwrap().len(), 1, "{query}");
        assert_eq!(list["items"][0]["model"], odd);
    }
    assert_eq!(server.ok("/api/v1/verdicts?q=%25").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(server.ok("/api/v1/verdicts").await["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn bad_bodies_are_refused_and_counted() {
    let server = Server::with(|config| config.limits.body = 100_000).await;
    let instance = Uuid::now_v7();
    let good = batch(instance, &[event(instance, 1)]);
    server.post(INGEST, "{").await.problem(400, "invalid_body");
    server.post(INGEST, vec![b'x'; 100_001]).await.problem(413, "too_large");
    server.post_as(INGEST, "text/plain", "", good.clone()).await.problem(415, "unsupported_content_type");
    let encoding = server.post_as(INGEST, "application/json", "br", good.clone()).await;
    assert_eq!(encoding.problem(415, "unsupported_encoding")["allowed"], json!(["identity", "gzip", "zstd"]));
    server.post_as(INGEST, "application/json", "zstd", good.clone()).await.problem(400, "invalid_body");
    let bomb = zstd::encode_all(&vec![b' '; 40 << 20][..], 19).unwrap();
    assert!(bomb.len() < 10_000);
    server.post_as(INGEST, "application/json", "zstd", bomb).await.problem(413, "too_large");
    let deep = format!("{{\"instance\":\"{instance}\",\"events\":{}", "[".repeat(90_000));
    server.post(INGEST, deep).await.problem(400, "invalid_body");
    let counted = server.metric("agentguard_ingest_refused_total{reason=\"too_large\"}").await;
    assert_eq!(counted, Some(2.0));
    // Content and counts as before: nothing of it was stored.
    assert_eq!(server.ok("/api/v1/overview").await["total"], 0);
    let packed = zstd::encode_all(good.as_bytes(), 3).unwrap();
    let stored = server.post_as(INGEST, "application/json; charset=utf-8", "zstd", packed).await;
    assert_eq!(stored.json()["accepted"], 1);
}

#[tokio::test]
async fn a_bad_event_is_named_and_the_rest_of_its_batch_is_stored() {
    let server = Server::start().await;
    let instance = Uuid::now_v7();
    let mut bad = event(instance, 2);
    bad["risk"] = json!("high");
    let reply = server.ingest(instance, &[event(instance, 1), bad.clone(), event(instance, 3)]).await;
    assert_eq!((&reply["accepted"], &reply["acked_seq"]), (&json!(2), &json!(3)));
    assert_eq!(
        reply["rejected"],
        json!([{ "index": 1, "seq": 2, "error": "risk: wrong value, expected f32" }])
    );
    let sidecar = &server.ok("/api/v1/sidecars").await[0];
    assert_eq!(
        (&sidecar["stored"], &sidecar["rejected"], &sidecar["unexplained"]),
        (&json!(2), &json!(1), &json!(0))
    );
    // Sent again, it is not counted again.
    server.ingest(instance, &[bad]).await;
    assert_eq!(server.ok("/api/v1/sidecars").await[0]["rejected"], 1);
}

fn heartbeat(instance: Uuid, produced: u64, lost: &Value) -> Value {
    json!({
        "instance": instance, "started": now(), "version": "0.1.0", "produced": produced, "lost": { "spool_full": 2 },
        "lost_ranges": lost, "in_flight": 0, "spool_bytes": 0, "policy": "0123456789ab", "seen": 9, "judged": 8,
        "workload": { "namespace": "shop", "name": "assistant", "pod": "a-1" },
    })
}

#[tokio::test]
async fn a_heartbeat_explains_what_is_missing() {
    let policy = PolicyView { revision: "feedfeedfeed".to_owned(), policy: json!({ "version": 1 }) };
    let server = Server::with(|config| config.policy.store(Arc::new(policy.clone()))).await;
    assert_eq!(server.ok("/api/v1/policy").await, serde_json::to_value(&policy).unwrap());
    let instance = Uuid::now_v7();
    server.ingest(instance, &[event(instance, 1), event(instance, 4)]).await;
    assert_eq!(server.ok("/api/v1/sidecars").await[0]["unexplained"], 2);
    let told = server.post(HEARTBEAT, heartbeat(instance, 4, &json!([[2, 3]])).to_string()).await.json();
    assert_eq!(told, json!({ "acked_seq": 4, "unexplained": 0, "policy": "feedfeedfeed", "bundle": 1 }));
    let sidecar = &server.ok("/api/v1/sidecars").await[0];
    assert_eq!(
        (&sidecar["completeness"], &sidecar["version"], &sidecar["seen"]),
        (&json!(1.0), &json!("0.1.0"), &json!(9))
    );
    // A proxy that has no policy at the moment of a heartbeat says nothing about it.
    let mut silent = heartbeat(instance, 4, &json!([]));
    silent["policy"] = json!("");
    assert_eq!(server.post(HEARTBEAT, silent.to_string()).await.status, 200);
    assert_eq!(server.ok("/api/v1/sidecars").await[0]["policy"], "0123456789ab");
    for lost in [json!([[0, 1]]), json!([[3, 2]]), json!([[1, 9]]), json!("all")] {
        let bad = server.post(HEARTBEAT, heartbeat(instance, 4, &lost).to_string()).await;
        assert!(bad.problem(400, "invalid_body")["field"].as_str().unwrap().starts_with("lost_ranges"));
    }
}

#[tokio::test]
async fn facets_series_and_lists_by_workload_and_model_add_up() {
    let server = Server::start().await;
    let instance = Uuid::now_v7();
    let events: Vec<_> = (1..=20)
        .map(|seq| {
            let verdict = if seq % 4 == 0 { "ungrounded" } else { "grounded" };
            let model = ["gpt-4o", "claude"][usize::try_from(seq % 2).unwrap()];
            event_with(instance, seq, json!({ "verdict": verdict, "model": model, "risk": 0.5 }))
        })
        .collect();
    server.ingest(instance, &events).await;
    let facets = server.ok("/api/v1/verdicts/facets?model=gpt-4o&range=1h").await;
    assert_eq!(facets["facets"]["verdict"], json!({ "grounded": 5, "ungrounded": 5 }));
    assert_eq!(facets["facets"]["workload"], json!({ "shop/assistant": 10 }));
    assert_eq!(facets["facets"]["model"], json!({ "claude": 10, "gpt-4o": 10 }), "what one could switch to");
    assert_eq!((&facets["facets"]["reason"], &facets["partial"]), (&json!({}), &json!(false)));
    let facets = server.ok("/api/v1/verdicts/facets?model=claude&verdict=ungrounded&min_risk=0.5").await;
    assert_eq!(facets["total"], 0);
    assert_eq!(facets["facets"]["verdict"], json!({ "grounded": 10 }));
    assert_eq!(facets["facets"]["model"], json!({ "gpt-4o": 5 }));
    assert_eq!(facets["facets"]["workload"], json!({}));
    let models = server.ok("/api/v1/models?range=1h").await;
    assert_eq!(
        models["items"],
        json!([
            { "name": "gpt-4o", "total": 10, "flagged": 5, "mean_risk": 0.5 },
            { "name": "claude", "total": 10, "flagged": 0, "mean_risk": 0.5 },
        ])
    );
    assert_eq!(server.ok("/api/v1/workloads").await["items"][0]["total"], 20);
    for range in ["5m", "1h", "6h", "24h", "7d", "30d", "52w"] {
        let series = server.ok(&format!("/api/v1/timeseries?range={range}&buckets=48")).await;
        let points = series["t"].as_array().unwrap();
        assert!(points.len() <= 50, "{range}: {}", points.len());
        let sum = |name: &str| {
            series["series"][name].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>()
        };
        assert_eq!((sum("grounded"), sum("ungrounded")), (15, 5), "{range}");
        assert_eq!(series["judge_p95_ms"].as_array().unwrap().len(), points.len());
    }
}

#[tokio::test]
async fn the_overview_compares_with_the_period_before_and_reads_again_after_a_second() {
    let server = Server::start().await;
    let instance = Uuid::now_v7();
    let hour = 3_600_000_000i64;
    let at = |seq, ts: i64, more: Value| {
        let mut event = event_with(instance, seq, more);
        event["ts"] = json!(ts);
        event
    };
    let t = now();
    let failed =
        json!({ "verdict": "not_checked", "reason": "upstream_error", "risk": 0.0, "action": "observe" });
    server
        .ingest(
            instance,
            &[
                at(1, t, json!({})),
                at(2, t, failed),
                at(3, t - 90 * 60_000_000, json!({ "verdict": "ungrounded", "action": "block" })),
                at(4, t - 3 * hour, json!({})),
            ],
        )
        .await;
    let overview = server.ok("/api/v1/overview?range=1h").await;
    assert_eq!((&overview["total"], &overview["coverage"]), (&json!(2), &json!(0.5)));
    assert_eq!(overview["not_checked"], json!({ "upstream_error": 1 }));
    assert_eq!(overview["newest_flagged"], json!([]));
    assert_eq!(overview["previous"]["total"], 1);
    assert_eq!(
        (&overview["previous"]["flagged_share"], &overview["previous"]["acted"]),
        (&json!(1.0), &json!(1))
    );
    assert!((overview["judge_ms"]["p95"].as_f64().unwrap() - 0.4).abs() < 0.005);
    // The same range again and again: most of the answers are those of a moment ago.
    for _ in 0..5 {
        server.ok(&format!("/api/v1/overview?from={}&to={t}", t - hour)).await;
    }
    assert!(server.metric("cache_hits_total{cache=\"overview\",result=\"hit\"}").await >= Some(1.0));
    server.ingest(instance, &[at(5, t, json!({}))]).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(server.ok("/api/v1/overview?range=1h").await["total"], 3);
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_can_read_it() {
    let server = Server::start().await;
    let instance = Uuid::now_v7();
    server.ingest(instance, &(1..=20).map(|seq| event(instance, seq)).collect::<Vec<_>>()).await;
    for encoding in ["gzip", "br"] {
        let request = server.request(Method::GET, "/api/v1/verdicts").header("accept-encoding", encoding);
        let answer = server.send(request.body(Full::default()).unwrap()).await;
        assert_eq!(answer.header("content-encoding"), encoding);
        assert!(answer.body.len() < 4_000, "{} bytes", answer.body.len());
    }
}

#[tokio::test]
async fn probes_version_metrics_and_headers_are_there() {
    let server = Server::start().await;
    for path in ["/health", "/livez", "/readyz", "/startupz", "/version"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    let answer = server.get("/api/v1/overview").await;
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    let policy = answer.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'self';") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    let sample = "http_requests_total{method=\"GET\",route=\"/api/v1/overview\",status=\"200\"}";
    assert_eq!(server.metric(sample).await, Some(1.0));
    assert_eq!(
        server.metric("http_request_duration_seconds_count{route=\"/api/v1/overview\"}").await,
        Some(1.0)
    );
    assert_eq!(server.metric("hallucination_detection_queue_length").await, Some(0.0));
    // The API's port does not show metrics, the metrics' port nothing else.
    assert_ne!(server.get("/metrics").await.header("content-type"), "text/plain; version=0.0.4");
    let other = Request::get(format!("http://{}/api/v1/overview", server.metrics));
    assert_eq!(server.send(other.body(Full::default()).unwrap()).await.status, 404);
}

#[tokio::test]
async fn every_described_operation_is_there() {
    let server = Server::start().await;
    let document = server.ok("/openapi.json").await;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            if path.ends_with("/tail") {
                continue; // Has no end to wait for; tests/tail.rs reads it.
            }
            let path = path.replace("{id}", "00000000-0000-0000-0000-000000000000");
            let path = path.replace("{binding}", "none").replace("{name}", "none").replace("{version}", "1");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let request = server.request(method.clone(), &path).body(Full::default()).unwrap();
            let answer = server.send(request).await;
            // What it needs is not given here; that there is somebody to say so is what counts.
            let known = answer.status != 405
                && !answer.status.is_server_error()
                && !answer.text().contains("there is no such address");
            assert!(known, "{method} {path}: {}", answer.status);
        }
    }
    for path in ["/docs", "/docs/docs.js", "/docs/docs.css"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_page_is_served_for_its_own_addresses_and_for_no_file_that_is_missing() {
    let server = Server::start().await;
    for path in ["/", "/verdicts", "/verdicts/0199", "/live"] {
        let page = server.get(path).await;
        assert_eq!(
            (page.status.as_u16(), page.header("content-type")),
            (200, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(page.text().contains("AgentGuard"));
    }
    server.get("/assets/none-12345678.js").await.problem(404, "not_found");
    server.post("/", "").await.problem(405, "method_not_allowed");
    let page = server.get("/").await.text();
    let Some((_, script)) = page.split_once("src=\"/assets/") else {
        println!("skipped: the dashboard is not built, so there is no file to ask for");
        return;
    };
    let path = format!("/assets/{}", script.split('"').next().unwrap());
    let file = server.get(&path).await;
    assert_eq!(file.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    let again = server.request(Method::GET, &path).header("if-none-match", file.header("etag"));
    assert_eq!(server.send(again.body(Full::default()).unwrap()).await.status, 304);
}
