//! The model beside the data path: what waits for it, what does not, and what happens when it is slow, full or broken.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use agentguard_encoder::{Score, Tokenizer, Window};
use agentguard_judge::{NotChecked, Signal, State};
use agentguard_policy::{Action, Delivery, Rule, Thresholds};
use agentguard_proxy::{Model, ModelConfig};
use http::Request;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use support::chat::{self, CHAT};
use support::client::{full, read};
use support::{Client, Provider, World, policy};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;

type Act = dyn FnMut() -> Result<(), String> + Send;

/// Finds every token a little suspicious, after doing what it is told to do first.
struct Fake {
    tokenizer: Arc<Tokenizer>,
    version: Arc<str>,
    act: Mutex<Box<Act>>,
}

impl Model for Fake {
    fn tokenizer(&self) -> &Arc<Tokenizer> {
        &self.tokenizer
    }

    fn version(&self) -> &Arc<str> {
        &self.version
    }

    fn read(&self, windows: &[Window]) -> Result<Vec<Score>, String> {
        (self.act.lock())()?;
        let score = |window: &Window| Score { tokens: vec![0.2; window.ranges().len()], sentence: 0.2 };
        Ok(windows.iter().map(score).collect())
    }
}

fn model(act: impl FnMut() -> Result<(), String> + Send + 'static) -> ModelConfig {
    ModelConfig::new(Arc::new(Fake {
        tokenizer: Arc::new(Tokenizer::new()),
        version: Arc::from("test-1"),
        act: Mutex::new(Box::new(act)),
    }))
}

/// On a thread of the model's.
#[expect(clippy::disallowed_methods, reason = "a slow model blocks its own thread")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

