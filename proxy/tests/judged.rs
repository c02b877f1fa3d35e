//! What a policy does to an OpenAI chat answer, streamed and not.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::time::Duration;

use agentguard_api::VerdictEvent;
use agentguard_judge::{NotChecked, State};
use agentguard_policy::{Action, Capture, Delivery, FailMode, Rule, Thresholds};
use http::Request;
use support::chat::{self, BAD, CHAT, FIRST, LAST};
use support::client::full;
use support::{Client, Provider, World};

const ALL: [Delivery; 3] = [Delivery::Pass, Delivery::Sentence, Delivery::Full];

fn acting(action: Action, delivery: Delivery) -> impl FnOnce(&mut Rule) {
    move |rule| {
        rule.action = action;
        rule.delivery = delivery;
        rule.thresholds = Thresholds { warn: 0.25, act: 0.3 };
        rule.hold_budget = Duration::from_secs(5);
    }
}

async fn unstreamed(text: &str) -> Provider {
    Provider::json(chat::answer(text)).await
}

async fn streamed(text: &str, pause: Duration) -> Provider {
    let frames = chat::frames(text);
    Provider::sse(&frames.iter().map(String::as_str).collect::<Vec<_>>(), pause).await
}

async fn ask(world: &World, stream: bool) -> support::client::Got {
    Client::h1().post(&world.url(CHAT), chat::request(stream)).await
}

