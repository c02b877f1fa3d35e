//! What sidecars send.

use std::sync::Arc;

use agentguard_api::{Batch, BatchReply, Heartbeat, HeartbeatReply, Problem};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;

use crate::clock;
use crate::http::{ApiError, App, Caller};
use crate::ingest;
use crate::ingest::decode::{BatchError, Encoding, without_content};
use crate::store::{Done, Work};

/// Bytes of a heartbeat.
const HEARTBEAT: usize = 1 << 20;
/// Ranges of lost seqs in one heartbeat.
const LOST_RANGES: usize = 10_000;
/// Counts of connections that were not judged in one heartbeat, and bytes of a host in them.
const UNJUDGED: usize = 256;
const HOST: usize = 256;

/// Take up a batch of verdicts.
#[utoipa::path(post, path = "/api/v1/ingest/verdicts", operation_id = "ingest_verdicts", tag = "ingest", request_body = Batch,
    params(("content-encoding" = Option<String>, Header, description = "`gzip` or `zstd`.")),
    responses(
        (status = 200, description = "Committed: what is accepted survives a crash of this control plane.", body = BatchReply),
        (status = 429, description = "Too much is waiting; come back after `Retry-After`.", content_type = "application/problem+json", body = Problem),
    ))]
pub(crate) async fn verdicts(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<BatchReply>, ApiError> {
    let refused = |error: ApiError| {
        app.ingest.refused.with_label_values(&[error.code()]).inc();
        error
    };
    let encoding = encoding(&headers).map_err(refused)?;
    let body = receive(&app, body, app.limits.body).await.map_err(refused)?;
    let (limits, tenant) = (app.limits.clone(), Arc::from(caller.scope().of()));
    let pod = caller.pod().cloned();
    let turn = Arc::clone(&app.decoding).acquire_owned().await;
    let decoded = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        ingest::read(&body.bytes, encoding, &limits, tenant, clock::now(), pod.as_ref())
    });
    let (incoming, read) = match decoded.await {
        Ok(decoded) => decoded.map_err(|error| refused(error.into()))?,
        Err(_) => return Err(refused(ApiError::Stopping)),
    };
    if let Some(pod) = caller.pod() {
        app.identity.claim(incoming.instance, pod).await.map_err(|error| refused(error.into()))?;
    }
    app.ingest.bytes.inc_by(read.bytes as u64);
    app.ingest.skewed.inc_by(read.skewed);
    // What cannot be encrypted is not taken up: the sender comes back with it.
    let incoming = app.contents.seal(caller.scope().of(), incoming).await.map_err(|e| refused(e.into()))?;
    match app.queue.commit(Work::Batch(incoming)).await {
        Ok(Done::Batch(reply, _)) => Ok(Json(reply)),
        Ok(Done::Heartbeat(_)) => Err(refused(ApiError::Store)),
        Err(error) => Err(refused(error.into())),
    }
}

/// Note what a sidecar says of itself.
#[utoipa::path(post, path = "/api/v1/sidecar/heartbeat", operation_id = "heartbeat", tag = "ingest", request_body = Heartbeat,
    responses((status = 200, description = "Noted; what is known of this instance's verdicts.", body = HeartbeatReply)))]
pub(crate) async fn heartbeat(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<HeartbeatReply>, ApiError> {
    let mut heartbeat: Heartbeat = json_body(&app, &headers, body, HEARTBEAT).await?;
    if let Some(pod) = caller.pod() {
        pod.sign(&mut heartbeat.workload);
        app.identity.claim(heartbeat.instance, pod).await?;
    }
    check(&heartbeat)?;
    let tenant = caller.scope().of();
    app.policies.reports().take(tenant, &heartbeat);
    match app.queue.commit(Work::Heartbeat(Arc::from(tenant), heartbeat, clock::now())).await? {
        Done::Heartbeat(reply) => {
            let bundle = app.policies.head(tenant).map_or(0, |head| head.revision);
            Ok(Json(HeartbeatReply { policy: app.policy.load().revision.clone(), bundle, ..reply }))
        }
        Done::Batch(..) => Err(ApiError::Store),
    }
}

/// A JSON body, within a limit of its own before and after decompression.
pub(super) async fn json_body<T: DeserializeOwned>(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<T, ApiError> {
    let encoding = encoding(headers)?;
    let body = receive(app, body, limit).await?;
    let body = ingest::decode::decode(&body.bytes, encoding, limit)?;
    let mut reader = serde_json::Deserializer::from_slice(&body);
    serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        let path = e.path().to_string();
        ApiError::Body { what: without_content(&path, e.inner()), field: Some(path) }
    })
}

fn check(heartbeat: &Heartbeat) -> Result<(), ApiError> {
    let wrong = |field: &str, what: &str| {
        Err(ApiError::Body { field: Some(field.to_owned()), what: format!("{field}: {what}") })
    };
    if heartbeat.lost_ranges.len() > LOST_RANGES {
        return wrong("lost_ranges", "too many; merge neighbours");
    }
    if heartbeat.lost_ranges.iter().any(|&(start, end)| start == 0 || start > end || end > heartbeat.produced)
    {
        return wrong("lost_ranges", "each must be [first, last] with 1 <= first <= last <= produced");
    }
    if heartbeat.not_checked.len() > UNJUDGED || heartbeat.not_checked.iter().any(|one| one.host.len() > HOST)
    {
        return wrong("not_checked", "may have 256 entries, each with a host of 256 bytes");
    }
    if i64::try_from(heartbeat.produced).is_err() {
        return wrong("produced", "must fit 63 bits");
    }
    if [&heartbeat.version, &heartbeat.policy].into_iter().any(|text| text.len() > 512) {
        return wrong("version", "version and policy may have 512 bytes");
    }
    Ok(())
}

/// The body's encoding; refuses other content types, which also keeps plain forms of other sites out.
fn encoding(headers: &HeaderMap) -> Result<Encoding, ApiError> {
    let text = |name| headers.get(name).map(|v: &http::HeaderValue| v.to_str().unwrap_or("?"));
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(ApiError::ContentType);
    }
    Encoding::named(text(header::CONTENT_ENCODING).unwrap_or_default()).ok_or(ApiError::Encoding)
}

/// A body and the room that it takes up.
struct Received {
    bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// Takes a body, up to a limit of its own and one for all of them together. Room is taken as bytes come: a client that announces much and
/// sends little keeps nobody out.
async fn receive(app: &App, mut body: Body, limit: usize) -> Result<Received, ApiError> {
    let mut bytes = BytesMut::new();
    let mut room: Option<OwnedSemaphorePermit> = None;
    while let Some(frame) = body.frame().await {
        let broken = |_| ApiError::Body { field: None, what: "the body broke off".to_owned() };
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(ApiError::TooLarge { limit });
        }
        let more = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let more =
            Arc::clone(&app.receiving).try_acquire_many_owned(more).map_err(|_| ApiError::QueueFull)?;
        match &mut room {
            Some(room) => room.merge(more),
            None => room = Some(more),
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Received { bytes: bytes.freeze(), _room: room })
}

impl From<BatchError> for ApiError {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::TooLarge { limit } => Self::TooLarge { limit },
            other => Self::Body { field: None, what: other.to_string() },
        }
    }
}