fn rule(action: Action, delivery: Delivery, budget: Duration) -> impl FnOnce(&mut Rule) {
    move |rule| {
        rule.action = action;
        rule.delivery = delivery;
        rule.thresholds = Thresholds { warn: 0.25, act: 0.3 };
        rule.hold_budget = budget;
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

async fn world(provider: &Provider, change: impl FnOnce(&mut Rule), model: ModelConfig) -> World {
    World::with(&provider.url(), policy(change), |config| config.model = Some(model)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sentence_is_read_and_the_verdict_names_the_model_streamed_or_not() {
    let mut verdicts = Vec::new();
    for stream in [false, true] {
        for delivery in [Delivery::Pass, Delivery::Sentence, Delivery::Full] {
            let provider = provider(stream, &chat::good()).await;
            let rule = rule(Action::Block, delivery, Duration::from_secs(10));
            let world = world(&provider, rule, model(|| Ok(()))).await;
            let got = Client::h1().post(&world.url(CHAT), chat::request(stream)).await;
            assert_eq!((got.status, got.broken), (200, false));
            let event = world.event().await;
            assert!(event.signals.contains(&Signal::Model), "{event:?}");
            assert_eq!(world.metric("agentguard_model_sentences_total{outcome=\"read\"}"), 3.0);
            verdicts.push((event.verdict, event.risk, event.spans, event.judge));
        }
    }
    assert!(verdicts.windows(2).all(|pair| pair[0] == pair[1]), "{verdicts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn under_observe_nothing_waits_for_the_model() {
    for stream in [false, true] {
        let provider = provider(stream, &chat::good()).await;
        let slow = model(|| {
            pause(Duration::from_millis(400));
            Ok(())
        });
        let world =
            world(&provider, rule(Action::Observe, Delivery::Pass, Duration::from_secs(10)), slow).await;
        let begun = Instant::now();
        let got = Client::h1().post(&world.url(CHAT), chat::request(stream)).await;
        assert!(begun.elapsed() < Duration::from_millis(390), "{:?}", begun.elapsed());
        assert_eq!(got.status, 200);
        let event = world.event().await;
        assert!(event.signals.contains(&Signal::Model) && event.latency.held_ms == 0.0, "{event:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_waits_for_the_verdict_on_the_one_before_and_a_drain_waits_for_all() {
    for stream in [false, true] {
        let provider = provider(stream, &chat::good()).await;
        let go = Arc::new(AtomicBool::new(false));
        let gate = go.clone();
        let stuck = model(move || {
            while !gate.load(Ordering::Acquire) {
                pause(Duration::from_millis(5));
            }
            Ok(())
        });
        let world =
            world(&provider, rule(Action::Observe, Delivery::Pass, Duration::from_secs(10)), stuck).await;
        let tcp = TcpStream::connect(world.addresses.base_url.unwrap()).await.unwrap();
        let (mut client, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(tcp)).await.unwrap();
        tokio::spawn(connection);
        for _ in 0..3 {
            client.ready().await.unwrap();
            let request =
                Request::post(CHAT).header("host", "proxy").body(full(chat::request(stream))).unwrap();
            let answer = tokio::time::timeout(Duration::from_secs(5), client.send_request(request)).await;
            assert_eq!(read(answer.unwrap().unwrap(), Instant::now()).await.status, 200);
        }
        world.events(0).await;
        let stopping = tokio::spawn(world.stop());
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!stopping.is_finished());
        go.store(true, Ordering::Release);
        let events = stopping.await.unwrap();
        assert_eq!(events.len(), 3, "{events:?}");
        for event in events {
            assert!(event.reason.is_none() && event.signals.contains(&Signal::Model), "{event:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_that_does_not_come_by_the_drains_end_is_recorded_as_that() {
    let provider = provider(true, &chat::good()).await;
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let stuck = model(move || gate.recv().map_err(|e| e.to_string()));
    let change = rule(Action::Observe, Delivery::Pass, Duration::from_secs(10));
    let world = World::with(&provider.url(), policy(change), |config| {
        config.model = Some(stuck);
        config.timeouts.drain = Duration::from_millis(300);
    })
    .await;
    assert_eq!(Client::h1().post(&world.url(CHAT), chat::request(true)).await.status, 200);
    let begun = Instant::now();
    let stopping = tokio::spawn(world.stop());
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(open); // the model's thread must end before the runtime does
    let events = stopping.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let reasons: Vec<_> = events.iter().map(|event| event.reason).collect();
    assert_eq!(reasons, [Some(NotChecked::Aborted)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentence_is_held_until_the_model_has_read_it() {
    let provider = provider(true, &chat::good()).await;
    let slow = model(|| {
        pause(Duration::from_millis(150));
        Ok(())
    });
    let world =
        world(&provider, rule(Action::Block, Delivery::Sentence, Duration::from_secs(10)), slow).await;
    let got = Client::h1().post(&world.url(CHAT), chat::request(true)).await;
    assert_eq!(chat::read(got.text()), (chat::good(), Some("stop".to_owned())));
    assert!(got.times[0] >= Duration::from_millis(150), "{:?}", got.times);
    assert!(world.event().await.signals.contains(&Signal::Model));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_end_of_the_hold_budget_the_rules_judge_alone_and_the_verdict_says_so() {
    for stream in [false, true] {
        let provider = provider(stream, &chat::bad()).await;
        let slow = model(|| {
            pause(Duration::from_secs(2));
            Ok(())
        });
        let budget = Duration::from_millis(100);
        let world = world(&provider, rule(Action::Annotate, Delivery::Pass, budget), slow).await;
        let begun = Instant::now();
        let got = Client::h1().post(&world.url(CHAT), chat::request(stream)).await;
        assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
        assert_eq!(got.status, 200);
        let event = world.event().await;
        assert!(matches!(event.verdict, State::Ungrounded | State::Contradicted), "{event:?}");
        assert!(!event.signals.contains(&Signal::Model), "{event:?}");
        assert!(event.explanation.contains("The model was skipped for 3 of 3 sentences."), "{event:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_skips_sentences_and_a_broken_model_stops_nothing() {
    let breaking: [fn() -> Result<(), String>; 2] =
        [|| Err("out of memory".to_owned()), || panic!("broken on purpose")];
    for act in breaking {
        let provider = provider(true, &chat::good()).await;
        let rule = rule(Action::Block, Delivery::Sentence, Duration::from_secs(10));
        let world = world(&provider, rule, model(act)).await;
        for _ in 0..2 {
            let got = Client::h1().post(&world.url(CHAT), chat::request(true)).await;
            assert_eq!(chat::read(got.text()), (chat::good(), Some("stop".to_owned())));
        }
        for event in world.events(2).await {
            assert_eq!(event.verdict, State::Grounded);
            assert!(!event.signals.contains(&Signal::Model));
        }
        assert_eq!(world.metric("agentguard_model_sentences_total{outcome=\"failed\"}"), 6.0);
    }

    let provider = provider(true, &chat::good()).await;
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let mut full = model(move || gate.recv().map_err(|e| e.to_string()));
    full.queue = 1;
    let world = world(&provider, rule(Action::Observe, Delivery::Pass, Duration::from_secs(10)), full).await;
    let got = Client::h1().post(&world.url(CHAT), chat::request(true)).await;
    assert_eq!(got.status, 200);
    world.until("agentguard_model_sentences_total{outcome=\"overload\"}", 1.0).await;
    spawn_blocking(move || (0..3).for_each(|_| open.send(()).unwrap_or_default())).await.unwrap();
    let event = world.event().await;
    assert!(!event.signals.contains(&Signal::Model), "{event:?}");
    assert!(event.explanation.contains("of 3 sentences."), "{event:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_may_switch_the_model_off() {
    let provider = provider(false, &chat::good()).await;
    let off = |rule: &mut Rule| rule.signals = rule.signals.with(Signal::Model, false);
    let world = world(&provider, off, model(|| panic!("not asked"))).await;
    assert_eq!(Client::h1().post(&world.url(CHAT), chat::request(false)).await.status, 200);
    assert!(!world.event().await.signals.contains(&Signal::Model));
}
