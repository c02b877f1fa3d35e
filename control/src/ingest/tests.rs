use std::io::Write;

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::decode::{BatchError, Encoding, decode};
use super::read;
use crate::config::Limits;
use crate::testing::{DAY0, json as event};

const SECRET: &str = "the patient is called Mallory";

fn instance() -> Uuid {
    Uuid::from_u128(7)
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn zstd(body: &[u8]) -> Vec<u8> {
    zstd::encode_all(body, 3).unwrap()
}

/// What becomes of one event in a batch of three: what is said about it.
fn refused(bad: &str) -> String {
    let good = |seq| event(instance(), seq, DAY0, &json!({})).to_string();
    let body = format!("{{\"instance\":\"{}\",\"events\":[{},{bad},{}]}}", instance(), good(1), good(3));
    let (incoming, _) =
        read(body.as_bytes(), Encoding::Identity, &Limits::default(), "default".into(), DAY0, None).unwrap();
    assert_eq!(incoming.events.len(), 2, "the others are taken: {bad}");
    assert_eq!((incoming.bad.len(), incoming.bad[0].index), (1, 1));
    let error = incoming.bad[0].error.clone();
    assert!(!error.contains("Mallory"), "content leaked: {error}");
    error
}

fn changed(changes: &Value) -> String {
    refused(&event(instance(), 2, DAY0, changes).to_string())
}

#[test]
fn a_bad_event_is_refused_alone_and_its_field_named() {
    for (changes, says) in [
        (json!({ "verdict": SECRET }), "verdict: wrong value, expected one of `grounded`, `ungrounded`"),
        (json!({ "risk": SECRET }), "risk: wrong value, expected f32"),
        (json!({ "risk": 1.5 }), "risk: must be between 0 and 1"),
        (json!({ "risk": -0.1 }), "risk: must be between 0 and 1"),
        (json!({ "threshold": 50 }), "threshold: must be between 0 and 1"),
        (json!({ "seq": 0 }), "seq: must be 1 or more"),
        (json!({ "seq": u64::MAX }), "seq: must be 1 or more and fit 63 bits"),
        (json!({ "seq": "2" }), "seq: wrong value, expected u64"),
        (json!({ "id": SECRET }), "id: wrong value"),
        (json!({ "ts": 1_767_225_600 }), "ts: must be microseconds"),
        (json!({ "ts": -1 }), "ts: must be microseconds"),
        (json!({ "instance": Uuid::from_u128(8) }), "instance: differs from the batch's"),
        (json!({ "verdict": "not_checked" }), "reason: must be given"),
        (json!({ "reason": "timeout" }), "reason: only goes with"),
        (
            json!({ "latency": { "total_ms": -1.0, "first_byte_ms": 0, "judge_ms": 0, "held_ms": 0 } }),
            "latency.total_ms:",
        ),
        (json!({ "latency": { "total_ms": 1.0 } }), "latency: missing field `first_byte_ms`"),
        (json!({ "model": SECRET.repeat(50) }), "model: longer than 512 bytes"),
        (json!({ "spans": [{ "start": 9, "end": 1, "kind": "unsupported", "risk": 0.5 }] }), "spans[0]:"),
        (
            json!({ "spans": [{ "start": 1, "end": 2, "kind": SECRET, "risk": 0.5 }] }),
            "spans[0].kind: wrong value, expected one of",
        ),
        (
            json!({ "content": { "texts": [SECRET, { "a": SECRET }] } }),
            "content.texts[1]: wrong value, expected a string",
        ),
    ] {
        let error = changed(&changes);
        assert!(error.starts_with(says), "{changes}: {error}");
    }
    for (raw, says) in [
        ("7", "wrong value, expected struct VerdictEvent"),
        ("{}", "missing field `id`"),
        ("null", "wrong value"),
        (&format!("[\"{SECRET}\"]"), "[0]: wrong value"),
        (&format!("{{\"id\":1,\"{SECRET}, expected Mallory\":2}}"), "id: wrong value"),
    ] {
        let error = refused(raw);
        assert!(error.starts_with(says), "{raw}: {error}");
    }
}

#[test]
fn depth_and_size_of_an_event_are_bounded() {
    let deep = format!("{{\"seq\":2,\"spans\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(!refused(&deep).is_empty());
    let large = event(instance(), 2, DAY0, &json!({ "explanation": "x".repeat(9 << 20) })).to_string();
    assert!(refused(&large).contains("larger than"));
}

#[test]
fn a_clock_that_is_days_ahead_does_not_bury_the_list() {
    let late = event(instance(), 1, DAY0 + 3 * 86_400_000_000, &json!({}));
    let near = event(instance(), 2, DAY0 + 60_000_000, &json!({}));
    let old = event(instance(), 3, DAY0 - 40 * 86_400_000_000, &json!({}));
    let body = json!({ "instance": instance(), "events": [late, near, old] }).to_string();
    let (incoming, read) =
        read(body.as_bytes(), Encoding::Identity, &Limits::default(), "default".into(), DAY0, None).unwrap();
    assert_eq!(read.skewed, 1);
    let times: Vec<_> = incoming.events.iter().map(|e| e.ts).collect();
    assert_eq!(times, [DAY0, DAY0 + 60_000_000, DAY0 - 40 * 86_400_000_000]);
    assert!(incoming.events[0].body.contains(&format!("\"ts\":{DAY0},")));
}

#[test]
fn encodings_are_decoded_and_bombs_stop_at_the_bound() {
    let body = vec![b'x'; 100_000];
    let limit = body.len();
    assert_eq!(decode(&gzip(&body), Encoding::Gzip, limit), Ok(body.clone().into()));
    assert_eq!(
        decode(&[gzip(&body[..50]), gzip(&body[50..])].concat(), Encoding::Gzip, limit),
        Ok(body.clone().into())
    );
    assert_eq!(decode(&zstd(&body), Encoding::Zstd, limit), Ok(body.clone().into()));
    let too_large = Err(BatchError::TooLarge { limit: limit - 1 });
    assert_eq!(decode(&gzip(&body), Encoding::Gzip, limit - 1), too_large);
    assert_eq!(decode(&zstd(&body), Encoding::Zstd, limit - 1), too_large);
    assert_eq!(decode(&body, Encoding::Identity, limit - 1), too_large);
    for cut in [0, 1, 10] {
        let gz = gzip(&body);
        assert_eq!(
            decode(&gz[..cut], Encoding::Gzip, limit).err(),
            Some(BatchError::Corrupt("gzip")),
            "{cut}"
        );
    }
    let z = zstd(&body);
    assert_eq!(decode(&z[..z.len() - 3], Encoding::Zstd, limit), Err(BatchError::Corrupt("zstd")));
    assert_eq!(decode(&body, Encoding::Zstd, limit), Err(BatchError::Corrupt("zstd")));
    // A frame that asks for a window of 128 MiB.
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(&body).unwrap();
    assert_eq!(decode(&encoder.finish().unwrap(), Encoding::Zstd, limit), Err(BatchError::Corrupt("zstd")));
}

#[test]
fn what_is_no_batch_is_refused_whole_without_quoting_it() {
    let limits = Limits { batch_events: 2, ..Limits::default() };
    for (body, says) in [
        (SECRET.to_owned(), "not valid JSON at line 1, column"),
        (json!({ "instance": SECRET, "events": [] }).to_string(), "instance: wrong value"),
        (
            json!({ "instance": instance(), "events": SECRET }).to_string(),
            "events: wrong value, expected a sequence",
        ),
        (json!({ "instance": instance() }).to_string(), "missing field `events`"),
        (
            json!({ "instance": instance(), "events": [1, 2, 3] }).to_string(),
            "the batch holds more than 2 events",
        ),
        (format!("{} trailing", json!({ "instance": instance(), "events": [] })), "not valid JSON"),
    ] {
        let error = read(body.as_bytes(), Encoding::Identity, &limits, "default".into(), DAY0, None)
            .err()
            .unwrap()
            .to_string();
        assert!(error.starts_with(says) && !error.contains("Mallory"), "{body}: {error}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..300), kind in 0..3usize) {
        let encoding = [Encoding::Identity, Encoding::Gzip, Encoding::Zstd][kind];
        let _ = read(&body, encoding, &Limits::default(), "default".into(), DAY0, None);
    }

    #[test]
    fn no_text_makes_an_event_panic(text in "\\PC{0,200}", field in "[a-z_]{1,12}") {
        let event = json!({ field: text, "id": Uuid::nil(), "seq": 1 }).to_string();
        let body = format!("{{\"instance\":\"{}\",\"events\":[{event}]}}", Uuid::nil());
        let (incoming, _) = read(body.as_bytes(), Encoding::Identity, &Limits::default(), "default".into(), DAY0, None).unwrap();
        prop_assert_eq!(incoming.bad.len(), 1);
        prop_assert_eq!(incoming.bad[0].seq, Some(1));
    }
}
