//! An agent behind the inbound listener that calls its provider through the base URL listener.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use agentguard_api::Correlation;
use agentguard_judge::{SourceKind, State};
use agentguard_policy::{Action, Capture, Delivery, Direction, Policy, Thresholds};
use http::Request;
use serde_json::json;
use support::chat::{self, BAD, CHAT, FIRST, LAST};
use support::client::{Got, full};
use support::provider::{Seen, status, stream, whole};
use support::{Client, Provider, World};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn acting(action: Action, delivery: Delivery) -> Policy {
    support::policy(|rule| {
        rule.action = action;
        rule.delivery = delivery;
        rule.capture = Capture::All;
        rule.thresholds = Thresholds { warn: 0.25, act: 0.3 };
        rule.hold_budget = Duration::from_secs(5);
    })
}

/// A provider that knows the invoice, an agent that asks it and then replies with `reply`, and the proxy between them.
struct Scene {
    world: World,
    _provider: Provider,
    _agent: Provider,
}

#[derive(Clone)]
struct Reply {
    kind: &'static str,
    frames: Vec<String>,
}

async fn scene(reply: Reply, policy: Policy) -> Scene {
    let provider = Provider::json(chat::answer(&chat::good())).await;
    let base: Arc<OnceLock<String>> = Arc::default();
    let told = base.clone();
    let agent = Provider::serve(move |seen: Seen, dropped| {
        let (reply, base) = (reply.clone(), told.get().unwrap().clone());
        async move {
            match seen.uri.as_str() {
                "/healthz" => return whole("application/json", "{\"status\":\"all is well here\"}"),
                "/broken" => return status(500, "{\"error\":\"it is broken\"}"),
                "/page" => return whole("text/html", "<html>hello there</html>"),
                _ => {}
            }
            let mut call = Request::post(format!("{base}{CHAT}"));
            if let Some(trace) = seen.headers.get("traceparent") {
                call = call.header("traceparent", trace);
            }
            Client::h1().send(call.body(full(chat::request(false))).unwrap()).await;
            if reply.frames.len() == 1 {
                return whole(reply.kind, reply.frames[0].clone());
            }
            stream(reply.kind, reply.frames, Duration::from_millis(10), dropped)
        }
    })
    .await;
    let world =
        World::with(&provider.url(), policy, |config| config.inbound.push(support::inbound(&agent.url())))
            .await;
    base.set(world.url("")).unwrap();
    Scene { world, _provider: provider, _agent: agent }
}

impl Scene {
    async fn ask(&self, trace: Option<&str>) -> Got {
        let mut request =
            Request::post(self.world.inbound_url("/ask")).header("content-type", "application/json");
        if let Some(trace) = trace {
            request = request.header("traceparent", trace);
        }
        let question = json!({"question": "What does the invoice say?"}).to_string();
        Client::h1().send(request.body(full(question)).unwrap()).await
    }

    /// The inbound one of two events.
    async fn reply(&self) -> agentguard_api::VerdictEvent {
        let events = self.world.events(2).await;
        events.into_iter().find(|event| event.direction == Direction::Inbound).unwrap()
    }
}

fn words(text: &str, frame: impl Fn(&str) -> String) -> Vec<String> {
    text.split_inclusive(' ').map(frame).collect()
}