fn flagged(event: &VerdictEvent) {
    assert!(matches!(event.verdict, State::Ungrounded | State::Contradicted), "{event:?}");
    assert!(!event.spans.is_empty() && event.risk >= 0.3, "{event:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn observe_changes_nothing_and_reports_everything() {
    for stream in [false, true] {
        let (provider, sent) = if stream {
            (streamed(&chat::bad(), Duration::ZERO).await, chat::frames(&chat::bad()).concat())
        } else {
            (unstreamed(&chat::bad()).await, chat::answer(&chat::bad()))
        };
        let world = World::guarded(&provider.url(), acting(Action::Observe, Delivery::Full)).await;
        let got = ask(&world, stream).await;
        assert_eq!((got.status, got.text()), (200, sent.as_str()));
        assert!(got.ours().is_empty());
        let event = world.event().await;
        flagged(&event);
        assert_eq!(
            (event.action, event.would, event.mode, event.stream),
            (Action::Observe, None, Delivery::Pass, stream)
        );
        assert_eq!((event.provider.as_str(), event.dialect.as_str()), ("openai", "openai_chat"));
        assert_eq!((event.model.as_str(), event.response_id.as_str()), ("gpt-4o-2024", "chatcmpl-1"));
        assert_eq!(event.threshold, Some(0.25));
        assert_eq!((event.input_tokens, event.output_tokens), (Some(11), Some(22)));
        assert_eq!((event.path.as_str(), event.status), ("/v1/chat/completions", 200));
        assert!(event.latency.total_ms > 0.0 && event.latency.judge_ms > 0.0 && event.latency.held_ms == 0.0);
        assert_eq!(world.metric("agentguard_exchanges_judged_total{direction=\"outbound\"}"), 1.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streamed_and_unstreamed_give_the_same_verdict_and_spans() {
    for text in [chat::good(), chat::bad()] {
        let mut verdicts = Vec::new();
        for stream in [false, true] {
            let provider =
                if stream { streamed(&text, Duration::ZERO).await } else { unstreamed(&text).await };
            let world = World::guarded(&provider.url(), acting(Action::Observe, Delivery::Pass)).await;
            ask(&world, stream).await;
            let event = world.event().await;
            verdicts.push((event.verdict, event.risk, event.spans, event.sentences));
        }
        assert_eq!(verdicts[0], verdicts[1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn annotate_adds_headers_to_an_unstreamed_answer_and_keeps_its_bytes() {
    for (text, verdict) in [(chat::good(), "grounded"), (chat::bad(), "")] {
        let provider = unstreamed(&text).await;
        let world = World::guarded(&provider.url(), acting(Action::Annotate, Delivery::Pass)).await;
        let got = ask(&world, false).await;
        assert_eq!(got.text(), chat::answer(&text));
        let event = world.event().await;
        assert_eq!(got.header("x-agentguard-id"), Some(event.id.to_string().as_str()));
        assert_eq!(got.header("x-agentguard-verdict"), Some(event.verdict.as_str()));
        assert!(event.verdict.as_str().starts_with(verdict), "{event:?}");
        let risk: f32 = got.header("x-agentguard-risk").unwrap().parse().unwrap();
        assert!((risk - event.risk).abs() < 0.001);
        assert_eq!(
            (got.header("x-agentguard-action"), got.header("x-agentguard-mode")),
            (Some("annotate"), Some("pass"))
        );
        assert!(got.header("x-agentguard-latency-ms").unwrap().parse::<f64>().is_ok());
        assert_eq!(event.action, Action::Annotate);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn annotate_adds_one_comment_before_the_end_of_a_stream() {
    let provider = streamed(&chat::bad(), Duration::from_millis(5)).await;
    let world = World::guarded(&provider.url(), acting(Action::Annotate, Delivery::Pass)).await;
    let got = ask(&world, true).await;
    let event = world.event().await;
    flagged(&event);
    let (mut lines, sent) = (got.text().to_owned(), chat::frames(&chat::bad()).concat());
    let start = lines.find(": agentguard ").unwrap_or_else(|| panic!("no comment: {lines}"));
    let comment: String = lines.drain(start..lines.find("data: [DONE]").unwrap()).collect();
    assert_eq!(lines, sent, "all other bytes are the provider's");
    assert!(
        comment.contains(&format!("id={}", event.id)) && comment.contains("action=annotate"),
        "{comment}"
    );
    assert!(comment.trim_end_matches('\n').lines().count() == 1 && got.ours().is_empty());
    assert_eq!(event.action, Action::Annotate);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_answer_passes_every_policy_with_its_own_words() {
    for action in [Action::Redact, Action::Block] {
        for delivery in ALL {
            for stream in [false, true] {
                let provider = if stream {
                    streamed(&chat::good(), Duration::ZERO).await
                } else {
                    unstreamed(&chat::good()).await
                };
                let world = World::guarded(&provider.url(), acting(action, delivery)).await;
                let got = ask(&world, stream).await;
                let event = world.event().await;
                assert_eq!(
                    (got.status, event.verdict),
                    (200, State::Grounded),
                    "{action:?} {delivery:?}: {event:?}"
                );
                if stream {
                    assert_eq!(chat::read(got.text()), (chat::good(), Some("stop".to_owned())));
                    assert!(
                        got.text().contains(": keep-alive\n\n") && got.text().ends_with("data: [DONE]\n\n")
                    );
                } else {
                    assert_eq!(got.text(), chat::answer(&chat::good()));
                }
                assert_eq!(event.action, Action::Annotate);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn block_refuses_an_unstreamed_answer_with_the_providers_own_error() {
    for delivery in ALL {
        let provider = unstreamed(&chat::bad()).await;
        let world = World::guarded(&provider.url(), acting(Action::Block, delivery)).await;
        for client in [Client::h1(), Client::h2()] {
            let got = client.post(&world.url(CHAT), chat::request(false)).await;
            assert_eq!((got.status, got.header("x-agentguard-action")), (403, Some("block")));
            assert_eq!(got.json()["error"]["code"], "agentguard_blocked");
            assert!(!got.text().contains("98,777"));
        }
        for event in world.events(2).await {
            flagged(&event);
            assert_eq!(event.action, Action::Block);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sentence_and_block_cut_a_stream_before_the_bad_sentence() {
    for client in [Client::h1(), Client::h2()] {
        let provider = streamed(&chat::bad(), Duration::from_millis(10)).await;
        let world = World::guarded(&provider.url(), acting(Action::Block, Delivery::Sentence)).await;
        let got = client.post(&world.url(CHAT), chat::request(true)).await;
        assert_eq!((got.status, got.broken), (200, false));
        let (text, finish) = chat::read(got.text());
        assert_eq!((text.as_str(), finish.as_deref()), (FIRST, Some("content_filter")));
        assert!(got.text().ends_with("data: [DONE]\n\n"), "{}", got.text());
        let event = world.event().await;
        flagged(&event);
        assert_eq!((event.action, event.mode), (Action::Block, Delivery::Sentence));
        let noticed = tokio::time::timeout(Duration::from_secs(1), provider.dropped.notified()).await;
        assert!(noticed.is_ok(), "the upstream is cancelled");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_first_sentence_is_a_real_403_even_in_a_stream() {
    for delivery in [Delivery::Sentence, Delivery::Full] {
        let provider = streamed(&[BAD, LAST].concat(), Duration::ZERO).await;
        let world = World::guarded(&provider.url(), acting(Action::Block, delivery)).await;
        let got = ask(&world, true).await;
        assert_eq!((got.status, got.header("content-type")), (403, Some("application/json")), "{delivery:?}");
        assert_eq!(got.json()["error"]["code"], "agentguard_blocked");
        assert_eq!(world.event().await.action, Action::Block);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn full_and_block_refuse_a_stream_whose_last_sentence_is_bad() {
    let provider = streamed(&[FIRST, LAST, " ", BAD].concat(), Duration::ZERO).await;
    let world = World::guarded(&provider.url(), acting(Action::Block, Delivery::Full)).await;
    assert_eq!(ask(&world, true).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn pass_and_block_cut_a_stream_after_the_bad_sentence() {
    let provider = streamed(&chat::bad(), Duration::from_millis(10)).await;
    let world = World::guarded(&provider.url(), acting(Action::Block, Delivery::Pass)).await;
    let got = ask(&world, true).await;
    let (text, finish) = chat::read(got.text());
    assert!(text.starts_with(FIRST) && !text.contains("12 March"), "{text}");
    assert_eq!((got.status, finish.as_deref()), (200, Some("content_filter")));
    assert_eq!(world.event().await.action, Action::Block);
}

#[tokio::test(flavor = "multi_thread")]
async fn redact_replaces_the_words_in_body_and_stream() {
    for delivery in ALL {
        for stream in [false, true] {
            let provider = if stream {
                streamed(&chat::bad(), Duration::ZERO).await
            } else {
                unstreamed(&chat::bad()).await
            };
            let world = World::guarded(&provider.url(), acting(Action::Redact, delivery)).await;
            let got = ask(&world, stream).await;
            assert_eq!((got.status, got.broken), (200, false));
            let text = if stream {
                let (text, finish) = chat::read(got.text());
                assert_eq!(finish.as_deref(), Some("stop"));
                text
            } else {
                assert_eq!(got.header("x-agentguard-action"), Some("redact"));
                assert_eq!(got.json()["usage"]["total_tokens"], 33);
                got.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
            };
            assert!(text.starts_with(FIRST) && text.ends_with(LAST), "{text}");
            assert!(text.contains("[redacted]") && !got.text().contains("98,777"), "{text}");
            let event = world.event().await;
            flagged(&event);
            assert_eq!(event.action, Action::Redact);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sentence_delivery_lets_a_sentence_go_as_soon_as_it_is_judged() {
    let provider = streamed(&chat::good(), Duration::from_millis(60)).await;
    let world = World::guarded(&provider.url(), acting(Action::Redact, Delivery::Sentence)).await;
    let got = ask(&world, true).await;
    let whole = got.times.last().unwrap().as_millis();
    assert!(got.times.len() >= 4, "several pieces: {:?}", got.times);
    assert!(
        got.times[1].as_millis() * 2 < whole,
        "the first sentence comes long before the end: {:?}",
        got.times
    );
    let event = world.event().await;
    assert!(event.latency.held_ms > 50.0 && event.latency.held_ms < whole as f64, "{:?}", event.latency);
}

#[tokio::test(flavor = "multi_thread")]
async fn shadow_does_nothing_and_says_what_it_would_have_done() {
    for stream in [false, true] {
        for action in [Action::Redact, Action::Block] {
            let (provider, sent) = if stream {
                (streamed(&chat::bad(), Duration::ZERO).await, chat::frames(&chat::bad()).concat())
            } else {
                (unstreamed(&chat::bad()).await, chat::answer(&chat::bad()))
            };
            let world = World::guarded(&provider.url(), |rule| {
                acting(action, Delivery::Full)(rule);
                rule.shadow = true;
            })
            .await;
            let got = ask(&world, stream).await;
            assert_eq!((got.status, got.text()), (200, sent.as_str()));
            assert!(got.ours().is_empty());
            let event = world.event().await;
            flagged(&event);
            assert_eq!(
                (event.action, event.would, event.mode),
                (Action::Observe, Some(action), Delivery::Pass)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn content_goes_with_the_event_only_by_policy() {
    for (capture, text, captured) in [
        (Capture::None, chat::bad(), false),
        (Capture::Flagged, chat::bad(), true),
        (Capture::Flagged, chat::good(), false),
        (Capture::All, chat::good(), true),
    ] {
        for stream in [false, true] {
            let provider =
                if stream { streamed(&text, Duration::ZERO).await } else { unstreamed(&text).await };
            let world = World::guarded(&provider.url(), |rule| {
                acting(Action::Annotate, Delivery::Pass)(rule);
                rule.capture = capture;
            })
            .await;
            ask(&world, stream).await;
            let content = world.event().await.content;
            assert_eq!(content.is_some(), captured, "{capture:?}");
            if let Some(content) = content {
                assert_eq!(content.texts, [text.as_str()]);
                assert!(content.evidence.iter().any(|source| source.text.contains("Maria Keller")));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overload_passes_or_refuses_by_policy() {
    for (mode, status, action) in
        [(FailMode::Open, 200, Action::Annotate), (FailMode::Closed, 403, Action::Block)]
    {
        let provider = unstreamed(&chat::good()).await;
        let policy = support::policy(|rule| {
            acting(Action::Block, Delivery::Sentence)(rule);
            rule.on_overload = mode;
        });
        let world = World::with(&provider.url(), policy, |config| config.limits.judged = 0).await;
        let got = ask(&world, false).await;
        assert_eq!(got.status, status);
        assert_eq!(got.header("x-agentguard-verdict"), Some("not_checked"));
        let event = world.event().await;
        assert_eq!((event.reason, event.action), (Some(NotChecked::Overload), action));
        assert_eq!(provider.seen.lock().len(), usize::from(status == 200), "refused before it cost anything");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_over_the_limit_streams_through_or_is_a_413_by_policy() {
    let big = format!("{{\"model\":\"gpt-4o\",\"messages\":[],\"pad\":\"{}\"}}", "x".repeat(600_000));
    for declared in [true, false] {
        for (mode, status) in [(FailMode::Open, 200), (FailMode::Closed, 413)] {
            let provider = unstreamed(&chat::bad()).await;
            let policy = support::policy(|rule| {
                acting(Action::Block, Delivery::Sentence)(rule);
                rule.on_error = mode;
            });
            let world =
                World::with(&provider.url(), policy, |config| config.limits.request_bytes = 100_000).await;
            for client in [Client::h1(), Client::h2()] {
                let body = if declared {
                    full(big.clone())
                } else {
                    let pieces =
                        big.as_bytes().chunks(50_000).map(bytes::Bytes::copy_from_slice).collect::<Vec<_>>();
                    use http_body_util::{BodyExt, StreamBody};
                    let pieces = futures_util::stream::iter(pieces).map(|p| Ok(hyper::body::Frame::data(p)));
                    use futures_util::StreamExt;
                    BodyExt::boxed(StreamBody::new(pieces))
                };
                let got = client.send(Request::post(world.url(CHAT)).body(body).unwrap()).await;
                assert_eq!(got.status, status, "declared: {declared}");
            }
            for event in world.events(2).await {
                assert_eq!((event.verdict, event.reason), (State::NotChecked, Some(NotChecked::TooLarge)));
            }
            let seen = provider.seen.lock();
            assert_eq!(seen.len(), if status == 200 { 2 } else { 0 });
            assert!(seen.iter().all(|seen| seen.body == big), "to the byte");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_over_the_limit_passes_or_is_refused_by_policy() {
    let long = chat::answer(&"Northwind. ".repeat(30_000));
    for (mode, status) in [(FailMode::Open, 200), (FailMode::Closed, 403)] {
        let provider = Provider::json(long.clone()).await;
        let policy = support::policy(|rule| {
            acting(Action::Block, Delivery::Sentence)(rule);
            rule.on_error = mode;
        });
        let world =
            World::with(&provider.url(), policy, |config| config.limits.response_bytes = 100_000).await;
        let got = ask(&world, false).await;
        assert_eq!(got.status, status);
        assert_eq!(got.text() == long, status == 200);
        assert_eq!(world.event().await.reason, Some(NotChecked::TooLarge));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_passes_untouched_and_is_not_called_clean() {
    for (request, answer) in [
        ("{not json", chat::answer(&chat::good())),
        (chat::request(false).as_str(), "[1, 2".to_owned()),
        (chat::request(false).as_str(), "<html>hello</html>".to_owned()),
        (&"[".repeat(10_000), chat::answer(&chat::good())),
        ("", chat::answer(&chat::good())),
    ] {
        let provider = Provider::json(answer.clone()).await;
        let world = World::guarded(&provider.url(), acting(Action::Block, Delivery::Full)).await;
        let got = Client::h1().post(&world.url(CHAT), request.to_owned()).await;
        assert_eq!((got.status, got.text()), (200, answer.as_str()));
        assert_eq!(provider.request().body, request);
        let event = world.event().await;
        assert_eq!((event.verdict, event.reason), (State::NotChecked, Some(NotChecked::UnknownDialect)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_where_the_policy_is_closed() {
    for (request, answer) in [("{not json", chat::answer("x")), (&chat::request(false), "[1, 2".to_owned())] {
        let provider = Provider::json(answer).await;
        let world = World::guarded(&provider.url(), |rule| {
            acting(Action::Redact, Delivery::Full)(rule);
            rule.on_error = FailMode::Closed;
        })
        .await;
        let got = Client::h1().post(&world.url(CHAT), request.to_owned()).await;
        assert_eq!((got.status, got.header("x-agentguard-action")), (403, Some("block")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_provider_are_events_too_and_stay_untouched() {
    let provider =
        Provider::serve(|_, _| async { support::provider::status(429, "{\"error\":\"slow down\"}") }).await;
    let world = World::guarded(&provider.url(), acting(Action::Block, Delivery::Full)).await;
    let got = ask(&world, false).await;
    assert_eq!((got.status, got.text()), (429, "{\"error\":\"slow down\"}"));
    assert!(got.ours().is_empty());
    let event = world.event().await;
    assert_eq!((event.reason, event.status), (Some(NotChecked::UpstreamError), 429));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_provider_is_an_event() {
    let world = World::guarded("http://127.0.0.1:9", acting(Action::Annotate, Delivery::Pass)).await;
    assert_eq!(ask(&world, false).await.status, 502);
    let event = world.event().await;
    assert_eq!((event.reason, event.status), (Some(NotChecked::UpstreamError), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_is_reported_as_aborted_and_breaks_off_for_the_client() {
    for (action, delivery) in [
        (Action::Observe, Delivery::Pass),
        (Action::Annotate, Delivery::Pass),
        (Action::Block, Delivery::Sentence),
    ] {
        let mut frames = chat::frames(&chat::good());
        frames.truncate(12);
        frames.push("!reset".to_owned());
        let provider =
            Provider::sse(&frames.iter().map(String::as_str).collect::<Vec<_>>(), Duration::from_millis(5))
                .await;
        let world = World::guarded(&provider.url(), acting(action, delivery)).await;
        let got = ask(&world, true).await;
        assert!(got.broken, "{action:?}");
        assert!(
            got.text().contains("Northwind"),
            "what had come before the reset is delivered: {}",
            got.text()
        );
        assert_eq!(world.event().await.reason, Some(NotChecked::Aborted));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_early_is_an_aborted_exchange_and_one_that_leaves_after_the_end_is_not() {
    for (frames, reason) in [(8, Some(NotChecked::Aborted)), (usize::MAX, None)] {
        let all = chat::frames(&chat::good());
        let mut frames: Vec<_> = all.iter().take(frames).map(String::as_str).collect();
        let hang = vec![": still here\n\n"; 500];
        frames.extend(hang);
        let provider = Provider::sse(&frames, Duration::from_millis(5)).await;
        for action in [Action::Observe, Action::Annotate] {
            let world = World::guarded(&provider.url(), acting(action, Delivery::Pass)).await;
            let client = Client::h1();
            let response =
                client.open(Request::post(world.url(CHAT)).body(full(chat::request(true))).unwrap()).await;
            tokio::time::sleep(Duration::from_millis(400)).await;
            drop((response, client));
            let event = world.event().await;
            assert_eq!(event.reason, reason, "{action:?}: {event:?}");
        }
    }
}

/// A stream in which the model calls a tool that nobody declared, after a good sentence.
fn calling(name: &str) -> Vec<String> {
    let mut frames = chat::frames(&[FIRST, chat::GOOD].concat());
    let ending = frames.split_off(frames.len() - 3);
    for delta in [
        serde_json::json!({"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": ""}}]}),
        serde_json::json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"number\":"}}]}),
        serde_json::json!({"tool_calls": [{"index": 0, "function": {"arguments": "\"INV-2041\"}"}}]}),
    ] {
        frames.push(chat::chunk(&delta, None));
    }
    frames.push(chat::chunk(&serde_json::json!({}), Some("tool_calls")));
    frames.extend(ending.into_iter().skip(1));
    frames
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_call_is_held_until_it_is_judged_and_a_forged_one_never_leaves() {
    let mut request: serde_json::Value = serde_json::from_str(&chat::request(true)).unwrap();
    request["tools"] = serde_json::json!([{"type": "function", "function": {
        "name": "get_invoice",
        "parameters": {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]},
    }}]);
    for (name, good) in [("get_invoice", true), ("delete_everything", false)] {
        let frames = calling(name);
        let provider =
            Provider::sse(&frames.iter().map(String::as_str).collect::<Vec<_>>(), Duration::from_millis(5))
                .await;
        let world = World::guarded(&provider.url(), acting(Action::Block, Delivery::Sentence)).await;
        let got = Client::h1().post(&world.url(CHAT), request.to_string()).await;
        assert_eq!(got.text().contains(name), good, "{}", got.text());
        let (text, finish) = chat::read(got.text());
        assert!(text.starts_with(FIRST), "{text}");
        assert_eq!(finish.as_deref(), Some(if good { "tool_calls" } else { "content_filter" }));
        let event = world.event().await;
        assert_eq!(event.action == Action::Block, !good, "{event:?}");
        assert_eq!(event.spans.iter().any(|span| span.call == Some(0)), !good);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_policy_counts_for_the_next_exchange() {
    let provider = unstreamed(&chat::bad()).await;
    let world = World::guarded(&provider.url(), acting(Action::Observe, Delivery::Pass)).await;
    assert_eq!(ask(&world, false).await.status, 200);
    world.events(1).await; // the answer is there before its event
    let mut strict = support::policy(acting(Action::Block, Delivery::Full));
    strict.revision = "second".to_owned();
    world.policy.store(std::sync::Arc::new(strict));
    assert_eq!(ask(&world, false).await.status, 403);
    let events = world.events(2).await;
    assert_eq!((events[0].action, events[1].action), (Action::Observe, Action::Block));
    assert_eq!(events[1].policy, "second");
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_survive_every_way_of_delivery() {
    use http_body_util::BodyExt;
    let (tls, ca) = support::tls::localhost(&["h2"]);
    let provider = Provider::serve_tls(
        |_, _| async {
            let mut trailers = http::HeaderMap::new();
            trailers.insert("x-tail", "1".parse().unwrap());
            let stream = support::provider::whole("text/event-stream", chat::frames(&chat::good()).concat());
            stream.map(|body| body.with_trailers(async move { Some(Ok(trailers)) }).boxed_unsync())
        },
        tls,
    )
    .await;
    let url = format!("https://localhost:{}", provider.address.port());
    for (action, delivery) in [
        (Action::Observe, Delivery::Pass),
        (Action::Annotate, Delivery::Pass),
        (Action::Block, Delivery::Sentence),
        (Action::Redact, Delivery::Full),
    ] {
        let policy = support::policy(acting(action, delivery));
        let world = World::with(&url, policy, |config| config.ca_file = Some(ca.file())).await;
        let got = Client::h2().post(&world.url(CHAT), chat::request(true)).await;
        assert_eq!(chat::read(got.text()), (chat::good(), Some("stop".to_owned())));
        assert_eq!(got.headers.contains_key("content-length"), action == Action::Observe, "{action:?}");
        let trailers = got.trailers.unwrap_or_else(|| panic!("{action:?}: no trailers"));
        assert_eq!(trailers["x-tail"], "1", "{action:?}");
    }
}
