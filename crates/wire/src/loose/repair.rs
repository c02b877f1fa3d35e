//! Bytes that strict JSON refuses and lenient clients read: invalid UTF-8, halves of surrogate pairs (text cut between
//! two UTF-16 units), `NaN` and infinities (Python's default encoder writes them for log-probabilities).

use std::borrow::Cow;

/// The text with U+FFFD in place of what is not Unicode and `null` in place of numbers that JSON lacks.
pub(super) fn text(data: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(data);
    let mut out = String::with_capacity(text.len());
    let mut rest: &str = &text;
    let mut in_string = false;
    while let Some(ch) = rest.chars().next() {
        let (written, taken) = match ch {
            '"' => {
                in_string = !in_string;
                ("\"", 1)
            }
            '\\' if in_string => escape(rest),
            _ if !in_string => match non_number(rest) {
                Some(taken) => ("null", taken),
                None => (&rest[..ch.len_utf8()], ch.len_utf8()),
            },
            _ => (&rest[..ch.len_utf8()], ch.len_utf8()),
        };
        out.push_str(written);
        rest = &rest[taken..];
    }
    Cow::Owned(out)
}

/// The escape at the front of `rest`: what to write and how many bytes to take.
fn escape(rest: &str) -> (&str, usize) {
    match unit(rest) {
        Some(0xD800..=0xDBFF) if matches!(rest.get(6..).and_then(unit), Some(0xDC00..=0xDFFF)) => {
            (&rest[..12], 12)
        }
        Some(0xD800..=0xDFFF) => ("\\ufffd", 6),
        _ => {
            let taken = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            (&rest[..taken], taken)
        }
    }
}

/// The UTF-16 unit of the `\uXXXX` at the front.
fn unit(rest: &str) -> Option<u16> {
    u16::from_str_radix(rest.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

/// The length of a number at the front that JSON does not have.
fn non_number(rest: &str) -> Option<usize> {
    ["NaN", "Infinity", "-Infinity"].iter().find(|word| rest.starts_with(**word)).map(|word| word.len())
}
