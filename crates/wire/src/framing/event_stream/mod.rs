//! `application/vnd.amazon.eventstream`, the binary framing in which AWS streams (Amazon Event Stream Specification,
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>).
//!
//! A message is a prelude (length of the message, length of its headers, CRC-32 of both), headers, a payload, and the CRC-32
//! of everything before; numbers are big-endian, the CRC is that of gzip (ISO-HDLC). Messages follow each other without
//! anything between them, so that a prelude that is wrong leaves no way to find the next message: the rest of such a stream
//! is not read. A message whose prelude is right and whose own checksum or headers are wrong is skipped.
//!
//! Headers are held to the bound that AWS's SDKs hold them to ([`MAX_HEADERS`]). Whole messages are held to
//! [`super::MAX_FRAME`], like every other frame: a longer one passes in pieces, unread.

mod header;
mod scanner;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use header::HeaderValue;
pub(super) use scanner::Scanner;

/// Most bytes of headers in a message.
pub const MAX_HEADERS: usize = 128 << 10;

/// Two lengths and their checksum.
const PRELUDE: usize = 12;
/// What a message has besides headers and payload: the prelude and the checksum at the end.
const OVERHEAD: usize = PRELUDE + 4;

/// The name under which the payload of an exception or an error is handed on: no event is called so.
pub(crate) const EXCEPTION: &str = "exception";

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventStreamError {
    /// Fewer or more bytes than the message says it has.
    #[error("{actual} bytes are not the {declared} that the message declares")]
    Incomplete {
        /// Bytes there are.
        actual: usize,
        /// Bytes that the prelude declares.
        declared: usize,
    },
    /// The lengths in the prelude contradict each other, or the headers are over [`MAX_HEADERS`].
    #[error("a message of {total} bytes cannot have {headers} bytes of headers")]
    Lengths {
        /// Declared length of the message.
        total: usize,
        /// Declared length of its headers.
        headers: usize,
    },
    /// The prelude's checksum is not that of its lengths.
    #[error("the checksum of a message's prelude is wrong: the stream is damaged from here on")]
    PreludeChecksum,
    /// The message's checksum is not that of its bytes.
    #[error("a message's checksum is wrong: it was damaged on its way")]
    MessageChecksum,
    /// A header is cut off, of an unknown type, not UTF-8, too long to be written, or there twice.
    #[error("a message's header is malformed: {0}")]
    Header(&'static str),
    /// More than the format's length fields can say.
    #[error("a message of that size cannot be written")]
    TooLarge,
}

/// One message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message<'a> {
    /// Names and values, in order. Names are unique.
    pub headers: Vec<(&'a str, HeaderValue<'a>)>,
    /// What it carries.
    pub payload: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads a whole message, both checksums included.
    ///
    /// # Errors
    /// Any [`EventStreamError`].
    pub fn parse(raw: &'a [u8]) -> Result<Self, EventStreamError> {
        let (headers, payload) = parts(raw)?;
        Ok(Self { headers: header::read(headers)?, payload })
    }

    /// The message's bytes.
    ///
    /// # Errors
    /// [`EventStreamError::Header`] or [`EventStreamError::TooLarge`] when something is longer than the format can say.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EventStreamError> {
        let mut headers = Vec::new();
        for (number, (name, value)) in self.headers.iter().enumerate() {
            if self.headers[..number].iter().any(|(other, _)| other == name) {
                return Err(EventStreamError::Header("a name is there twice"));
            }
            header::write(name, value, &mut headers)?;
        }
        if headers.len() > MAX_HEADERS {
            return Err(EventStreamError::Header("there are too many"));
        }
        if self.payload.len() > u32::MAX as usize - OVERHEAD - MAX_HEADERS {
            return Err(EventStreamError::TooLarge);
        }
        let mut out = Vec::new();
        assemble(&headers, self.payload, &mut out);
        Ok(out)
    }

    /// The value of a header that is a string.
    #[must_use]
    pub fn string(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find_map(|(given, value)| match value {
            HeaderValue::String(text) if *given == name => Some(*text),
            _ => None,
        })
    }
}

