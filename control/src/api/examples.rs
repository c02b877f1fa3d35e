//! Examples for the API's description, made of the types themselves: they cannot be out of date.

mod policies;

use std::collections::BTreeMap;

use agentguard_api::query::{
    ContentState, Facets, Overview, Percentiles, PolicyView, PreviousPeriod, Sidecar, TailLost, TimeSeries,
    TopList, TopRow, VerdictContent, VerdictItem, VerdictPage,
};
use agentguard_api::{
    Batch, BatchReply, Content, ContentSource, Heartbeat, HeartbeatReply, Latency, LossReason, Problem,
    Rejected, Unjudged, UnjudgedReason, VerdictEvent, Workload,
};
use agentguard_judge::{EvidenceRef, Signal, SourceKind, Span, SpanKind, State};
use agentguard_policy::{Action, Delivery, Direction};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::openapi::HttpMethod;
use uuid::Uuid;

use super::content::{EraseDay, ErasedContent};
use crate::content::{DataKeyInfo, Rotated};

const ID: Uuid = Uuid::from_u128(0x0199_3a2b_7c4d_7e5f_8a6b_1c2d_3e4f_5a6b);
const INSTANCE: Uuid = Uuid::from_u128(0x0199_3a00_0000_7000_8000_0000_0000_0001);
const TS: i64 = 1_764_000_000_000_000;
const HOUR: i64 = 3_600_000_000;

/// As JSON.
pub(super) fn value<T: Serialize>(example: &T) -> Value {
    serde_json::to_value(example).unwrap_or_default()
}

/// Path, method, request and answer of every operation that has JSON to show.
pub(super) fn all() -> Vec<(&'static str, HttpMethod, Option<Value>, Value)> {
    use HttpMethod::{Delete, Get, Post};
    let page = VerdictPage { items: vec![item()], next: Some("6445c8a9d8000-2a".to_owned()) };
    let mut detail = item();
    detail.event.content = Some(content());
    detail.content_state = Some(ContentState::Stored);
    let mut sent = item().event;
    sent.content = Some(content());
    let batch = Batch { instance: INSTANCE, events: vec![value(&sent)] };
    vec![
        ("/api/v1/overview", Get, None, value(&overview())),
        ("/api/v1/timeseries", Get, None, value(&time_series())),
        ("/api/v1/workloads", Get, None, value(&top(workload_row()))),
        ("/api/v1/models", Get, None, value(&top(model_row()))),
        ("/api/v1/verdicts", Get, None, value(&page)),
        ("/api/v1/verdicts/facets", Get, None, value(&facets())),
        ("/api/v1/verdicts/{id}", Get, None, value(&detail)),
        ("/api/v1/verdicts/{id}/content", Get, None, value(&VerdictContent { id: ID, content: content() })),
        ("/api/v1/verdicts/{id}/content", Delete, None, value(&erased(0, 1))),
        (
            "/api/v1/content/erase",
            Post,
            Some(value(&EraseDay { day: "2025-11-24".to_owned() })),
            value(&erased(1, 1180)),
        ),
        ("/api/v1/content/keys", Get, None, value(&[data_key()])),
        ("/api/v1/content/keys/rotate", Post, None, value(&rotated())),
        ("/api/v1/tail", Get, None, Value::String(tail())),
        ("/api/v1/sidecars", Get, None, value(&[sidecar()])),
        ("/api/v1/policy", Get, None, value(&policy())),
        ("/api/v1/ingest/verdicts", Post, Some(value(&batch)), value(&reply())),
        ("/api/v1/sidecar/heartbeat", Post, Some(value(&heartbeat())), value(&heartbeat_reply())),
    ]
    .into_iter()
    .chain(policies::all())
    .collect()
}

fn erased(keys: u64, contents: u64) -> ErasedContent {
    ErasedContent { keys, contents, more: false }
}

fn data_key() -> DataKeyInfo {
    DataKeyInfo {
        id: "01993a2b7c4d7e5f8a6b1c2d3e4f5a6b".to_owned(),
        day: "2025-11-24".to_owned(),
        wrapped_under: "0f3a5b7c9d1e2f40".to_owned(),
        created: TS,
        erased: None,
    }
}

