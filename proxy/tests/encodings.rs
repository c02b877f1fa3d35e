//! Compressed bodies, both ways.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::io::Write;
use std::time::Duration;

use agentguard_judge::{NotChecked, State};
use agentguard_policy::{Action, Delivery, FailMode, Thresholds};
use bytes::Bytes;
use http::{Request, Response};
use support::chat::{self, CHAT};
use support::client::{Got, full};
use support::provider::{Body, whole};
use support::{Client, Provider, World};

const ENCODINGS: [&str; 4] = ["gzip", "br", "zstd", "deflate"];

fn encode(encoding: &str, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match encoding {
        "gzip" => {
            flate2::write::GzEncoder::new(&mut out, flate2::Compression::best()).write_all(body).unwrap();
        }
        "deflate" => {
            flate2::write::ZlibEncoder::new(&mut out, flate2::Compression::best()).write_all(body).unwrap();
        }
        "br" => brotli::CompressorWriter::new(&mut out, 4096, 5, 22).write_all(body).unwrap(),
        "zstd" => out = zstd::encode_all(body, 3).unwrap(),
        other => panic!("{other}"),
    }
    out
}

/// Answers with that body, encoded, whatever is asked.
async fn provider(kind: &'static str, encoding: &'static str, body: Vec<u8>) -> Provider {
    Provider::serve(move |_, _| {
        let body = Bytes::from(body.clone());
        async move { encoded(whole(kind, body), encoding) }
    })
    .await
}

fn encoded(mut response: Response<Body>, encoding: &str) -> Response<Body> {
    response.headers_mut().insert("content-encoding", encoding.parse().unwrap());
    response
}

async fn world(provider: &Provider, action: Action, delivery: Delivery) -> World {
    World::guarded(&provider.url(), |rule| {
        rule.action = action;
        rule.delivery = delivery;
        rule.thresholds = Thresholds { warn: 0.25, act: 0.3 };
        rule.hold_budget = Duration::from_secs(5);
    })
    .await
}