/// Length of a message, and of its headers, as its prelude declares them.
struct Prelude {
    total: usize,
    headers: usize,
}

impl Prelude {
    fn parse(raw: &[u8; PRELUDE]) -> Result<Self, EventStreamError> {
        let [total, headers, checksum] = [0, 4, 8].map(|at| word(&raw[at..]));
        if crc32fast::hash(&raw[..PRELUDE - 4]) != checksum {
            return Err(EventStreamError::PreludeChecksum);
        }
        let (total, headers) = (total as usize, headers as usize);
        if headers > MAX_HEADERS || total < OVERHEAD + headers {
            return Err(EventStreamError::Lengths { total, headers });
        }
        Ok(Self { total, headers })
    }
}

/// The four bytes at the beginning as a number; missing ones are zero.
fn word(bytes: &[u8]) -> u32 {
    bytes.iter().copied().chain(std::iter::repeat(0)).take(4).fold(0, |sum, byte| sum << 8 | u32::from(byte))
}

/// The bytes of headers and payload of a message whose checksums are right.
fn parts(raw: &[u8]) -> Result<(&[u8], &[u8]), EventStreamError> {
    let Some(prelude) = raw.first_chunk::<PRELUDE>() else {
        return Err(EventStreamError::Incomplete { actual: raw.len(), declared: OVERHEAD });
    };
    let Prelude { total, headers } = Prelude::parse(prelude)?;
    if raw.len() != total {
        return Err(EventStreamError::Incomplete { actual: raw.len(), declared: total });
    }
    let (message, checksum) = raw.split_at(total - 4);
    if crc32fast::hash(message) != word(checksum) {
        return Err(EventStreamError::MessageChecksum);
    }
    Ok(message[PRELUDE..].split_at(headers))
}

/// Puts a message together. Both lengths fit: what is written here was read within [`super::MAX_FRAME`], or is our own.
fn assemble(headers: &[u8], payload: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let total = OVERHEAD + headers.len() + payload.len();
    out.reserve(total);
    for length in [total, headers.len()] {
        out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    }
    out.extend_from_slice(&crc32fast::hash(&out[start..]).to_be_bytes());
    out.extend_from_slice(headers);
    out.extend_from_slice(payload);
    out.extend_from_slice(&crc32fast::hash(&out[start..]).to_be_bytes());
}

/// What a message is called and what it carries; `None` when it is damaged. Exceptions are all called [`EXCEPTION`], and so
/// is an error, which has its words in headers.
pub(super) fn payload(raw: &[u8]) -> Option<(Option<&str>, Cow<'_, [u8]>)> {
    let message = Message::parse(raw).ok()?;
    Some(match message.string(":message-type") {
        Some("exception") => (Some(EXCEPTION), Cow::Borrowed(message.payload)),
        Some("error") => {
            let told = [":error-message", ":error-code"].into_iter().find_map(|name| message.string(name));
            let said = serde_json::json!({"message": told.unwrap_or("error")});
            (Some(EXCEPTION), Cow::Owned(said.to_string().into_bytes()))
        }
        _ => (message.string(":event-type"), Cow::Borrowed(message.payload)),
    })
}

/// The message with another payload, and the checksum of that; headers stay as they are.
pub(super) fn replace(raw: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match parts(raw) {
        Ok((headers, _)) => assemble(headers, data, &mut out),
        Err(_) => out.extend_from_slice(raw),
    }
    out
}

/// One message of that event with JSON in it. A name that ends in `Exception` is one, as AWS names them all.
pub(super) fn write(name: Option<&str>, data: &[u8], out: &mut Vec<u8>) {
    let name = name.unwrap_or_default();
    let (header, kind) = match name.ends_with("Exception") {
        true => (":exception-type", "exception"),
        false => (":event-type", "event"),
    };
    let mut headers = Vec::new();
    for (name, value) in [(header, name), (":content-type", "application/json"), (":message-type", kind)] {
        // Names and values are constants of this crate, all of them short.
        let _ = header::write(name, &HeaderValue::String(value), &mut headers);
    }
    assemble(&headers, data, out);
}
