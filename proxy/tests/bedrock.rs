//! AWS Bedrock through the base-URL listener: what a signed request looks like on its way, and what a policy does to answers
//! of both APIs, streamed and not.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::time::Duration;

use agentguard_judge::{NotChecked, State};
use agentguard_policy::{Action, Delivery, FailMode, Rule, Thresholds};
use agentguard_wire::framing::event_stream::{HeaderValue, Message};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use serde_json::{Value, json};
use support::chat::{self, BAD, CONTEXT, FIRST, QUESTION};
use support::client::{Got, full};
use support::{Client, Provider, World};

const MODEL: &str = "us.anthropic.claude-sonnet-4-20250514-v1:0";
const PATH: &str = "/model/us.anthropic.claude-sonnet-4-20250514-v1%3A0";
const STREAM: &str = "application/vnd.amazon.eventstream";

/// Which of the two APIs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Api {
    Converse,
    Invoke,
}

const BOTH: [Api; 2] = [Api::Converse, Api::Invoke];

impl Api {
    fn path(self, stream: bool) -> String {
        let verb = match (self, stream) {
            (Self::Converse, false) => "converse",
            (Self::Converse, true) => "converse-stream",
            (Self::Invoke, false) => "invoke",
            (Self::Invoke, true) => "invoke-with-response-stream",
        };
        format!("{PATH}/{verb}")
    }

    fn request(self) -> String {
        match self {
            Self::Converse => json!({
                "system": [{"text": CONTEXT}], "messages": [{"role": "user", "content": [{"text": QUESTION}]}]}),
            Self::Invoke => json!({
                "anthropic_version": "bedrock-2023-05-31", "max_tokens": 99, "system": CONTEXT,
                "messages": [{"role": "user", "content": QUESTION}]}),
        }
        .to_string()
    }

    /// An unstreamed answer. The odd spacing must survive.
    fn answer(self, text: &str) -> String {
        let text = Value::from(text);
        match self {
            Self::Converse => format!(
                "{{\"metrics\":{{\"latencyMs\":310}},  \"output\":{{\"message\":{{\"content\":[{{\"text\":{text}}}],\"role\":\"assistant\"}}}},\
                 \"stopReason\":\"end_turn\",\"usage\":{{\"inputTokens\":11,\"outputTokens\":22,\"totalTokens\":33}} }}"
            ),
            Self::Invoke => format!(
                "{{\"id\":\"msg_1\",\"type\":\"message\",  \"model\":\"claude\",\"content\":[{{\"type\":\"text\",\"text\":{text}}}],\
                 \"stop_reason\":\"end_turn\",\"usage\":{{\"input_tokens\":11,\"output_tokens\":22}} }}"
            ),
        }
    }

