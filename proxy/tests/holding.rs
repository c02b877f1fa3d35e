//! Hold budgets: what waits, for how long, and what happens then.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::time::{Duration, Instant};

use agentguard_judge::{NotChecked, State};
use agentguard_policy::{Action, Delivery, FailMode, Rule, Thresholds};
use http::Request;
use serde_json::{Value, json};
use support::chat::{self, CHAT};
use support::client::full;
use support::{Client, Provider, World};

/// A request whose evidence takes far longer to prepare than any budget here.
fn long_request(stream: bool) -> String {
    let mut request: Value = serde_json::from_str(&chat::request(stream)).unwrap();
    let filler: String = (0..2_500)
        .map(|i| format!("Entry {i} of the ledger names account {} in office {}. ", i * 7, i % 91))
        .collect();
    request["messages"][0]["content"] =
        json!(request["messages"][0]["content"].as_str().unwrap().to_owned() + &filler);
    request.to_string()
}

fn impatient(action: Action, delivery: Delivery, mode: FailMode) -> impl FnOnce(&mut Rule) {
    move |rule| {
        rule.action = action;
        rule.delivery = delivery;
        rule.on_timeout = mode;
        rule.thresholds = Thresholds { warn: 0.25, act: 0.3 };
        rule.hold_budget = Duration::from_millis(20);
    }
}

async fn provider(stream: bool, text: &str) -> Provider {
    if stream {
        let frames = chat::frames(text);
        Provider::sse(&frames.iter().map(String::as_str).collect::<Vec<_>>(), Duration::ZERO).await
    } else {
        Provider::json(chat::answer(text)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_end_of_the_budget_an_open_policy_delivers_and_says_not_checked() {
    for stream in [false, true] {
        for (action, delivery) in [
            (Action::Annotate, Delivery::Pass),
            (Action::Block, Delivery::Sentence),
            (Action::Block, Delivery::Full),
            (Action::Redact, Delivery::Sentence),
        ] {
            let provider = provider(stream, &chat::bad()).await;
            let world = World::guarded(&provider.url(), impatient(action, delivery, FailMode::Open)).await;
            let got = Client::h1().post(&world.url(CHAT), long_request(stream)).await;
            assert_eq!((got.status, got.broken), (200, false));
            if stream {
                assert_eq!(chat::read(got.text()), (chat::bad(), Some("stop".to_owned())));
                assert!(got.text().contains("verdict=not_checked"), "{}", got.text());
            } else {
                assert_eq!(got.text(), chat::answer(&chat::bad()));
                assert_eq!(got.header("x-agentguard-verdict"), Some("not_checked"));
            }
            let event = world.event().await;
            assert_eq!(
                (event.verdict, event.reason),
                (State::NotChecked, Some(NotChecked::Timeout)),
                "{action:?}"
            );
            assert!(event.latency.held_ms >= 15.0 && event.latency.held_ms < 5000.0, "{:?}", event.latency);
            if stream && action != Action::Annotate {
                assert_eq!(event.would, Some(action), "what it would have done, had it been in time");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_end_of_the_budget_a_closed_policy_refuses() {
    for stream in [false, true] {
        for delivery in [Delivery::Sentence, Delivery::Full] {
            let provider = provider(stream, &chat::good()).await;
            let world =
                World::guarded(&provider.url(), impatient(Action::Block, delivery, FailMode::Closed)).await;
            let got = Client::h1().post(&world.url(CHAT), long_request(stream)).await;
            assert_eq!((got.status, got.header("x-agentguard-verdict")), (403, Some("not_checked")));
            let event = world.event().await;
            assert_eq!((event.reason, event.action), (Some(NotChecked::Timeout), Action::Block));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_policy_that_only_annotates_stops_nothing() {
    let provider = provider(false, &chat::good()).await;
    let world =
        World::guarded(&provider.url(), impatient(Action::Annotate, Delivery::Full, FailMode::Closed)).await;
    assert_eq!(Client::h1().post(&world.url(CHAT), long_request(false)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_waits_for_the_first_sentence_no_longer_than_the_budget() {
    let frames = chat::frames(&"word ".repeat(20));
    let provider =
        Provider::sse(&frames.iter().map(String::as_str).collect::<Vec<_>>(), Duration::from_millis(100))
            .await;
    let world = World::guarded(&provider.url(), |rule| {
        impatient(Action::Block, Delivery::Sentence, FailMode::Closed)(rule);
        rule.hold_budget = Duration::from_millis(400);
        rule.thresholds.act = 2.0;
    })
    .await;
    let begun = Instant::now();
    let request = Request::post(world.url(CHAT)).body(full(chat::request(true))).unwrap();
    let response = Client::h1().open(request).await.unwrap();
    let waited = begun.elapsed();
    assert!(waited > Duration::from_millis(350) && waited < Duration::from_millis(1200), "{waited:?}");
    assert_eq!(response.status(), 200, "waiting for the provider is no timeout of the judge's");
    let got = support::client::read(response, begun).await;
    assert_eq!(chat::read(got.text()).0, "word ".repeat(20));
    assert_ne!(world.event().await.reason, Some(NotChecked::Timeout));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_thinks_first_is_heard_thinking() {
    let mut frames = chat::frames(&chat::good());
    let thought = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"Hm. \"}}]}\n\n";
    for _ in 0..10 {
        frames.insert(1, thought.to_owned());
    }
    let provider =
        Provider::sse(&frames.iter().map(String::as_str).collect::<Vec<_>>(), Duration::from_millis(50))
            .await;
    let world = World::guarded(&provider.url(), |rule| {
        impatient(Action::Block, Delivery::Sentence, FailMode::Closed)(rule);
        rule.hold_budget = Duration::from_secs(10);
    })
    .await;
    let got = Client::h1().post(&world.url(CHAT), chat::request(true)).await;
    assert!(got.times[0] < Duration::from_millis(400), "thoughts are not held: {:?}", got.times[0]);
    assert_eq!(chat::read(got.text()).0, chat::good());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_says_nothing_ends_all_the_same() {
    for delivery in [Delivery::Sentence, Delivery::Full] {
        let provider = provider(true, "").await;
        let world = World::guarded(&provider.url(), |rule| {
            impatient(Action::Block, delivery, FailMode::Closed)(rule);
            rule.hold_budget = Duration::from_secs(60);
        })
        .await;
        let got = Client::h1().post(&world.url(CHAT), chat::request(true)).await;
        assert!(got.status == 200 && got.text().ends_with("data: [DONE]\n\n"), "{}", got.text());
        assert_eq!(world.event().await.reason, Some(NotChecked::Empty));
    }
}
