//! One JSON array whose elements arrive one by one.
//!
//! A frame ends with the bracket that closes an element, so that an element never waits for the separator behind it; the
//! separator opens the next frame. The array's own `]` ends a frame without payload. Only brackets and strings are
//! understood here: whether an element is JSON is the codec's business. An object that stands alone (an error, say)
//! is a frame, too.

use std::ops::Range;

/// The scanner's state between two pieces of input.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    /// Whether the array's own `[` was seen.
    opened: bool,
    /// Brackets open inside the current element.
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Scanner {
    /// How many of these bytes belong to the current frame, when it ends among them.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                at += self.string(&bytes[at..]);
                continue;
            }
            let byte = bytes[at];
            at += 1;
            match byte {
                b'"' => self.in_string = true,
                b'[' if self.depth == 0 && !self.opened => self.opened = true,
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Bytes up to and with the string's closing quote, or all of them.
    fn string(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        if std::mem::take(&mut self.escaped) {
            at = 1;
        }
        while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at..]) {
            at += found + 1;
            if bytes[at - 1] == b'"' {
                self.in_string = false;
                return at;
            }
            if at == bytes.len() {
                self.escaped = true;
                return at;
            }
            at += 1;
        }
        bytes.len()
    }
}

/// Where the element lies in a frame.
pub(super) fn payload(raw: &[u8]) -> Option<Range<usize>> {
    let start = raw.iter().position(|byte| !matches!(byte, b'[' | b',' | b' ' | b'\t' | b'\r' | b'\n'))?;
    let end = raw.trim_ascii_end().len();
    (raw[start] != b']').then_some(start..end)
}
