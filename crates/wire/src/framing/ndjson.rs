//! One JSON value a line. A frame is a line with its end; blank lines are frames without payload.

use std::ops::Range;

/// How many of these bytes belong to the frame, when it ends among them.
pub(super) fn end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr(b'\n', bytes).map(|at| at + 1)
}

/// Where the value lies in a line.
pub(super) fn payload(raw: &[u8]) -> Option<Range<usize>> {
    let start = raw.len() - raw.trim_ascii_start().len();
    let end = raw.trim_ascii_end().len();
    (start < end).then_some(start..end)
}