async fn ask(world: &World, stream: bool) -> Got {
    Client::h1().post(&world.url(CHAT), chat::request(stream)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn observe_and_annotate_pass_the_encoded_bytes_and_judge_the_decoded_ones() {
    for encoding in ENCODINGS {
        for action in [Action::Observe, Action::Annotate] {
            for stream in [false, true] {
                let (kind, plain) = if stream {
                    ("text/event-stream", chat::frames(&chat::bad()).concat())
                } else {
                    ("application/json", chat::answer(&chat::bad()))
                };
                let sent = encode(encoding, plain.as_bytes());
                let provider = provider(kind, encoding, sent.clone()).await;
                let world = world(&provider, action, Delivery::Pass).await;
                let got = ask(&world, stream).await;
                assert!(got.body == sent, "{encoding} {action:?}");
                assert_eq!(got.header("content-encoding"), Some(encoding));
                let event = world.event().await;
                assert!(!event.spans.is_empty(), "{encoding} {action:?}: {event:?}");
                let annotated = action == Action::Annotate && !stream;
                assert_eq!(
                    event.action == Action::Annotate,
                    annotated,
                    "nothing fits into an encoded stream"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_redacted_leaves_decoded_and_what_is_clean_as_it_came() {
    for encoding in ENCODINGS {
        for (text, clean) in [(chat::good(), true), (chat::bad(), false)] {
            let sent = encode(encoding, chat::answer(&text).as_bytes());
            let provider = provider("application/json", encoding, sent.clone()).await;
            let world = world(&provider, Action::Redact, Delivery::Sentence).await;
            let got = ask(&world, false).await;
            assert_eq!(got.header("content-encoding").is_some(), clean);
            assert_eq!(got.body == sent, clean);
            if !clean {
                assert!(got.text().contains("[redacted]") && !got.text().contains("98,777"));
                assert_eq!(got.header("content-length"), Some(got.body.len().to_string().as_str()));
            }
            let sent = encode(encoding, chat::frames(&text).concat().as_bytes());
            let provider = self::provider("text/event-stream", encoding, sent).await;
            let world = self::world(&provider, Action::Redact, Delivery::Sentence).await;
            let got = ask(&world, true).await;
            assert_eq!(got.header("content-encoding"), None, "a stream that may be edited leaves decoded");
            let (read, finish) = chat::read(got.text());
            assert_eq!((read == text, finish.as_deref()), (clean, Some("stop")));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_request_is_evidence_and_goes_on_as_it_came() {
    for encoding in ENCODINGS {
        let provider = Provider::json(chat::answer(&chat::good())).await;
        let world = world(&provider, Action::Annotate, Delivery::Pass).await;
        let sent = encode(encoding, chat::request(false).as_bytes());
        let request = Request::post(world.url(CHAT)).header("content-encoding", encoding);
        let got = Client::h1().send(request.body(full(sent.clone())).unwrap()).await;
        assert_eq!(got.header("x-agentguard-verdict"), Some("grounded"), "{encoding}");
        let seen = provider.request();
        assert!(seen.body == sent && seen.headers["content-encoding"] == encoding);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_an_unknown_encoding_and_a_corrupt_one_pass_or_are_refused_by_policy() {
    let bomb = encode("gzip", &vec![b' '; 8 << 20]);
    assert!(bomb.len() < 20_000);
    let torn = encode("gzip", chat::answer(&chat::good()).as_bytes())[..40].to_vec();
    for (encoding, body, reason) in [
        ("gzip", bomb, NotChecked::TooLarge),
        ("snappy", b"whatever".to_vec(), NotChecked::Encoding),
        ("gzip", b"this is no gzip".to_vec(), NotChecked::Encoding),
        ("gzip", torn, NotChecked::Encoding),
    ] {
        for (mode, status) in [(FailMode::Open, 200), (FailMode::Closed, 403)] {
            let provider = provider("application/json", encoding, body.clone()).await;
            let policy = support::policy(|rule| {
                rule.action = Action::Block;
                rule.on_error = mode;
                rule.hold_budget = Duration::from_secs(5);
            });
            let world =
                World::with(&provider.url(), policy, |config| config.limits.decoded_bytes = 1 << 20).await;
            let got = ask(&world, false).await;
            assert_eq!(got.status, status, "{encoding}");
            assert_eq!(got.body == body, status == 200);
            let event = world.event().await;
            assert_eq!((event.verdict, event.reason), (State::NotChecked, Some(reason)), "{encoding}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encoded_stream_arrives_piece_by_piece() {
    use flate2::write::GzEncoder;
    let frames = chat::frames(&chat::good());
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut pieces = Vec::new();
    for frame in &frames {
        encoder.write_all(frame.as_bytes()).unwrap();
        encoder.flush().unwrap();
        pieces.push(std::mem::take(encoder.get_mut()));
    }
    pieces.push(encoder.finish().unwrap());
    let provider = Provider::serve(move |_, _| {
        use futures_util::StreamExt;
        use http_body_util::{BodyExt, StreamBody};
        let pieces = futures_util::stream::iter(pieces.clone()).then(|piece| async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(hyper::body::Frame::data(Bytes::from(piece)))
        });
        let body = StreamBody::new(pieces).boxed_unsync();
        let response = Response::builder().header("content-type", "text/event-stream").body(body).unwrap();
        async move { encoded(response, "gzip") }
    })
    .await;
    for (action, delivery) in [(Action::Observe, Delivery::Pass), (Action::Block, Delivery::Sentence)] {
        let world = world(&provider, action, delivery).await;
        let got = ask(&world, true).await;
        assert!(got.times.len() > 3 && got.times[0] * 2 < *got.times.last().unwrap(), "{:?}", got.times);
        assert_eq!(world.event().await.verdict, State::Grounded);
        provider.seen.lock().clear();
    }
}
