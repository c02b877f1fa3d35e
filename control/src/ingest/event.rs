//! One event: read, checked, and put into the form in which it is stored and answered.

use std::sync::Arc;

use agentguard_api::{VerdictEvent, Workload};
use agentguard_judge::State;
use serde::Deserialize;
use uuid::Uuid;

use super::decode::without_content;
use crate::identity::Pod;
use crate::store::{BadEvent, Event, Shape};

/// Microseconds of 2000-01-01: anything before is a time in another unit.
const EARLIEST: i64 = 946_684_800_000_000;
/// A clock may be ahead of ours by this much, microseconds.
const AHEAD: i64 = 5 * 60 * 1_000_000;
/// Longest names (model, provider, host, ids, …) and texts, bytes.
const NAME: usize = 512;
const TEXT: usize = 4096;
const SPANS: usize = 10_000;
/// Bytes kept of an event that cannot be stored.
const DEAD_LETTER: usize = 16 << 10;

/// Reads one event. Also says who sent it, and whether its clock was so far ahead that our time stands in for its own (its own
/// remains in the id, a UUIDv7). A pod that its cluster vouches for reports as itself, whatever the event says.
pub(crate) fn read(
    raw: &str,
    index: usize,
    instance: Uuid,
    received: i64,
    limit: usize,
    pod: Option<&Pod>,
) -> Result<(Event, Workload, bool), BadEvent> {
    let refuse = |error: String| BadEvent { index, seq: seq_of(raw), error, raw: cut(raw) };
    if raw.len() > limit {
        return Err(refuse(format!("the event is larger than {limit} bytes")));
    }
    let mut event: VerdictEvent = serde_json::from_str(raw).map_err(|error| refuse(explain(raw, &error)))?;
    let skewed = event.ts > received + AHEAD;
    if skewed {
        event.ts = received;
    }
    if let Some(pod) = pod {
        pod.sign(&mut event.workload);
    }
    check(&event, instance).map_err(|(field, what)| refuse(format!("{field}: {what}")))?;
    let workload = event.workload.clone();
    Ok((prepare(event, index), workload, skewed))
}

fn prepare(mut event: VerdictEvent, index: usize) -> Event {
    let content = event.content.take();
    let content = content.map(|content| json(&content));
    let mut body = json(&event);
    // The list item is the event and two fields more: see `agentguard_api::query::VerdictItem`.
    body.truncate(body.len() - 1);
    let latency_ms = (event.latency.total_ms * 10.0).round() / 10.0;
    body.push_str(&format!(",\"latency_ms\":{latency_ms:?},\"has_content\":{}}}", content.is_some()));
    let workload = workload_name(&event.workload);
    let words = [
        event.explanation.as_str(),
        &event.model,
        &workload,
        &event.workload.pod,
        &event.host,
        &event.path,
        &event.id.to_string(),
        &event.response_id,
        event.trace.as_deref().unwrap_or_default(),
    ]
    .join("\n")
    .to_lowercase();
    // No database's text but SQLite's can hold a NUL; in the event itself it is escaped.
    let plain = |text: String| if text.contains('\0') { text.replace('\0', " ") } else { text };
    Event {
        index,
        id: event.id,
        seq: event.seq,
        ts: event.ts,
        shape: Shape {
            verdict: event.verdict,
            reason: event.reason,
            action: event.action,
            direction: event.direction,
            provider: plain(event.provider),
            model: plain(event.model),
            workload: plain(workload),
            namespace: plain(event.workload.namespace),
        },
        risk: event.risk,
        latency: event.latency,
        judge: event.judge,
        words: plain(words).into(),
        body: body.into(),
        content: content.map(Arc::from),
    }
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("these types have string keys only and write to memory")
}

/// `namespace/name`, or the name alone.
fn workload_name(workload: &Workload) -> String {
    if workload.namespace.is_empty() {
        workload.name.clone()
    } else {
        format!("{}/{}", workload.namespace, workload.name)
    }
}

