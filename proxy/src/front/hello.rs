//! The TLS ClientHello, as far as it says where a connection wants to go (RFC 8446, section 4.1.2; RFC 6066, section 3).
//!
//! Reads bytes as they arrive and answers nothing: whatever is no ClientHello is for the real server to judge. Only what the
//! decision needs is read, without an allocation but for the handshake message when it spans several records.

use std::borrow::Cow;

/// Bytes of a hello that are waited for. Browsers' are under 2 KiB, with post-quantum key shares too.
pub(crate) const MAX: usize = 16 << 10;

/// The record type of what a TLS client says first.
pub(crate) const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
/// Bytes before a record's content: type, version, length.
const RECORD: usize = 5;
const SERVER_NAME: u16 = 0;
const HOST_NAME: u8 = 0;
/// `encrypted_client_hello` (RFC 9849). Clients that do not use it may send a decoy of it.
const ENCRYPTED_HELLO: u16 = 0xfe0d;
/// A DNS name on the wire is no longer (RFC 1035, section 3.1).
const MAX_NAME: usize = 253;

/// What the bytes so far say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing yet: more bytes are needed.
    More,
    /// A ClientHello.
    Hello(Hello),
    /// Something else.
    Other,
}

/// What a ClientHello says of the server that it wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hello {
    /// Server name in lower case, without a dot at its end; `None`: none, or one that is no host name.
    pub(crate) name: Option<String>,
    /// Whether it may be for another server than the name says.
    pub(crate) encrypted: bool,
}

/// Reads the first bytes of a connection.
pub(crate) fn read(bytes: &[u8]) -> Progress {
    let message = match handshake(bytes) {
        Ok(Some(message)) => message,
        Ok(None) if bytes.len() >= MAX => return Progress::Other,
        Ok(None) => return Progress::More,
        Err(Malformed) => return Progress::Other,
    };
    hello(&message).map_or(Progress::Other, Progress::Hello)
}

struct Malformed;

/// The first handshake message whole, without its header; `None`: not whole yet.
fn handshake(bytes: &[u8]) -> Result<Option<Cow<'_, [u8]>>, Malformed> {
    let mut rest = bytes;
    let mut joined: Cow<'_, [u8]> = Cow::Borrowed(&[]);
    loop {
        // What has arrived of the record's header must fit already: other protocols are told by their first byte.
        let header = [rest.first(), rest.get(1)];
        if header[0].is_some_and(|kind| *kind != HANDSHAKE) || header[1].is_some_and(|major| *major != 3) {
            return Err(Malformed);
        }
        let Some(length) = rest.get(3..RECORD).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]]))) else {
            return Ok(None);
        };
        if length == 0 {
            return Err(Malformed);
        }
        let content = &rest[RECORD..];
        let piece = &content[..length.min(content.len())];
        if joined.is_empty() {
            joined = Cow::Borrowed(piece);
        } else {
            joined.to_mut().extend_from_slice(piece);
        }
        if joined.first().is_some_and(|kind| *kind != CLIENT_HELLO) {
            return Err(Malformed);
        }
        if let Some(header) = joined.get(1..4) {
            let whole =
                4 + (usize::from(header[0]) << 16 | usize::from(header[1]) << 8 | usize::from(header[2]));
            if joined.len() >= whole {
                return Ok(Some(match joined {
                    Cow::Borrowed(message) => Cow::Borrowed(&message[4..whole]),
                    Cow::Owned(message) => Cow::Owned(message[4..whole].to_vec()),
                }));
            }
        }
        if content.len() < length {
            return Ok(None);
        }
        rest = &content[length..];
    }
}

fn hello(message: &[u8]) -> Option<Hello> {
    let mut rest = message;
    take(&mut rest, 2 + 32)?; // version and random
    vector8(&mut rest)?; // session id
    vector16(&mut rest)?; // cipher suites
    vector8(&mut rest)?; // compression methods
    let mut found = Hello::default();
    if rest.is_empty() {
        return Some(found); // TLS 1.0 without extensions
    }
    let mut extensions = vector16(&mut rest)?;
    while !extensions.is_empty() {
        let kind = u16_of(&mut extensions)?;
        let mut content = vector16(&mut extensions)?;
        match kind {
            SERVER_NAME => found.name = server_name(&mut content)?,
            ENCRYPTED_HELLO => found.encrypted = true,
            _ => {}
        }
    }
    Some(found)
}

/// The host name of a list of names; `None` within: there is none that could be one.
fn server_name(content: &mut &[u8]) -> Option<Option<String>> {
    let mut names = vector16(content)?;
    while !names.is_empty() {
        let kind = take(&mut names, 1)?[0];
        let name = vector16(&mut names)?;
        if kind == HOST_NAME {
            return Some(host_name(name));
        }
    }
    Some(None)
}

/// A host name in lower case without the root's dot, if it is one: letters, digits, hyphens, underscores and dots.
pub(crate) fn host_name(name: &[u8]) -> Option<String> {
    let name = name.strip_suffix(b".").unwrap_or(name);
    let valid = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if name.is_empty()
        || name.len() > MAX_NAME
        || !name.iter().all(valid)
        || name.split(|b| *b == b'.').any(<[u8]>::is_empty)
    {
        return None;
    }
    String::from_utf8(name.to_ascii_lowercase()).ok()
}

fn take<'b>(rest: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

fn u16_of(rest: &mut &[u8]) -> Option<u16> {
    take(rest, 2).map(|b| u16::from_be_bytes([b[0], b[1]]))
}

fn vector8<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = take(rest, 1)?[0];
    take(rest, length.into())
}

fn vector16<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = u16_of(rest)?;
    take(rest, length.into())
}

#[cfg(test)]
mod tests;
