//! From `ENCRYPTION_KEY` to the key that wraps data keys.

use agentguard_telemetry::Secret;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use ring::aead::AES_256_GCM;
use ring::hkdf::{HKDF_SHA256, Salt};
use zeroize::Zeroizing;

use super::sealed::Key;
use super::{ContentError, ContentKeys};
use crate::identity::secrets::{check_placeholder, hex};

const SALT: &[u8] = b"agentguard content v1";
const WRAPS: &[u8] = b"key that wraps data keys";
const NAMES: &[u8] = b"id of the key";

/// A key that wraps data keys.
pub(super) struct Kek {
    /// 16 hexadecimal digits that follow from it and tell nothing about it: which key something is wrapped under.
    pub(super) id: String,
    pub(super) key: Key,
}

/// The one that wraps now, and the one before it.
pub(super) struct Keks {
    pub(super) current: Kek,
    pub(super) previous: Option<Kek>,
}

impl Keks {
    /// Reads both; `None`: there is none.
    pub(super) fn read(given: &ContentKeys) -> Result<Option<Self>, ContentError> {
        let previous =
            given.previous.as_ref().map(|key| Kek::new("ENCRYPTION_KEY_PREVIOUS", key)).transpose()?;
        match &given.key {
            Some(key) => Ok(Some(Self { current: Kek::new("ENCRYPTION_KEY", key)?, previous })),
            None if previous.is_some() => Err(ContentError::PreviousOnly),
            None => Ok(None),
        }
    }

    /// That with this id.
    pub(super) fn named(&self, id: &str) -> Option<&Kek> {
        let previous = self.previous.as_ref();
        std::iter::once(&self.current).chain(previous).find(|kek| kek.id == id)
    }
}

impl Kek {
    fn new(name: &'static str, secret: &Secret) -> Result<Self, ContentError> {
        check_placeholder(name, secret).map_err(ContentError::Weak)?;
        let bytes = bytes(secret.expose().trim()).ok_or(ContentError::Form(name))?;
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            let what = "is one byte many times; `openssl rand -hex 32` makes a good one";
            return Err(ContentError::Weak(format!("{name} {what}")));
        }
        let derived = Salt::new(HKDF_SHA256, SALT).extract(&bytes[..]);
        let derive = |info: &[u8]| {
            let mut out = Key::default();
            let filled = derived.expand(&[info], &AES_256_GCM).and_then(|okm| okm.fill(&mut out[..]));
            filled.map(|()| out).map_err(|_| ContentError::Crypto)
        };
        let id = hex(&derive(NAMES)?[..8]);
        Ok(Self { id, key: derive(WRAPS)? })
    }
}

/// 32 bytes from one of the three forms. They cannot be mistaken for one another: they differ in length.
fn bytes(text: &str) -> Option<Key> {
    let mut out = Key::default();
    let decoded: Zeroizing<Vec<u8>> = match text.len() {
        32 => text.as_bytes().to_vec(),
        64 => {
            let digit = |at: usize| char::from(text.as_bytes()[at]).to_digit(16);
            let byte = |at: usize| Some((digit(2 * at)? * 16 + digit(2 * at + 1)?) as u8);
            (0..32).map(byte).collect::<Option<Vec<u8>>>()?
        }
        43 => STANDARD_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()?,
        44 => STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()?,
        _ => return None,
    }
    .into();
    (decoded.len() == out.len()).then(|| {
        out.copy_from_slice(&decoded);
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kek(text: &str) -> Result<Kek, ContentError> {
        Kek::new("ENCRYPTION_KEY", &Secret::new(text))
    }

    #[test]
    fn three_forms_of_one_key_are_one_key() {
        let raw = "0123456789abcdefghijklmnopqrstuv";
        let forms = [raw.to_owned(), hex(raw.as_bytes()), STANDARD.encode(raw), URL_SAFE_NO_PAD.encode(raw)];
        let keys: Vec<Kek> = forms.iter().map(|form| kek(&format!("{form}\n")).unwrap()).collect();
        assert!(keys.iter().all(|key| key.id == keys[0].id && key.key == keys[0].key));
        let other = kek("0123456789abcdefghijklmnopqrstuw").unwrap();
        assert!(other.id != keys[0].id && other.key != keys[0].key);
        assert!(!hex(&keys[0].key[..]).contains(&keys[0].id), "the id is derived apart");
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        for text in [
            "",
            "short-and-secret",
            "your_encryption_key_32_characters",
            "changeme-changeme-changeme-chang",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "0123456789abcdefghijklmnopqrstuvwxyz",
            &"g".repeat(64),
            &"!".repeat(44),
        ] {
            let error = kek(text).err().unwrap_or_else(|| panic!("{text} is taken")).to_string();
            assert!(
                error.starts_with("ENCRYPTION_KEY ") && error.contains("openssl rand")
                    || error.contains("placeholder")
            );
            assert!(text.len() < 5 || !error.contains(text), "{error}");
        }
    }
}
