//! Turns a reply into a response: head, and a body whose events come at the reply's pace and end as it says.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use agentguard_wire::Dialect;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;

use super::ask::Ask;
use super::encode::{self, Encoder};
use super::ids::Ids;
use super::script::{Content, Encoding, Fault, Pace, Reply, Writes};
use super::wire::{self, Event, Scene};
use super::{Seen, Shared};

pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Bytes that go out at once.
struct Chunk {
    bytes: Bytes,
    paced: bool,
}

/// How a body ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Proper,
    Close,
    Reset,
    Stall,
}

/// What is sent, before it is cut into writes.
struct Script {
    status: u16,
    head: Vec<(String, String)>,
    events: Vec<Event>,
    /// The whole body is known and announced with its length.
    announced: bool,
    ending: Ending,
}

/// The response to a request.
pub(super) async fn respond(shared: &Arc<Shared>, seen: &Seen, reset: Arc<AtomicBool>) -> Response<Body> {
    let reply = shared.script.reply(seen);
    let mut ids = Ids::of(shared.seed, &seen.path, &seen.body);
    tokio::time::sleep(reply.pace.first).await;
    let script = match script(shared, seen, &reply, &mut ids) {
        Ok(script) => script,
        Err((status, body)) => return plain(status, "application/json", body),
    };
    let encoding = encode::negotiate(reply.encoding, seen.header("accept-encoding"));
    let chunks = match chunks(&script, encoding, reply.writes) {
        Ok(chunks) => chunks,
        Err(error) => return plain(500, "text/plain", error.to_string().into_bytes()),
    };
    let mut response = Response::builder().status(script.status);
    for (name, value) in &script.head {
        // The length of recorded bytes is told by the bytes themselves.
        if !matches!(
            name.to_ascii_lowercase().as_str(),
            "content-length" | "transfer-encoding" | "connection"
        ) {
            response = response.header(name, value);
        }
    }
    if let Some(name) = encode::name(encoding) {
        response = response.header("content-encoding", name);
    }
    if script.announced {
        let sent: usize = chunks.iter().map(|chunk| chunk.bytes.len()).sum();
        // A body that is cut short was announced whole.
        let missing = if script.ending == Ending::Proper { 0 } else { 4096 };
        response = response.header("content-length", sent + missing);
    }
    let body = play(Arc::clone(shared), chunks, reply.pace, script.ending, ids, reset);
    response.body(body).unwrap_or_else(|error| plain(500, "text/plain", error.to_string().into_bytes()))
}

fn script(shared: &Shared, seen: &Seen, reply: &Reply, ids: &mut Ids) -> Result<Script, (u16, Vec<u8>)> {
    let fault = reply.fault.as_ref();
    let mut script = match &reply.content {
        Content::Raw(raw) => Script {
            status: raw.status,
            head: raw.headers.clone(),
            events: raw.frames.iter().map(|frame| Event { bytes: frame.to_vec(), paced: true }).collect(),
            announced: raw.frames.len() == 1,
            ending: Ending::Proper,
        },
        Content::Said(said) => {
            let ask = Ask::of(seen).map_err(|why| wire::unanswerable(&why, &seen.method, &seen.path))?;
            let model = reply.model.clone().unwrap_or_else(|| ask.model.clone());
            if let Some(Fault::Error(error)) = fault {
                return Ok(refusal(&ask, error, &model, ids));
            }
            let choices =
                (0..ask.choices).filter_map(|at| said.get(at % said.len().max(1)).cloned()).collect();
            let head = wire::head(ask.dialect, ask.stream, ask.sse, ids);
            let mut scene = Scene {
                ask: &ask,
                choices,
                model,
                ids: ids.clone(),
                now: shared.now(),
                pieces: reply.pieces,
            };
            let mut events = if ask.stream {
                wire::stream(&mut scene)
            } else {
                vec![Event { bytes: wire::whole(&mut scene), paced: false }]
            };
            if let (true, Some(Fault::ErrorEvent(after))) = (ask.stream, fault) {
                events.truncate(*after);
                events.push(wire::error_event(ask.dialect, ask.sse));
            }
            Script { status: 200, head: owned(head), events, announced: !ask.stream, ending: Ending::Proper }
        }
    };
    let (after, ending) = match fault {
        Some(Fault::Truncate(after)) => (*after, Ending::Proper),
        Some(Fault::Close(after)) => (*after, Ending::Close),
        Some(Fault::Reset(after)) => (*after, Ending::Reset),
        Some(Fault::Stall(after)) => (*after, Ending::Stall),
        Some(Fault::Error(_) | Fault::ErrorEvent(_)) | None => return Ok(script),
    };
    if script.announced {
        script.events = sixteenths(&script.events);
    }
    script.events.truncate(after);
    script.ending = ending;
    Ok(script)
}