/// The field that is wrong, and what about it.
fn check(event: &VerdictEvent, instance: Uuid) -> Result<(), (String, String)> {
    let wrong = |field: &str, what: String| Err((field.to_owned(), what));
    let unit = |v: f32| (0.0..=1.0).contains(&v);
    if event.instance != instance {
        return wrong("instance", "differs from the batch's".to_owned());
    }
    if event.seq == 0 || i64::try_from(event.seq).is_err() {
        return wrong("seq", "must be 1 or more and fit 63 bits".to_owned());
    }
    if event.ts < EARLIEST {
        return wrong("ts", "must be microseconds since the Unix epoch, after the year 2000".to_owned());
    }
    if !unit(event.risk) {
        return wrong("risk", "must be between 0 and 1".to_owned());
    }
    if event.threshold.is_some_and(|threshold| !unit(threshold)) {
        return wrong("threshold", "must be between 0 and 1".to_owned());
    }
    match (event.verdict == State::NotChecked, event.reason) {
        (true, None) => return wrong("reason", "must be given when verdict is not_checked".to_owned()),
        (false, Some(_)) => return wrong("reason", "only goes with verdict not_checked".to_owned()),
        _ => {}
    }
    let latency = &event.latency;
    for (field, ms) in [
        ("latency.total_ms", latency.total_ms),
        ("latency.first_byte_ms", latency.first_byte_ms),
        ("latency.judge_ms", latency.judge_ms),
        ("latency.held_ms", latency.held_ms),
    ] {
        if !(ms.is_finite() && ms >= 0.0) {
            return wrong(field, "must be 0 or more".to_owned());
        }
    }
    if event.spans.len() > SPANS {
        return wrong("spans", format!("more than {SPANS}"));
    }
    for (i, span) in event.spans.iter().enumerate() {
        if span.start > span.end || !unit(span.risk) {
            return wrong(&format!("spans[{i}]"), "start must not exceed end, risk is 0 to 1".to_owned());
        }
    }
    for (field, text, most) in [
        ("provider", &event.provider, NAME),
        ("host", &event.host, NAME),
        ("path", &event.path, TEXT),
        ("dialect", &event.dialect, NAME),
        ("model", &event.model, NAME),
        ("response_id", &event.response_id, NAME),
        ("explanation", &event.explanation, TEXT),
        ("judge", &event.judge, NAME),
        ("policy", &event.policy, NAME),
        ("rule", &event.rule, NAME),
        ("workload.namespace", &event.workload.namespace, NAME),
        ("workload.name", &event.workload.name, NAME),
        ("workload.pod", &event.workload.pod, NAME),
    ] {
        if text.len() > most {
            return wrong(field, format!("longer than {most} bytes"));
        }
    }
    if event.trace.as_ref().is_some_and(|trace| trace.len() > NAME) {
        return wrong("trace", format!("longer than {NAME} bytes"));
    }
    Ok(())
}

/// Names the field that could not be read: a second, slower pass, only over bad events.
fn explain(raw: &str, error: &serde_json::Error) -> String {
    let mut reader = serde_json::Deserializer::from_str(raw);
    match serde_path_to_error::deserialize::<_, VerdictEvent>(&mut reader) {
        Err(error) => without_content(&error.path().to_string(), error.inner()),
        Ok(_) => without_content(".", error),
    }
}

fn seq_of(raw: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Seq {
        seq: u64,
    }
    let seq = serde_json::from_str::<Seq>(raw).ok()?.seq;
    (seq > 0 && i64::try_from(seq).is_ok()).then_some(seq)
}

/// What is kept of an event that cannot be stored: without its content, which would lie there unencrypted, and within a bound.
fn cut(raw: &str) -> String {
    let Ok(mut event) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(raw) else {
        return String::new(); // no object, so nothing is known of what it holds
    };
    event.remove("content");
    let raw = serde_json::Value::Object(event).to_string();
    let mut end = raw.len().min(DEAD_LETTER);
    while !raw.is_char_boundary(end) {
        end -= 1;
    }
    raw[..end].to_owned()
}
