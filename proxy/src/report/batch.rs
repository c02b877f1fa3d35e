//! A batch on the wire: the events as they lie in the spool, put together and compressed, without parsing them.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::Deserialize;
use tokio::time::Instant;
use uuid::Uuid;

use crate::spool::Parcel;

/// JSON shrinks to a fifth at this level; higher ones cost more than they save.
const ZSTD_LEVEL: i32 = 3;

/// A parcel and what is sent of it.
#[derive(Debug)]
pub(super) struct Batch {
    parcel: Parcel,
    /// zstd of an `agentguard_api::Batch`.
    pub(super) body: Bytes,
    /// The first try.
    pub(super) tried: Option<Instant>,
}

impl Batch {
    /// Compresses, so milliseconds for a large one.
    pub(super) fn new(parcel: Parcel) -> Self {
        let body = zstd::bulk::compress(&json(&parcel), ZSTD_LEVEL)
            .expect("memory is all that compressing into it needs");
        Self { parcel, body: body.into(), tried: None }
    }

    pub(super) fn instance(&self) -> Uuid {
        self.parcel.instance
    }

    pub(super) fn len(&self) -> usize {
        self.parcel.events.len()
    }

    pub(super) fn last_seq(&self) -> u64 {
        self.parcel.events.last().map_or(0, |(seq, _)| *seq)
    }

    /// Seconds since the exchange of the first event began.
    pub(super) fn age(&self) -> f64 {
        #[derive(Deserialize)]
        struct Began {
            ts: i64,
        }
        let began =
            self.parcel.events.first().and_then(|(_, event)| serde_json::from_slice::<Began>(event).ok());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        began.map_or(0.0, |began| (now.as_secs_f64() - began.ts as f64 / 1e6).max(0.0))
    }

    /// Two halves; the second is empty when it holds a single event.
    pub(super) fn halves(mut self) -> (Self, Option<Self>) {
        let second = self.parcel.events.split_off(self.len().div_ceil(2));
        let instance = self.parcel.instance;
        let second = (!second.is_empty()).then(|| Self::new(Parcel { instance, events: second }));
        (Self::new(self.parcel), second)
    }
}

/// What serde would write for an `agentguard_api::Batch`.
fn json(parcel: &Parcel) -> Vec<u8> {
    let size: usize = parcel.events.iter().map(|(_, event)| event.len() + 1).sum();
    let mut json = Vec::with_capacity(size + 80);
    json.extend_from_slice(format!("{{\"instance\":\"{}\",\"events\":[", parcel.instance).as_bytes());
    for (index, (_, event)) in parcel.events.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        json.extend_from_slice(event);
    }
    json.extend_from_slice(b"]}");
    json
}

#[cfg(test)]
mod tests;
