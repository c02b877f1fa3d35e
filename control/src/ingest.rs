//! From a sidecar's request to the store: decode → check every event → wait for the group's commit → answer.
//!
//! The commit is the acknowledgement. A bad event never fails its batch: it becomes a dead letter and is named in the reply.
//! What cannot be taken up now is refused at once with a time to come back; nothing waits without a bound.

pub(crate) mod decode;
pub(crate) mod event;
mod metrics;
mod queue;

use std::sync::Arc;

use uuid::Uuid;

pub(crate) use metrics::Metrics;
pub(crate) use queue::{Queue, QueueError, Writer};

use crate::config::Limits;
use crate::identity::Pod;
use crate::store::Incoming;

/// Decodes a request body into a batch that is ready to be stored. Takes milliseconds of CPU: not for an async worker.
pub(crate) fn read(
    body: &[u8],
    encoding: decode::Encoding,
    limits: &Limits,
    tenant: Arc<str>,
    received: i64,
    pod: Option<&Pod>,
) -> Result<(Incoming, Read), decode::BatchError> {
    let body = decode::decode(body, encoding, limits.decoded_body)?;
    let batch = decode::split(&body)?;
    if batch.events.len() > limits.batch_events {
        return Err(decode::BatchError::TooMany { limit: limits.batch_events });
    }
    let mut incoming = Incoming {
        tenant,
        instance: batch.instance,
        received,
        workload: Default::default(),
        events: Vec::with_capacity(batch.events.len()),
        bad: Vec::new(),
    };
    let mut read = Read { bytes: body.len(), skewed: 0 };
    for (index, raw) in batch.events.iter().enumerate() {
        match event::read(raw.get(), index, batch.instance, received, limits.event, pod) {
            Ok((event, workload, skewed)) => {
                read.skewed += u64::from(skewed);
                incoming.workload = workload;
                incoming.events.push(event);
            }
            Err(bad) => incoming.bad.push(bad),
        }
    }
    Ok((incoming, read))
}

/// What decoding a batch told besides its events.
pub(crate) struct Read {
    /// Bytes after decompression.
    pub(crate) bytes: usize,
    /// Events whose clock was ahead of ours.
    pub(crate) skewed: u64,
}

/// The batch as it comes: events still as text, so that one bad event does not fail it.
#[derive(serde::Deserialize)]
pub(crate) struct RawBatch<'a> {
    pub(crate) instance: Uuid,
    #[serde(borrow)]
    pub(crate) events: Vec<&'a serde_json::value::RawValue>,
}

#[cfg(test)]
mod tests;
