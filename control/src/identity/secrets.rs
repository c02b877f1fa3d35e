//! Secrets: what is too weak to be one, making new ones, and telling them without keeping them.

use agentguard_telemetry::Secret;
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq;

/// SHA-256 of a secret that nobody can guess: as good as the secret for telling it, useless for showing it.
pub(crate) type Hash = [u8; 32];

/// Fewest bytes of a key that signs or encrypts.
const MIN_KEY: usize = 32;
/// What examples and templates put where a secret belongs.
const PLACEHOLDERS: [&str; 10] = [
    "your_",
    "your-",
    "changeme",
    "change_me",
    "change-me",
    "replace_me",
    "replace-me",
    "placeholder",
    "<your",
    "example",
];

/// What is wrong with a key that others must not guess, in words that do not show it.
///
/// # Errors
/// What is wrong and what to do.
pub fn check_key(name: &str, key: &Secret) -> Result<(), String> {
    check_placeholder(name, key)?;
    let length = key.expose().len();
    if length < MIN_KEY {
        return Err(format!(
            "{name} has {length} bytes; it must have at least {MIN_KEY}: `openssl rand -hex 32` makes a good one"
        ));
    }
    let first = key.expose().as_bytes().first();
    if key.expose().bytes().all(|b| Some(&b) == first) {
        return Err(format!("{name} is one character many times; `openssl rand -hex 32` makes a good one"));
    }
    Ok(())
}

/// Whether a secret is still what a template had in its place.
///
/// # Errors
/// What is wrong and what to do.
pub fn check_placeholder(name: &str, secret: &Secret) -> Result<(), String> {
    let text = secret.expose().trim().to_ascii_lowercase();
    match PLACEHOLDERS.iter().any(|placeholder| text.starts_with(placeholder)) {
        true => Err(format!("{name} still holds a placeholder; put a secret of your own there")),
        false => Ok(()),
    }
}

/// A new token for programs that are started together: 32 random bytes, hexadecimal.
#[must_use]
pub fn new_token() -> Secret {
    Secret::new(random())
}

/// A new secret: 32 random bytes, hexadecimal.
pub(crate) fn random() -> String {
    hex(&rand::random::<[u8; 32]>())
}

/// A new id: 9 random bytes, hexadecimal.
pub(crate) fn id() -> String {
    hex(&rand::random::<[u8; 9]>())
}

/// The hash of a secret.
pub(crate) fn hash(secret: &str) -> Hash {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    out
}

/// Whether a secret is the one that was hashed. Takes as long whether it is or not.
pub(crate) fn is(secret: &str, hashed: &[u8]) -> bool {
    hash(secret).ct_eq(hashed).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests;