    /// The messages of a streamed answer.
    fn messages(self, text: &str) -> Vec<Vec<u8>> {
        let words = text.split_inclusive(' ');
        match self {
            Self::Converse => {
                let delta = |word| json!({"contentBlockIndex": 0, "delta": {"text": word}, "p": "abcd"});
                let mut out = vec![event("messageStart", &json!({"role": "assistant"}))];
                out.extend(words.map(|word| event("contentBlockDelta", &delta(word))));
                out.push(event("contentBlockStop", &json!({"contentBlockIndex": 0})));
                out.push(event("messageStop", &json!({"stopReason": "end_turn"})));
                let usage = json!({"inputTokens": 11, "outputTokens": 22, "totalTokens": 33});
                out.push(event("metadata", &json!({"usage": usage, "metrics": {"latencyMs": 310}})));
                out
            }
            Self::Invoke => {
                let usage = json!({"input_tokens": 11, "output_tokens": 1});
                let start = json!({"id": "msg_1", "model": "claude", "content": [], "usage": usage});
                let delta = |word| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}});
                let mut out = vec![
                    chunk(&json!({"type": "message_start", "message": start})),
                    chunk(
                        &json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
                    ),
                ];
                out.extend(words.map(|word| chunk(&delta(word))));
                out.push(chunk(&json!({"type": "content_block_stop", "index": 0})));
                out.push(chunk(&json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 22}})));
                out.push(chunk(&json!({"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 11}})));
                out
            }
        }
    }

    /// The text that a client reads out of a stream, and why it ended. Every message's checksums are right.
    fn read(self, stream: &[u8]) -> (String, Option<String>) {
        let (mut rest, mut text, mut reason) = (stream, String::new(), None);
        while let Some(length) = rest.first_chunk::<4>() {
            let (raw, after) = rest.split_at(u32::from_be_bytes(*length) as usize);
            rest = after;
            let message = Message::parse(raw).unwrap();
            let mut data: Value = serde_json::from_slice(message.payload).unwrap();
            if let Some(bytes) = data["bytes"].as_str() {
                assert_eq!((self, message.string(":event-type")), (Api::Invoke, Some("chunk")));
                data = serde_json::from_slice(&STANDARD.decode(bytes).unwrap()).unwrap();
            }
            text.push_str(data["delta"]["text"].as_str().unwrap_or_default());
            for place in ["/stopReason", "/delta/stop_reason"] {
                reason = data.pointer(place).and_then(Value::as_str).map(str::to_owned).or(reason);
            }
        }
        assert!(rest.is_empty(), "the stream ends within a message");
        (text, reason)
    }
}

fn event(name: &str, data: &Value) -> Vec<u8> {
    let headers = vec![
        (":event-type", HeaderValue::String(name)),
        (":content-type", HeaderValue::String("application/json")),
        (":message-type", HeaderValue::String("event")),
    ];
    Message { headers, payload: data.to_string().as_bytes() }.to_bytes().unwrap()
}

fn chunk(data: &Value) -> Vec<u8> {
    event("chunk", &json!({"bytes": STANDARD.encode(data.to_string()), "p": "abc"}))
}

fn acting(action: Action, delivery: Delivery) -> impl FnOnce(&mut Rule) {
    move |rule| {
        rule.action = action;
        rule.delivery = delivery;
        rule.thresholds = Thresholds { warn: 0.25, act: 0.3 };
        rule.hold_budget = Duration::from_secs(5);
    }
}

async fn provider(api: Api, text: &str, stream: bool) -> Provider {
    if !stream {
        return Provider::json(api.answer(text)).await;
    }
    sending(api.messages(text)).await
}

async fn sending(messages: Vec<Vec<u8>>) -> Provider {
    Provider::serve(move |_, dropped| {
        let messages = messages.clone();
        async move { support::provider::stream(STREAM, messages, Duration::ZERO, dropped) }
    })
    .await
}