fn rotated() -> Rotated {
    Rotated { rewrapped: 30, remaining: 0, key: "0f3a5b7c9d1e2f40".to_owned() }
}

/// A misspelt filter value.
pub(super) fn problem() -> Problem {
    Problem {
        kind: "about:blank".to_owned(),
        title: "Bad Request".to_owned(),
        status: 400,
        detail: "verdict: holds a value that is not allowed".to_owned(),
        code: "invalid_parameter".to_owned(),
        field: Some("verdict".to_owned()),
        allowed: ["grounded", "ungrounded", "contradicted", "unverifiable", "not_checked"]
            .map(str::to_owned)
            .to_vec(),
        request_id: "01993a2b-8000-7000-8000-000000000001".to_owned(),
    }
}

fn workload() -> Workload {
    Workload {
        namespace: "shop".to_owned(),
        name: "assistant".to_owned(),
        pod: "assistant-7c9f5d".to_owned(),
    }
}

fn item() -> VerdictItem {
    let evidence = EvidenceRef { source: "documents[0]".to_owned(), start: 31, end: 38 };
    let event = VerdictEvent {
        id: ID,
        instance: INSTANCE,
        seq: 42,
        ts: TS,
        direction: Direction::Outbound,
        provider: "openai".to_owned(),
        host: "api.openai.com".to_owned(),
        path: "/v1/chat/completions".to_owned(),
        dialect: "openai_chat".to_owned(),
        model: "gpt-4o-mini".to_owned(),
        response_id: "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT".to_owned(),
        stream: true,
        status: 200,
        verdict: State::Contradicted,
        reason: None,
        risk: 0.91,
        action: Action::Annotate,
        would: None,
        mode: Delivery::Pass,
        spans: vec![Span {
            choice: 0,
            call: None,
            start: 26,
            end: 33,
            kind: SpanKind::WrongNumber,
            risk: 0.91,
            evidence: Some(evidence),
        }],
        sentences: 1,
        signals: vec![Signal::Numbers, Signal::Entities],
        explanation: "1 of 1 sentences says something else than the evidence: a wrong number.".to_owned(),
        judge: "rules-1".to_owned(),
        policy: "0f3a5b7c9d1e".to_owned(),
        rule: "default".to_owned(),
        threshold: Some(0.5),
        latency: Latency { total_ms: 1840.2, first_byte_ms: 320.5, judge_ms: 0.31, held_ms: 0.0 },
        input_tokens: Some(912),
        output_tokens: Some(14),
        trace: Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
        correlation: None,
        redactions: BTreeMap::from([("email".to_owned(), 1)]),
        workload: workload(),
        content: None,
    };
    VerdictItem { event, latency_ms: 1840.2, has_content: true, content_state: None }
}

fn content() -> Content {
    Content {
        texts: vec!["You can return it within 45 days.".to_owned()],
        tool_calls: Vec::new(),
        evidence: vec![ContentSource {
            label: "documents[0]".to_owned(),
            kind: SourceKind::Document,
            text: "Returns are accepted for up to 30 days.".to_owned(),
        }],
        hashes: None,
    }
}

fn workload_row() -> TopRow {
    TopRow { name: "shop/assistant".to_owned(), total: 900, flagged: 31, mean_risk: 0.14 }
}

fn model_row() -> TopRow {
    TopRow { name: "gpt-4o-mini".to_owned(), total: 1210, flagged: 40, mean_risk: 0.12 }
}

fn top(row: TopRow) -> TopList {
    TopList { from: TS - HOUR, to: TS, items: vec![row] }
}

fn counts(of: &[(&str, u64)]) -> BTreeMap<String, u64> {
    of.iter().map(|&(name, n)| (name.to_owned(), n)).collect()
}

