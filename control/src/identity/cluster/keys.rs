//! The issuer's keys, read again when they are old or a token names one that is not among them, but not often.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::source::Source;

/// Between two readings, whoever asks for them: tokens with made-up key ids cost nothing.
const APART: Duration = Duration::from_secs(10);
/// Keys are read again after that; a key that was taken back is believed no longer.
const OLD: Duration = Duration::from_secs(300);
/// Keys of one issuer.
const MOST: usize = 64;

/// One key and how it signs.
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

type Set = HashMap<String, Arc<Key>>;

/// What is known of the issuer's keys.
pub(super) struct Keys {
    source: Source,
    known: ArcSwap<Set>,
    read: Mutex<Option<Instant>>,
    /// One reader at a time; the others wait for what it brings.
    turn: Semaphore,
}

impl Keys {
    pub(super) fn new(source: Source) -> Self {
        Self { source, known: ArcSwap::default(), read: Mutex::new(None), turn: Semaphore::new(1) }
    }

    /// The key of that id.
    pub(super) async fn find(&self, id: &str) -> Option<Arc<Key>> {
        let known = self.known.load().get(id).cloned();
        let age = self.read.lock().map(|at| at.elapsed());
        if known.is_none() || age.is_none_or(|age| age > OLD) {
            self.refresh().await;
            return self.known.load().get(id).cloned();
        }
        known
    }

    /// Reads them, unless that was done a moment ago. What cannot be read leaves what is known.
    pub(super) async fn refresh(&self) {
        let Ok(_turn) = self.turn.acquire().await else { return };
        if self.read.lock().is_some_and(|at| at.elapsed() < APART) {
            return;
        }
        match self.source.read().await.and_then(|text| set(&text)) {
            Ok(keys) => self.known.store(Arc::new(keys)),
            Err(why) => tracing::warn!(
                why,
                "the cluster issuer's keys cannot be read; sidecars are known by those read before"
            ),
        }
        *self.read.lock() = Some(Instant::now());
    }

    /// As if the last reading were long ago.
    #[cfg(test)]
    pub(super) fn age(&self) {
        *self.read.lock() = None;
    }
}

/// The keys of a JWK set (RFC 7517) that we know how to use, by id.
fn set(text: &[u8]) -> Result<Set, String> {
    let jwks: JwkSet =
        serde_json::from_slice(text).map_err(|_| "what was read is not a JWK set".to_owned())?;
    let keys: Set = jwks.keys.iter().take(MOST).filter_map(key).collect();
    if keys.is_empty() {
        Err("the JWK set holds no RSA or P-256 key with an id".to_owned())
    } else {
        Ok(keys)
    }
}

fn key(jwk: &Jwk) -> Option<(String, Arc<Key>)> {
    if jwk.common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
        return None;
    }
    let (algorithm, key) = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            (Algorithm::RS256, DecodingKey::from_rsa_components(&rsa.n, &rsa.e).ok()?)
        }
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, DecodingKey::from_ec_components(&ec.x, &ec.y).ok()?)
        }
        _ => return None,
    };
    Some((jwk.common.key_id.clone()?, Arc::new(Key { algorithm, key })))
}