async fn ask(world: &World, api: Api, stream: bool) -> Got {
    Client::h1().post(&world.url(&format!("/bedrock{}", api.path(stream))), api.request()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_request_goes_out_as_it_came() {
    let profile =
        "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude-v1%3A0";
    let provider = provider(Api::Converse, &chat::good(), true).await;
    let world = World::guarded(&provider.url(), acting(Action::Block, Delivery::Sentence)).await;
    let path = format!("/model/{profile}/converse-stream?trace=a%2Fb%20c&x=%7E");
    let signed = [
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=0123abcd",
        ),
        ("x-amz-date", "20260101T000000Z"),
        ("x-amz-security-token", "IQoJb3JpZ2luX2VjE+/=="),
        ("amz-sdk-invocation-id", "5d5a6f5c"),
        ("amz-sdk-request", "attempt=1"),
        ("content-type", "application/json"),
        ("x-amz-content-sha256", "e3b0c442"),
        ("user-agent", "Boto3/1.44 md/Botocore#1.44"),
    ];
    let mut request = Request::post(world.url(&format!("/bedrock{path}")));
    for (name, value) in signed {
        request = request.header(name, value);
    }
    // Spacing that a re-encoded body would lose.
    let body = format!("{}  ", Api::Converse.request());
    let got = Client::h1().send(request.body(full(body.clone())).unwrap()).await;
    assert_eq!(got.status, 200);
    let seen = provider.request();
    assert_eq!((seen.method.as_str(), seen.uri.as_str()), ("POST", path.as_str()));
    for (name, value) in signed {
        let values: Vec<_> = seen.headers.get_all(name).iter().collect();
        assert_eq!(values, [value], "{name}");
    }
    assert_eq!(seen.body, body);
    assert_eq!(seen.headers["content-length"], body.len().to_string().as_str());
    assert_eq!(
        seen.headers["host"],
        provider.address.to_string().as_str(),
        "of the upstream, which SigV4 covers"
    );
    // Nothing of ours, nothing else than what HTTP itself needs.
    let known = |name: &str| {
        signed.iter().any(|(given, _)| *given == name) || ["host", "content-length"].contains(&name)
    };
    let added: Vec<_> = seen.headers.keys().filter(|name| !known(name.as_str())).collect();
    assert!(added.is_empty(), "{added:?}");
    let model = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-v1:0";
    assert_eq!(world.event().await.model, model);
}

#[tokio::test(flavor = "multi_thread")]
async fn observe_and_annotate_keep_every_byte_and_report_everything() {
    for api in BOTH {
        for stream in [false, true] {
            let sent = match stream {
                true => api.messages(&chat::bad()).concat(),
                false => api.answer(&chat::bad()).into_bytes(),
            };
            for action in [Action::Observe, Action::Annotate] {
                let provider = provider(api, &chat::bad(), stream).await;
                let world = World::guarded(&provider.url(), acting(action, Delivery::Pass)).await;
                let got = ask(&world, api, stream).await;
                assert_eq!((got.status, &got.body[..]), (200, &sent[..]), "{api:?} {stream} {action:?}");
                let event = world.event().await;
                assert!(matches!(event.verdict, State::Ungrounded | State::Contradicted), "{event:?}");
                let dialect = if api == Api::Converse { "bedrock_converse" } else { "bedrock_invoke" };
                assert_eq!(
                    (event.provider.as_str(), event.dialect.as_str(), event.stream),
                    ("bedrock", dialect, stream)
                );
                assert_eq!((event.input_tokens, event.output_tokens), (Some(11), Some(22)));
                let model = if api == Api::Converse { MODEL } else { "claude" };
                assert_eq!(event.model, model);
                // There are no comments in this framing: a stream is told nothing.
                assert_eq!(got.ours().is_empty(), stream || action == Action::Observe);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streamed_and_unstreamed_give_the_same_verdict_and_spans() {
    let mut verdicts = Vec::new();
    for api in BOTH {
        for stream in [false, true] {
            let provider = provider(api, &chat::bad(), stream).await;
            let world = World::guarded(&provider.url(), acting(Action::Observe, Delivery::Pass)).await;
            ask(&world, api, stream).await;
            let event = world.event().await;
            verdicts.push((event.verdict, event.risk, event.spans, event.sentences));
        }
    }
    assert!(verdicts.windows(2).all(|pair| pair[0] == pair[1]), "{verdicts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn block_cuts_a_stream_in_its_own_format() {
    for api in BOTH {
        let provider = provider(api, &chat::bad(), true).await;
        let world = World::guarded(&provider.url(), acting(Action::Block, Delivery::Sentence)).await;
        let got = ask(&world, api, true).await;
        assert_eq!((got.status, got.broken), (200, false), "{api:?}");
        let (text, reason) = api.read(&got.body);
        assert_eq!(text, FIRST);
        let expected = if api == Api::Converse { "content_filtered" } else { "refusal" };
        assert_eq!(reason.as_deref(), Some(expected));
        let clean: Vec<u8> = api.messages(FIRST).concat();
        let shared = got.body.iter().zip(&clean).take_while(|(a, b)| a == b).count();
        assert!(shared > clean.len() / 2, "what left before is untouched");
        assert_eq!(world.event().await.action, Action::Block);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn block_refuses_with_an_error_that_the_sdk_knows() {
    for api in BOTH {
        for (stream, delivery, text) in [
            (true, Delivery::Sentence, [BAD, FIRST].concat()),
            (true, Delivery::Full, chat::bad()),
            (false, Delivery::Full, chat::bad()),
        ] {
            let provider = provider(api, &text, stream).await;
            let world = World::guarded(&provider.url(), acting(Action::Block, delivery)).await;
            let got = ask(&world, api, stream).await;
            assert_eq!(got.status, 403, "{api:?} {stream} {delivery:?}");
            assert_eq!(got.header("x-amzn-errortype"), Some("AccessDeniedException"));
            let event = world.event().await;
            assert_eq!(got.header("x-amzn-requestid"), Some(event.id.to_string().as_str()));
            assert_eq!(got.header("content-type"), Some("application/json"));
            assert!(got.json()["message"].as_str().unwrap().starts_with("AgentGuard blocked this response"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redact_takes_the_words_out_and_frames_the_rest_anew() {
    for api in BOTH {
        let mut texts = Vec::new();
        for stream in [false, true] {
            let provider = provider(api, &chat::bad(), stream).await;
            let world = World::guarded(&provider.url(), acting(Action::Redact, Delivery::Sentence)).await;
            let got = ask(&world, api, stream).await;
            assert_eq!((got.status, got.broken), (200, false));
            texts.push(match (stream, api) {
                (true, _) => api.read(&got.body).0,
                (false, Api::Converse) => {
                    got.json()["output"]["message"]["content"][0]["text"].as_str().unwrap().to_owned()
                }
                (false, Api::Invoke) => got.json()["content"][0]["text"].as_str().unwrap().to_owned(),
            });
            assert_eq!(world.event().await.action, Action::Redact);
        }
        assert_eq!(texts[0], texts[1], "{api:?}");
        assert!(texts[0].contains("[redacted]") && texts[0].starts_with(FIRST), "{texts:?}");
        assert!(!texts[0].contains("98,777"), "{texts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_message_is_not_a_clean_one() {
    let mut messages = Api::Converse.messages(&chat::good());
    let damaged = messages[3].len() - 8;
    messages[3][damaged] ^= 1;
    let sent = messages.concat();
    let provider = sending(messages).await;
    let world = World::guarded(&provider.url(), acting(Action::Observe, Delivery::Pass)).await;
    let got = ask(&world, Api::Converse, true).await;
    assert_eq!(&got.body[..], &sent[..]);
    let event = world.event().await;
    assert_eq!((event.verdict, event.reason), (State::NotChecked, Some(NotChecked::UnknownDialect)));

    let world = World::guarded(&provider.url(), |rule| {
        acting(Action::Block, Delivery::Full)(rule);
        rule.on_error = FailMode::Closed;
    })
    .await;
    let got = ask(&world, Api::Converse, true).await;
    assert_eq!(got.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_sense_passes_and_says_that_it_was_not_checked() {
    for body in [vec![0xff; 5000], vec![0, 0, 0, 1], b"not an event stream".to_vec(), vec![0x7f; 11]] {
        let provider = sending(vec![body.clone()]).await;
        let world = World::guarded(&provider.url(), acting(Action::Redact, Delivery::Sentence)).await;
        let got = ask(&world, Api::Converse, true).await;
        assert_eq!((got.status, &got.body[..]), (200, &body[..]));
        assert_eq!(world.event().await.reason, Some(NotChecked::UnknownDialect));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_and_pictures_on_the_same_path_are_nobodys_claims() {
    let provider = Provider::json("{\"embedding\":[0.5],  \"inputTextTokenCount\":3}").await;
    let world = World::guarded(&provider.url(), acting(Action::Block, Delivery::Full)).await;
    let url = world.url("/bedrock/model/amazon.titan-embed-text-v2%3A0/invoke");
    let got = Client::h1().post(&url, "{\"inputText\":\"a\"}").await;
    assert_eq!((got.status, got.text()), (200, "{\"embedding\":[0.5],  \"inputTextTokenCount\":3}"));
    assert!(world.stop().await.is_empty());
}