fn overview() -> Overview {
    Overview {
        from: TS - HOUR,
        to: TS,
        total: 1250,
        by_verdict: counts(&[
            ("grounded", 1150),
            ("ungrounded", 28),
            ("contradicted", 12),
            ("not_checked", 60),
        ]),
        by_action: counts(&[("annotate", 1245), ("block", 5)]),
        not_checked: counts(&[("upstream_error", 60)]),
        rate: 0.347,
        flagged_share: 0.0336,
        coverage: 0.952,
        judge_ms: Percentiles { p50: 0.3, p95: 0.9, p99: 1.6 },
        held_ms: Percentiles { p50: 0.0, p95: 0.0, p99: 12.5 },
        total_ms: Percentiles { p50: 1810.0, p95: 6200.0, p99: 9800.0 },
        previous: Some(PreviousPeriod {
            total: 1190,
            flagged_share: 0.029,
            judge_p95_ms: 0.9,
            coverage: 0.95,
            acted: 3,
        }),
        workloads: vec![workload_row()],
        models: vec![model_row()],
        newest_flagged: vec![item()],
    }
}

fn time_series() -> TimeSeries {
    TimeSeries {
        step: 60,
        t: vec![1_763_999_880, 1_763_999_940],
        series: [("grounded".to_owned(), vec![20, 22]), ("ungrounded".to_owned(), vec![0, 1])].into(),
        judge_p95_ms: vec![0.8, 0.9],
    }
}

fn facets() -> Facets {
    let verdicts = counts(&[("grounded", 1150), ("ungrounded", 28)]);
    let models = counts(&[("gpt-4o-mini", 1178)]);
    let facets = [("verdict".to_owned(), verdicts), ("model".to_owned(), models)].into();
    Facets { facets, total: 1178, partial: false }
}

fn tail() -> String {
    format!(
        "event: verdict\nid: 5f3e2a10-7\ndata: {}\n\nevent: lost\ndata: {}\n\n",
        value(&item()),
        value(&TailLost { lost: 12 })
    )
}

fn sidecar() -> Sidecar {
    Sidecar {
        instance: INSTANCE,
        workload: workload(),
        version: "0.1.0".to_owned(),
        started: TS - HOUR,
        last_seen: TS,
        produced: 1250,
        stored: 1245,
        rejected: 0,
        lost: counts(&[("spool_full", 3)]),
        in_flight: 2,
        unexplained: 0,
        completeness: 0.9984,
        policy: "0f3a5b7c9d1e".to_owned(),
        seen: 1300,
        judged: 1190,
        not_checked: not_checked(),
    }
}

fn policy() -> PolicyView {
    let policy =
        json!({ "version": 1, "default": { "delivery": "pass", "action": "annotate" }, "routes": [] });
    PolicyView { revision: "0f3a5b7c9d1e".to_owned(), policy }
}

fn reply() -> BatchReply {
    let rejected = Rejected {
        index: 3,
        seq: Some(45),
        error: "verdict: wrong value, expected one of `grounded`, `ungrounded`, `contradicted`, `unverifiable`, `not_checked`"
            .to_owned(),
    };
    BatchReply { accepted: 3, duplicate: 1, rejected: vec![rejected], acked_seq: 46, backoff_ms: 0 }
}

fn heartbeat() -> Heartbeat {
    Heartbeat {
        instance: INSTANCE,
        started: TS - HOUR,
        version: "0.1.0".to_owned(),
        workload: workload(),
        produced: 1250,
        lost: [(LossReason::SpoolFull, 3)].into(),
        lost_ranges: vec![(801, 803)],
        in_flight: 2,
        spool_bytes: 4096,
        policy: "0f3a5b7c9d1e".to_owned(),
        seen: 1300,
        judged: 1190,
        not_checked: not_checked(),
        bundle: Some(policies::report()),
    }
}

fn not_checked() -> Vec<Unjudged> {
    vec![Unjudged { host: "api.openai.com".to_owned(), reason: UnjudgedReason::TlsPinned, connections: 3 }]
}

fn heartbeat_reply() -> HeartbeatReply {
    HeartbeatReply { acked_seq: 1248, unexplained: 0, policy: "0f3a5b7c9d1e".to_owned(), bundle: 7 }
}
