//! What ties an entry to the one before it.

use std::fmt;
use std::sync::Arc;

use agentguard_telemetry::Secret;
use ring::{digest, hkdf, hmac};

/// Bytes of a MAC.
pub(super) const MAC: usize = 32;
/// The key id of a chain without a key.
pub(super) const PLAIN: &str = "plain";

/// The MAC of the chain: HMAC-SHA-256 under a key derived by HKDF (RFC 5869), or SHA-256 where there is no secret.
#[derive(Clone)]
pub(crate) struct Chain {
    key: Option<Arc<hmac::Key>>,
    id: Arc<str>,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chain({})", self.id)
    }
}

/// The parts of an entry, in the order in which they are authenticated.
pub(super) struct Fields<'a> {
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) tenant: &'a str,
    pub(super) actor: &'a str,
    pub(super) address: &'a str,
    pub(super) request_id: &'a str,
    pub(super) action: &'a str,
    pub(super) object: &'a str,
    pub(super) outcome: &'a str,
    pub(super) detail: &'a str,
}

impl Chain {
    /// Under a key derived from the secret, if there is one.
    pub(crate) fn new(secret: Option<&Secret>) -> Self {
        let Some(key) = secret.and_then(|secret| derive(secret.expose())) else {
            return Self { key: None, id: PLAIN.into() };
        };
        let mark = hmac::sign(&key, b"agentguard audit key id");
        let id: String = mark.as_ref()[..6].iter().map(|b| format!("{b:02x}")).collect();
        Self { key: Some(Arc::new(key)), id: id.into() }
    }

    /// Which key: a few bytes that depend on it and say nothing about it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Whether a forger would need a key.
    pub(crate) fn keyed(&self) -> bool {
        self.key.is_some()
    }

    /// The MAC of an entry after the one whose MAC was `before`.
    pub(super) fn mac(&self, before: &[u8], fields: &Fields<'_>) -> [u8; MAC] {
        let message = message(before, fields);
        let tag = match &self.key {
            Some(key) => hmac::sign(key, &message).as_ref().to_vec(),
            None => plain(&message),
        };
        let mut mac = [0; MAC];
        mac.copy_from_slice(&tag);
        mac
    }

    /// The MAC that the entry should have under that key; `None`: this chain does not have that key.
    pub(super) fn expected(&self, key_id: &str, before: &[u8], fields: &Fields<'_>) -> Option<[u8; MAC]> {
        if key_id == &*self.id {
            return Some(self.mac(before, fields));
        }
        (key_id == PLAIN).then(|| Self { key: None, id: PLAIN.into() }.mac(before, fields))
    }
}

fn plain(message: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, message).as_ref().to_vec()
}

fn derive(secret: &str) -> Option<hmac::Key> {
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"agentguard").extract(secret.as_bytes());
    // Fails only for lengths that this is not.
    prk.expand(&[b"audit chain 1"], hmac::HMAC_SHA256).ok().map(hmac::Key::from)
}

/// Every part with its length before it: no two entries have one message.
fn message(before: &[u8], fields: &Fields<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let mut part = |bytes: &[u8]| {
        out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        out.extend_from_slice(bytes);
    };
    part(before);
    part(&fields.seq.to_be_bytes());
    part(&fields.at.to_be_bytes());
    for text in [
        fields.tenant,
        fields.actor,
        fields.address,
        fields.request_id,
        fields.action,
        fields.object,
        fields.outcome,
        fields.detail,
    ] {
        part(text.as_bytes());
    }
    out
}