fn kinds(text: &str) -> Vec<Reply> {
    vec![
        Reply { kind: "application/json", frames: vec![json!({"id": "a-1", "answer": text}).to_string()] },
        Reply { kind: "application/json", frames: vec![chat::answer(text)] },
        Reply { kind: "text/plain; charset=utf-8", frames: vec![text.to_owned()] },
        Reply { kind: "text/plain", frames: words(text, str::to_owned) },
        Reply {
            kind: "text/event-stream",
            frames: words(text, |word| format!("data: {}\n\n", json!({"type": "text-delta", "delta": word}))),
        },
        Reply { kind: "text/event-stream", frames: chat::frames(text) },
        Reply {
            kind: "application/x-ndjson",
            frames: words(text, |word| format!("{}\n", json!({"content": word}))),
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_judged_by_what_the_agent_saw_whatever_its_form() {
    for (text, good) in [(chat::good(), true), (chat::bad(), false)] {
        for reply in kinds(&text) {
            let sent = reply.frames.concat();
            let name = format!("{} in {} frames", reply.kind, reply.frames.len());
            let scene = scene(reply, acting(Action::Observe, Delivery::Pass)).await;
            let got = scene.ask(None).await;
            assert_eq!((got.status, got.text()), (200, sent.as_str()), "{name}");
            let event = scene.reply().await;
            assert_eq!(event.verdict == State::Grounded, good, "{name}: {event:?}");
            assert_eq!(event.correlation, Some(Correlation::Overlap), "{name}");
            let content = event.content.unwrap();
            assert!(content.texts[0].contains(FIRST.trim()), "{name}: {:?}", content.texts);
            assert!(content.evidence.iter().any(|source| {
                source.kind == SourceKind::AgentContext && source.text.contains("Maria Keller")
            }));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_id_matches_the_agents_calls_exactly() {
    let scene = scene(kinds(&chat::good()).remove(0), acting(Action::Annotate, Delivery::Pass)).await;
    let got = scene.ask(Some(TRACE)).await;
    assert_eq!(got.header("x-agentguard-verdict"), Some("grounded"));
    let events = scene.world.events(2).await;
    assert!(events.iter().all(|event| event.trace.as_deref() == Some(&TRACE[3..35])));
    assert_eq!(scene.reply().await.correlation, Some(Correlation::Trace));
}

#[tokio::test(flavor = "multi_thread")]
async fn block_refuses_a_whole_reply_and_breaks_a_stream_off_before_the_bad_sentence() {
    for reply in kinds(&chat::bad()) {
        let name = format!("{} in {} frames", reply.kind, reply.frames.len());
        let streamed = reply.frames.len() > 1;
        let chat = reply.frames[0].contains("choices");
        let scene = scene(reply, acting(Action::Block, Delivery::Sentence)).await;
        let got = scene.ask(None).await;
        assert_eq!(got.status, if streamed { 200 } else { 403 }, "{name}");
        assert!(!got.text().contains("98,777"), "{name}: {}", got.text());
        if streamed {
            assert_eq!(got.broken, !chat, "{name}: only a known format can be ended properly");
            assert!(got.text().contains("Northwind"), "{name}");
        } else {
            assert_eq!(got.json()["error"]["code"], "agentguard_blocked");
        }
        assert_eq!(scene.reply().await.action, Action::Block, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redact_removes_the_words_from_every_form() {
    for reply in kinds(&chat::bad()) {
        let name = format!("{} in {} frames", reply.kind, reply.frames.len());
        let scene = scene(reply, acting(Action::Redact, Delivery::Sentence)).await;
        let got = scene.ask(None).await;
        assert_eq!((got.status, got.broken), (200, false), "{name}");
        assert!(!got.text().contains("98,777") && got.text().contains("redacted"), "{name}: {}", got.text());
        assert!(got.text().contains(LAST.split(' ').next_back().unwrap()), "{name}: {}", got.text());
        assert_eq!(scene.reply().await.action, Action::Redact, "{name}");
    }
    assert!(BAD.contains("98,777"));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_checks_errors_and_pages_are_no_exchanges() {
    let scene = scene(kinds(&chat::good()).remove(0), acting(Action::Block, Delivery::Full)).await;
    let client = Client::h1();
    assert_eq!(
        client.get(&scene.world.inbound_url("/healthz")).await.text(),
        "{\"status\":\"all is well here\"}"
    );
    assert_eq!(client.post(&scene.world.inbound_url("/broken"), "{}").await.status, 500);
    assert_eq!(client.post(&scene.world.inbound_url("/page"), "{}").await.text(), "<html>hello there</html>");
    scene.ask(None).await;
    scene.world.events(2).await;
}
