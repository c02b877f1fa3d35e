//! Traffic recorded from the providers, replayed through the proxy in odd pieces under every kind of policy.
//!
//! Needs `AGENTGUARD_FIXTURES`, the folder that holds `wire/recorded-exchanges.jsonl`.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use agentguard_api::VerdictEvent;
use agentguard_judge::NotChecked;
use agentguard_policy::{Action, Delivery, Policy, Thresholds};
use agentguard_wire::Endpoint;
use bytes::Bytes;
use futures_util::StreamExt;
use http::{Request, Response};
use http_body_util::{BodyExt, StreamBody};
use serde_json::Value;
use support::client::{Got, full};
use support::{Client, Provider, World};

/// One exchange with a known LLM endpoint.
struct Exchange {
    id: String,
    path: String,
    status: u16,
    kind: String,
    request: String,
    response: Bytes,
}

fn recorded() -> Option<Vec<Exchange>> {
    let Some(folder) = std::env::var_os("AGENTGUARD_FIXTURES").map(PathBuf::from) else {
        println!("skipped: AGENTGUARD_FIXTURES does not name the folder of recorded traffic");
        return None;
    };
    let lines = std::fs::read_to_string(folder.join("wire/recorded-exchanges.jsonl")).unwrap();
    let exchanges: Vec<_> = lines.lines().filter_map(exchange).collect();
    assert!(exchanges.len() > 200, "only {} exchanges", exchanges.len());
    Some(exchanges)
}

fn exchange(line: &str) -> Option<Exchange> {
    let value: Value = serde_json::from_str(line).unwrap();
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Endpoint::detect("POST", &text("path"))?;
    let response = match value["response_encoding"].as_str()? {
        "json" => value["response"].to_string(),
        "text" => text("response"),
        _ => return None,
    };
    Some(Exchange {
        id: text("id"),
        path: text("path"),
        status: u16::try_from(value["status"].as_u64()?).ok()?,
        kind: text("content_type"),
        request: value["request"].to_string(),
        response: response.into(),
    })
}

/// Pieces of odd lengths.
fn pieces(body: &Bytes) -> Vec<Bytes> {
    let lengths = [1, 7, 300, 2, 64, 1000, 13].into_iter().cycle();
    let mut from = 0;
    let cut = lengths.map_while(|length: usize| {
        let to = (from + length).min(body.len());
        let piece = (from < to).then(|| body.slice(from..to));
        from = to;
        piece
    });
    cut.collect()
}

/// Replays the exchange whose number the request names.
async fn provider(exchanges: Arc<Vec<Exchange>>) -> Provider {
    Provider::serve(move |seen, _| {
        let number: usize = seen.headers["x-number"].to_str().unwrap().parse().unwrap();
        let exchange = &exchanges[number];
        let frames =
            futures_util::stream::iter(pieces(&exchange.response)).map(|p| Ok(hyper::body::Frame::data(p)));
        let response = Response::builder().status(exchange.status).header("content-type", &exchange.kind);
        let response = response.body(StreamBody::new(frames).boxed_unsync()).unwrap();
        async move { response }
    })
    .await
}

async fn replay(policy: Policy, exchanges: &Arc<Vec<Exchange>>) -> Vec<(Got, VerdictEvent)> {
    let provider = provider(exchanges.clone()).await;
    let world = World::with(&provider.url(), policy, |_| {}).await;
    let client = Client::h1();
    let mut replayed = Vec::new();
    for (number, exchange) in exchanges.iter().enumerate() {
        let request =
            Request::post(world.url(&format!("/openai{}", exchange.path))).header("x-number", number);
        let got = client.send(request.body(full(exchange.request.clone())).unwrap()).await;
        let event = world.events(number + 1).await.pop().unwrap();
        replayed.push((got, event));
    }
    replayed
}

fn policy(action: Action, delivery: Delivery, act: f32) -> Policy {
    support::policy(|rule| {
        rule.action = action;
        rule.delivery = delivery;
        rule.thresholds = Thresholds { warn: 0.3, act };
        rule.hold_budget = Duration::from_secs(20);
    })
}

/// The body without our comment.
fn uncommented(got: &Got) -> Vec<u8> {
    let body = got.body.to_vec();
    let find = |from: usize, what: &[u8]| {
        body[from..].windows(what.len()).position(|w| w == what).map(|at| from + at)
    };
    let Some(start) = find(0, b": agentguard ") else { return body };
    let end = find(start, b"\n\n").unwrap() + 2;
    [&body[..start], &body[end..]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_traffic_is_judged_and_passes_to_the_byte() {
    let Some(exchanges) = recorded().map(Arc::new) else { return };
    let mut verdicts: Vec<Vec<_>> = Vec::new();
    for policy in [
        policy(Action::Observe, Delivery::Pass, 0.7),
        policy(Action::Annotate, Delivery::Pass, 0.7),
        policy(Action::Redact, Delivery::Sentence, 2.0),
        policy(Action::Block, Delivery::Full, 2.0),
    ] {
        let replayed = replay(policy, &exchanges).await;
        for (exchange, (got, event)) in exchanges.iter().zip(&replayed) {
            let id = &exchange.id;
            assert_eq!((got.status, got.broken), (exchange.status, false), "{id}");
            assert!(uncommented(got) == exchange.response, "{id}: {:?}", got.body);
            let read = match event.reason {
                None | Some(NotChecked::Empty) => true,
                Some(NotChecked::UpstreamError) => {
                    exchange.status != 200 || got.body.windows(7).any(|w| w == b"\"error\"")
                }
                // An inference profile may be of any model: that it embeds, and says nothing to judge, only the body tells.
                Some(NotChecked::UnknownDialect) => {
                    id.contains("embed") && exchange.path.ends_with("/invoke")
                }
                _ => false,
            };
            assert!(read, "{id} {}: {:?}", exchange.path, event.reason);
        }
        verdicts.push(replayed.into_iter().map(|(_, e)| (e.verdict, e.reason, e.risk, e.spans)).collect());
    }
    for (number, exchange) in exchanges.iter().enumerate() {
        assert!(
            verdicts.iter().all(|v| v[number] == verdicts[0][number]),
            "{}: the same verdict however delivered",
            exchange.id
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_flagged_at_all_can_be_cut_refused_and_redacted() {
    let Some(exchanges) = recorded().map(Arc::new) else { return };
    for (action, delivery) in [
        (Action::Block, Delivery::Sentence),
        (Action::Block, Delivery::Pass),
        (Action::Block, Delivery::Full),
        (Action::Redact, Delivery::Sentence),
        (Action::Redact, Delivery::Full),
    ] {
        let mut acted = 0;
        for (exchange, (got, event)) in
            exchanges.iter().zip(replay(policy(action, delivery, 0.05), &exchanges).await)
        {
            let id = &exchange.id;
            assert!(!got.broken, "{id}: every known format ends cleanly");
            if event.action == action {
                acted += 1;
            } else {
                assert!(uncommented(&got) == exchange.response, "{id}: {event:?}");
            }
            assert!(
                got.status == exchange.status || (got.status == 403 && event.action == Action::Block),
                "{id}"
            );
        }
        assert!(acted > 10, "{action:?} {delivery:?}: {acted}");
    }
}
