//! AES-256-GCM (NIST SP 800-38D) under a random nonce, and how sealed content is written down.
//!
//! Random 96-bit nonces allow 2³² messages under one key (SP 800-38D, 8.3): a data key is for one tenant and one day, so that is 49,000
//! contents a second.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::ContentError;

/// A key: wiped when it is dropped. What ring derives from it for one operation is not.
pub(super) type Key = Zeroizing<[u8; 32]>;

/// Begins sealed content; what is stored as it came begins with `{`.
const PREFIX: &str = "agc1";

/// A new random key.
pub(super) fn random_key() -> Result<Key, ContentError> {
    let mut key = Key::default();
    SystemRandom::new().fill(&mut key[..]).map_err(|_| ContentError::Crypto)?;
    Ok(key)
}

/// Nonce, ciphertext and tag, one after the other.
pub(super) fn seal(key: &Key, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, ContentError> {
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).map_err(|_| ContentError::Crypto)?;
    let mut out = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(plain);
    let tag = cipher(key)?
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(aad),
            &mut out[NONCE_LEN..],
        )
        .map_err(|_| ContentError::Crypto)?;
    out.extend_from_slice(tag.as_ref());
    Ok(out)
}

/// Back from [`seal`]; nothing of the plain text unless every byte, of the associated data, too, is what it was.
pub(super) fn open(key: &Key, aad: &[u8], mut sealed: Vec<u8>) -> Result<Vec<u8>, ContentError> {
    let (nonce, body) = sealed.split_at_mut_checked(NONCE_LEN).ok_or(ContentError::Damaged)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| ContentError::Damaged)?;
    let length =
        cipher(key)?.open_in_place(nonce, Aad::from(aad), body).map_err(|_| ContentError::Damaged)?.len();
    sealed.copy_within(NONCE_LEN..NONCE_LEN + length, 0);
    sealed.truncate(length);
    Ok(sealed)
}

/// What is authenticated besides the text: each part with its length before it, so that no two lists of parts read the same.
pub(super) fn aad(parts: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(&(part.len() as u64).to_le_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out
}

fn cipher(key: &Key) -> Result<LessSafeKey, ContentError> {
    let key = UnboundKey::new(&AES_256_GCM, &key[..]).map_err(|_| ContentError::Crypto)?;
    Ok(LessSafeKey::new(key))
}

/// Sealed content as the store keeps it: `agc1:KEY:BASE64`. Text, so that both databases keep it where they keep what is not sealed.
pub(super) struct Envelope<'t> {
    /// The data key's id.
    pub(super) key: &'t str,
    sealed: &'t str,
}

impl<'t> Envelope<'t> {
    /// Reads it; `None`: it is content as it came.
    pub(super) fn parse(stored: &'t str) -> Result<Option<Self>, ContentError> {
        if stored.starts_with('{') {
            return Ok(None);
        }
        let mut parts = stored.splitn(3, ':');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(PREFIX), Some(key), Some(sealed)) => Ok(Some(Self { key, sealed })),
            _ => Err(ContentError::Damaged),
        }
    }

    /// Nonce, ciphertext and tag.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, ContentError> {
        URL_SAFE_NO_PAD.decode(self.sealed).map_err(|_| ContentError::Damaged)
    }

    /// Writes it down.
    pub(super) fn write(key: &str, sealed: &[u8]) -> String {
        let mut out = String::with_capacity(PREFIX.len() + key.len() + 2 + sealed.len().div_ceil(3) * 4);
        out.push_str(PREFIX);
        out.push(':');
        out.push_str(key);
        out.push(':');
        URL_SAFE_NO_PAD.encode_string(sealed, &mut out);
        out
    }
}
