//! Header values that may be shown in logs and errors, and those that may not.

use std::borrow::Cow;

/// Shown instead of a value that may hold a credential.
pub const REDACTED: &str = "[redacted]";

/// Names that hold credentials although none of [`PARTS`] is in them.
const NAMES: &[&str] = &["cookie", "set-cookie", "www-authenticate", "proxy-authenticate"];
/// What a credential's header is called, one way or the other: `x-api-key`, `x-goog-api-key`, `x-amz-security-token`, ….
const PARTS: &[&str] =
    &["authorization", "key", "token", "secret", "password", "credential", "signature", "session"];

/// Whether the header may hold a credential. Rather one too many.
#[must_use]
pub fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || PARTS.iter().any(|part| name.contains(part))
}

/// The value as it may be shown.
#[must_use]
pub fn shown<'v>(name: &str, value: &'v [u8]) -> Cow<'v, str> {
    if is_sensitive(name) { Cow::Borrowed(REDACTED) } else { String::from_utf8_lossy(value) }
}

#[cfg(test)]
mod tests;
