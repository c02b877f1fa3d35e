//! What was looked up a moment ago, so that a credential that comes with every request is not looked up for every request.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::secrets::Hash;

/// How long something taken back elsewhere may still be believed here.
pub(super) const KEPT: Duration = Duration::from_secs(5);
/// Credentials kept; past this all are forgotten, which costs a look-up each.
const MOST: usize = 10_000;

/// Values by the hash of the credential.
pub(super) struct Recent<T>(Mutex<HashMap<Hash, (Instant, T)>>);

impl<T: Clone> Recent<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    pub(super) fn get(&self, key: &Hash) -> Option<T> {
        let known = self.0.lock();
        known.get(key).filter(|(since, _)| since.elapsed() < KEPT).map(|(_, value)| value.clone())
    }

    pub(super) fn put(&self, key: Hash, value: T) {
        let mut known = self.0.lock();
        if known.len() >= MOST {
            known.retain(|_, (since, _)| since.elapsed() < KEPT);
        }
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key, (Instant::now(), value));
    }

    /// Forgets everything: something was taken back.
    pub(super) fn clear(&self) {
        self.0.lock().clear();
    }
}
