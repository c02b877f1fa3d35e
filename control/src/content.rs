//! Captured content at rest: encrypted before it reaches the store, decrypted only here.
//!
//! Envelope encryption. `ENCRYPTION_KEY` leads (HKDF-SHA-256, RFC 5869) to a key that encrypts keys; every tenant and UTC day has a random
//! data key, kept wrapped under it; content is sealed under the data key of its verdict's day with AES-256-GCM, a random 96-bit nonce, and
//! tenant, verdict, field and data key as associated data, so that nothing can be moved to another place unnoticed. To rotate, the data
//! keys are wrapped anew; to erase a day, its data keys are deleted. Nothing is compressed before it is encrypted: prompts mix what an
//! attacker chose with what is secret, and a length would tell about both.
//!
//! Without `ENCRYPTION_KEY`, content is stored as it comes. What was stored so stays readable after a key is set.

mod day;
mod error;
mod kek;
mod keys;
mod metrics;
mod sealed;

use std::sync::Arc;

use agentguard_telemetry::Secret;
use prometheus::Registry;
use uuid::Uuid;

pub(crate) use day::Day;
pub use error::ContentError;
pub(crate) use keys::{DataKeyInfo, Rotated};

use crate::store::Incoming;
use crate::store::records::Records;
use kek::Keks;
use keys::{DataKey, DataKeys, Found};
use metrics::Metrics;
use sealed::Envelope;

/// The one field that is sealed: a verdict's content as JSON.
const FIELD: &str = "content";
/// Bytes that are sealed or opened on the thread that asks; more goes to one for long work.
const INLINE: usize = 64 << 10;

/// The keys that content is encrypted under.
#[derive(Clone, Debug, Default)]
pub struct ContentKeys {
    /// `ENCRYPTION_KEY`: 32 characters, 64 hexadecimal digits, or base64 of 32 bytes. `None`: content is not encrypted.
    pub key: Option<Secret>,
    /// `ENCRYPTION_KEY_PREVIOUS`: the key before it, until all data keys are wrapped anew.
    pub previous: Option<Secret>,
}

/// What became of a verdict's content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// This is it, JSON.
    Text(String),
    /// Its key was erased.
    Erased,
}

/// Seals and opens content.
pub(crate) struct Contents {
    keys: Option<DataKeys>,
    metrics: Metrics,
}

impl Contents {
    /// Checks the keys against what the database holds, so that a wrong one is found before anything is served.
    pub(crate) async fn open(
        records: Records,
        given: &ContentKeys,
        registry: &Registry,
    ) -> Result<Self, ContentError> {
        let metrics = Metrics::new(registry)?;
        let keys = match Keks::read(given)? {
            Some(keks) => Some(DataKeys::open(records, keks).await?),
            None => {
                keys::refuse_without_key(&records).await?;
                None
            }
        };
        Ok(Self { keys, metrics })
    }

    /// Encrypts the content of a batch, if there is a key.
    pub(crate) async fn seal(&self, tenant: &str, mut batch: Incoming) -> Result<Incoming, ContentError> {
        let Some(keys) = &self.keys else { return Ok(batch) };
        let mut work: Vec<(usize, Arc<DataKey>)> = Vec::new();
        let mut bytes = 0;
        for (index, event) in batch.events.iter().enumerate() {
            let Some(content) = &event.content else { continue };
            bytes += content.len();
            work.push((index, keys.for_writing(tenant, Day::of(event.ts)).await?));
        }
        if work.is_empty() {
            return Ok(batch);
        }
        self.metrics.sealed.inc_by(work.len() as u64);
        let tenant = tenant.to_owned();
        let seal = move || -> Result<Incoming, ContentError> {
            for (index, key) in work {
                let event = &mut batch.events[index];
                if let Some(content) = &mut event.content {
                    *content = key.seal(&tenant, event.id, FIELD, content)?.into();
                }
            }
            Ok(batch)
        };
        run(bytes, seal).await
    }

    /// Decrypts what the store holds for a verdict.
    pub(crate) async fn read(
        &self,
        tenant: &str,
        verdict: Uuid,
        stored: String,
    ) -> Result<Opened, ContentError> {
        let Some(envelope) = Envelope::parse(&stored)? else { return Ok(Opened::Text(stored)) };
        let keys = self.keys.as_ref().ok_or(ContentError::NoKey)?;
        let key = match keys.for_reading(tenant, envelope.key).await? {
            Found::Key(key) => key,
            Found::Erased => return Ok(Opened::Erased),
        };
        let tenant = tenant.to_owned();
        let opened = run(stored.len(), move || {
            let envelope = Envelope::parse(&stored)?.ok_or(ContentError::Damaged)?;
            key.open(&tenant, verdict, FIELD, &envelope)
        });
        opened.await.map(Opened::Text).inspect_err(|_| self.metrics.failed.inc())
    }

    /// Whether what the store holds for a verdict can no longer be read because its key was erased.
    pub(crate) async fn is_erased(&self, tenant: &str, stored: &str) -> Result<bool, ContentError> {
        match (Envelope::parse(stored)?, &self.keys) {
            (Some(envelope), Some(keys)) => {
                Ok(matches!(keys.for_reading(tenant, envelope.key).await?, Found::Erased))
            }
            _ => Ok(false),
        }
    }

    /// Counts that somebody was shown content.
    pub(crate) fn revealed(&self) {
        self.metrics.revealed.inc();
    }

    /// The keys, for rotation and erasure; `None`: content is not encrypted.
    pub(crate) fn keys(&self) -> Option<&DataKeys> {
        self.keys.as_ref()
    }
}

/// Runs `work` here, or on a thread for long work when it is about many bytes.
async fn run<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> Result<T, ContentError> + Send + 'static,
) -> Result<T, ContentError> {
    if bytes <= INLINE {
        return work();
    }
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(ContentError::Crypto))
}

#[cfg(test)]
mod tests;
