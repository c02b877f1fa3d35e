//! Server-sent events (WHATWG HTML, section 9.2.5 and 9.2.6).
//!
//! A frame is an event block with the blank line that dispatches it. A blank line that nothing precedes is a frame of its
//! own. Unlike the standard, a block that the end of the stream leaves without its blank line is read: several SDKs do.

use std::borrow::Cow;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The scanner's state between two pieces of input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Scanner {
    /// At the start of a line that no lone CR ended.
    #[default]
    Start,
    /// At the start of a line that a CR ended; an LF now belongs to that end.
    AfterCr,
    /// Inside a line.
    Line,
    /// A blank line ended with a CR after lines that end with LF: an LF is to be expected and belongs to this frame.
    BlankCr,
}

impl Scanner {
    /// How many of these bytes belong to the current frame, when it ends among them. `Some(0)`: it ended before them.
    ///
    /// A lone CR may be half a CRLF whose LF comes later. Where lines end with a lone CR, a second CR ends the frame at once
    /// (an LF behind it becomes a frame of its own, a blank line); elsewhere the frame waits for the byte after.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match (*self, byte) {
                (Self::BlankCr, _) => {
                    *self = Self::Start;
                    return Some(at + usize::from(byte == b'\n'));
                }
                (Self::AfterCr, b'\n') => {
                    *self = Self::Start;
                    at += 1;
                }
                (Self::Start, b'\n') => return Some(at + 1),
                (Self::AfterCr, b'\r') => {
                    *self = Self::Start;
                    return Some(at + 1);
                }
                (Self::Start, b'\r') => {
                    *self = Self::BlankCr;
                    at += 1;
                }
                (Self::Start | Self::AfterCr | Self::Line, _) => {
                    let Some(found) = memchr::memchr2(b'\r', b'\n', &bytes[at..]) else {
                        *self = Self::Line;
                        return None;
                    };
                    at += found + 1;
                    *self = if bytes[at - 1] == b'\r' { Self::AfterCr } else { Self::Start };
                }
            }
        }
        None
    }
}

/// A line without its end, and the end.
fn lines(mut raw: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        if raw.is_empty() {
            return None;
        }
        let line = memchr::memchr2(b'\r', b'\n', raw).unwrap_or(raw.len());
        let end = match raw[line..] {
            [] => 0,
            [b'\r', b'\n', ..] => 2,
            _ => 1,
        };
        let found = (&raw[..line], &raw[line..line + end]);
        raw = &raw[line + end..];
        Some(found)
    })
}

/// The value of a line, when it is that field.
fn field<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    match line.strip_prefix(name.as_bytes())? {
        [] => Some(b""),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        _ => None,
    }
}

/// Name and data of an event block; `None` when it has no data or only blank data.
pub(super) fn payload(raw: &[u8]) -> Option<(Option<&str>, Cow<'_, [u8]>)> {
    let mut name = None;
    let mut data: Option<Cow<'_, [u8]>> = None;
    for (line, _) in lines(raw.strip_prefix(BOM).unwrap_or(raw)) {
        if let Some(value) = field(line, "data") {
            match &mut data {
                None => data = Some(Cow::Borrowed(value)),
                Some(data) => {
                    let data = data.to_mut();
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
            }
        } else if let Some(value) = field(line, "event") {
            name = std::str::from_utf8(value).ok().filter(|name| !name.is_empty());
        }
    }
    data.filter(|data| !data.trim_ascii().is_empty()).map(|data| (name, data))
}

/// The block with other data in place of its data lines; every other line stays.
pub(super) fn replace(raw: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + data.len());
    let body = raw.strip_prefix(BOM).unwrap_or(raw);
    out.extend_from_slice(&raw[..raw.len() - body.len()]);
    let mut data = Some(data);
    for (line, end) in lines(body) {
        if field(line, "data").is_none() {
            out.extend_from_slice(line);
            out.extend_from_slice(end);
        } else if let Some(data) = data.take() {
            let end: &[u8] = if end.is_empty() { b"\n" } else { end };
            write_data(data, end, &mut out);
        }
    }
    out
}

/// One event block.
pub(super) fn write(name: Option<&str>, data: &[u8], out: &mut Vec<u8>) {
    if let Some(name) = name {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name.as_bytes());
        out.push(b'\n');
    }
    write_data(data, b"\n", out);
    out.push(b'\n');
}

fn write_data(data: &[u8], end: &[u8], out: &mut Vec<u8>) {
    for line in data.split(|byte| *byte == b'\n') {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.extend_from_slice(end);
    }
}

/// A comment and the blank line after it, which dispatches nothing.
pub(super) fn comment(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 4);
    for line in text.split(['\r', '\n']) {
        out.extend_from_slice(b": ");
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    out.push(b'\n');
    out
}