fn refusal(ask: &Ask, error: &super::ProviderError, model: &str, ids: &mut Ids) -> Script {
    let mut head = wire::head(ask.dialect, false, false, ids);
    head.extend(wire::error_headers(ask.dialect, error));
    if ask.dialect == Dialect::AnthropicMessages && matches!(error, super::ProviderError::Internal) {
        head.push(("x-should-retry", "true".to_owned()));
    }
    Script {
        status: wire::status(ask.dialect, error),
        head: owned(head),
        events: vec![Event { bytes: wire::error_body(ask.dialect, error, model, ids), paced: false }],
        announced: true,
        ending: Ending::Proper,
    }
}

/// A whole body in sixteen parts, so that a fault can strike inside it.
fn sixteenths(events: &[Event]) -> Vec<Event> {
    let bytes: Vec<u8> = events.iter().flat_map(|event| event.bytes.iter().copied()).collect();
    let size = bytes.len().div_ceil(16).max(1);
    bytes.chunks(size).map(|part| Event { bytes: part.to_vec(), paced: false }).collect()
}

fn owned(head: Vec<(&'static str, String)>) -> Vec<(String, String)> {
    head.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Events, encoded and cut into writes.
fn chunks(script: &Script, encoding: Encoding, writes: Writes) -> io::Result<Vec<Chunk>> {
    let mut encoder = Encoder::new(encoding)?;
    let mut out = Vec::with_capacity(script.events.len());
    for event in &script.events {
        out.push(Chunk { bytes: encoder.feed(&event.bytes)?.into(), paced: event.paced });
    }
    if script.ending == Ending::Proper {
        out.push(Chunk { bytes: encoder.finish()?.into(), paced: false });
    }
    out.retain(|chunk| !chunk.bytes.is_empty());
    Ok(match writes {
        Writes::Events => out,
        Writes::Joined(count) => out.chunks(count.max(1)).map(joined).collect(),
        Writes::Bytes(size) => {
            let mut all = joined(&out).bytes;
            let mut cut = Vec::new();
            while !all.is_empty() {
                let bytes = all.split_to(size.max(1).min(all.len()));
                cut.push(Chunk { bytes, paced: true });
            }
            cut
        }
    })
}

fn joined(chunks: &[Chunk]) -> Chunk {
    let mut bytes = BytesMut::new();
    for chunk in chunks {
        bytes.extend_from_slice(&chunk.bytes);
    }
    Chunk { bytes: bytes.freeze(), paced: chunks.iter().any(|chunk| chunk.paced) }
}

/// Notices when a body is dropped before its end: the client went away.
struct Watch {
    shared: Arc<Shared>,
    done: bool,
}

impl Watch {
    /// The answer went out as the script wanted.
    fn played(&mut self) {
        self.done = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.done {
            self.shared.cancelled.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn play(
    shared: Arc<Shared>,
    chunks: Vec<Chunk>,
    pace: Pace,
    ending: Ending,
    ids: Ids,
    reset: Arc<AtomicBool>,
) -> Body {
    let watch = Watch { shared, done: false };
    let state = (chunks.into_iter(), watch, ids, false);
    let body = stream::unfold(state, move |(mut chunks, mut watch, mut ids, failed)| {
        let reset = Arc::clone(&reset);
        async move {
            if let Some(chunk) = chunks.next() {
                if chunk.paced && !pace.gap.is_zero() {
                    tokio::time::sleep(jittered(pace.gap, &mut ids)).await;
                }
                if ending == Ending::Proper && chunks.len() == 0 {
                    watch.played();
                }
                return Some((Ok(Frame::data(chunk.bytes)), (chunks, watch, ids, failed)));
            }
            match ending {
                _ if failed => None,
                Ending::Proper => {
                    watch.played();
                    None
                }
                Ending::Stall => std::future::pending().await,
                Ending::Close | Ending::Reset => {
                    // What was written before must have left: a reset discards what has not.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    reset.store(ending == Ending::Reset, Ordering::Release);
                    watch.played();
                    let error =
                        io::Error::new(io::ErrorKind::ConnectionReset, "the script ends the connection here");
                    Some((Err(error), (chunks, watch, ids, true)))
                }
            }
        }
    });
    StreamBody::new(body).boxed_unsync()
}

fn jittered(gap: Duration, ids: &mut Ids) -> Duration {
    gap.mul_f64(0.6 + ids.below(801) as f64 / 1000.0)
}

/// A response of our own making.
pub(super) fn plain(status: u16, content_type: &'static str, body: Vec<u8>) -> Response<Body> {
    let body = Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert("content-type", HeaderValue::from_static(content_type));
    response
}
