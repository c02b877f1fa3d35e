//! From what a pattern matched to what is cut out: boundaries, check digits, the rest of what is longer than its pattern.
//!
//! Every check costs at most a constant times the pattern's length, or the length of what it then cuts out.

use std::ops::Range;

use crate::credentials::Rest;
use crate::kind::Kind;
use crate::numbers::{is_card, is_iban};
use crate::personal::Test;
use crate::text::{begins, is_mixed, is_token, run, without_escape};

/// Bytes of a private key in PEM: one of 16,384 bits has about 12,700.
const PEM: usize = 16 << 10;
const PEM_END: &[u8] = b"-----END ";
/// Characters of an e-mail address before the `@`; RFC 5321 4.5.3.1.1 allows 64.
const LOCAL: usize = 64;

/// What a search remembers so that it asks once.
#[derive(Default)]
pub(crate) struct Seen {
    /// The first end of a PEM block at or after the place that was asked for last.
    pem_end: Option<(usize, Option<usize>)>,
}

/// A verdict on a match.
pub(crate) enum Checked {
    /// This is cut out.
    Cut(Range<usize>, Kind),
    /// Nothing; go on at this byte.
    Skip(usize),
}

/// A credential that was found by its first letters.
pub(crate) fn credential(
    text: &[u8],
    found: Range<usize>,
    kind: Kind,
    rest: Rest,
    seen: &mut Seen,
) -> Checked {
    let skip = Checked::Skip(found.start + 1);
    if matches!(rest, Rest::Pem) {
        return Checked::Cut(found.start..pem_end(text, &found, seen), kind);
    }
    if !begins(text, found.start) {
        return skip;
    }
    let end = run(text, found.end, |byte| match rest {
        Rest::Token | Rest::Pem => is_token(byte),
        Rest::Jwt => is_token(byte) || byte == b'.' || byte == b'=',
        Rest::Bearer => is_bearer(byte),
    });
    let end = without_stops(text, found.end, end);
    let key = &text[found.start..end];
    let whole = match rest {
        Rest::Jwt => key.iter().filter(|byte| **byte == b'.').count() >= 2,
        _ => key.iter().any(u8::is_ascii_digit),
    };
    if whole { Checked::Cut(found.start..end, kind) } else { skip }
}

/// The end without the full stops of a sentence, but not before `least`.
fn without_stops(text: &[u8], least: usize, end: usize) -> usize {
    least + text[least..end].iter().rposition(|byte| *byte != b'.').map_or(0, |at| at + 1)
}

/// Where the block ends: with its last line, or, where that is missing, with what can be part of it.
fn pem_end(text: &[u8], found: &Range<usize>, seen: &mut Seen) -> usize {
    let end = match seen.pem_end {
        Some((asked, end)) if asked <= found.end && end.is_none_or(|end| end >= found.end) => end,
        _ => {
            let end = memchr::memmem::find(&text[found.end..], PEM_END).map(|at| found.end + at);
            seen.pem_end = Some((found.end, end));
            end
        }
    };
    match end.filter(|end| end - found.start <= PEM) {
        Some(end) => {
            let line = &text[end + PEM_END.len()..text.len().min(end + PEM_END.len() + 64)];
            let dashes = memchr::memmem::find(line, b"-----");
            dashes.map_or(end + PEM_END.len(), |at| end + PEM_END.len() + at + 5)
        }
        // `\n` is how JSON writes a line's end.
        None => run(text, found.end, |byte| is_bearer(byte) || byte.is_ascii_whitespace() || byte == b'\\'),
    }
}

/// What was found by its form.
pub(crate) fn personal(text: &[u8], found: Range<usize>, test: Test) -> Checked {
    match test {
        Test::Scheme => scheme(text, found),
        Test::Assigned => assigned(text, found),
        Test::Url => {
            let at = found.start + 3;
            let colon = memchr::memchr(b':', &text[at..found.end]).map_or(at, |colon| at + colon);
            Checked::Cut(colon + 1..found.end - 1, Kind::Password)
        }
        Test::Email => email(text, found),
        Test::Card => groups(text, found, Kind::Card, |byte| byte.is_ascii_digit(), is_card),
        Test::Iban => groups(
            text,
            found,
            Kind::Iban,
            |byte| byte.is_ascii_digit() || byte.is_ascii_uppercase(),
            is_iban,
        ),
    }
}

/// The credential after `Bearer` or `Basic`; digits tell it from words.
fn scheme(text: &[u8], found: Range<usize>) -> Checked {
    let skip = Checked::Skip(found.start + 1);
    if !begins(text, found.start) {
        return skip;
    }
    let blank = run(text, found.start, |byte| byte.is_ascii_alphabetic());
    let start = run(text, blank, |byte| matches!(byte, b' ' | b'\t'));
    let end = run(text, found.end, is_bearer);
    let end = without_stops(text, found.end, end);
    if is_mixed(&text[start..end]) {
        Checked::Cut(start..end, Kind::Token)
    } else {
        // What was run over holds no second one that would be cut.
        Checked::Skip(end)
    }
}

/// What is assigned to a name that says that it is secret.
fn assigned(text: &[u8], found: Range<usize>) -> Checked {
    let sign = text[found.clone()].iter().position(|byte| matches!(byte, b':' | b'='));
    let Some(sign) = sign.map(|at| found.start + at) else { return Checked::Skip(found.start + 1) };
    let start = run(text, sign + 1, |byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'\\'));
    let end = run(text, start, |byte| {
        byte.is_ascii_graphic()
            && !matches!(
                byte,
                b'"' | b'\''
                    | b','
                    | b';'
                    | b'\\'
                    | b'<'
                    | b'>'
                    | b'('
                    | b')'
                    | b'{'
                    | b'}'
                    | b'['
                    | b']'
                    | b'$'
            )
    });
    // `password = getpass()` and `token = ${TOKEN}` are code; after a colon a word is prose.
    let code = text.get(end).is_some_and(|byte| matches!(byte, b'(' | b'[' | b'{' | b'$'));
    let value = &text[start..end];
    if !code && (text[sign] == b'=' || is_mixed(value)) && value.len() >= 8 {
        Checked::Cut(start..end, Kind::Password)
    } else {
        Checked::Skip(end.max(found.start + 1))
    }
}

/// The address around `@domain`.
fn email(text: &[u8], found: Range<usize>) -> Checked {
    let end = run(text, found.end, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    // A full stop ends the sentence, not the address.
    let end = found.end
        + text[found.end..end].iter().rposition(|b| b.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    let mut start = found.start;
    while start > 0 && found.start - start < LOCAL {
        let byte = text[start - 1];
        let apostrophe = byte == b'\'' && start >= 2 && text[start - 2].is_ascii_alphanumeric();
        // All bytes of a character outside ASCII: it is a letter in every address that has one.
        if !(byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
            || byte >= 0x80
            || apostrophe)
        {
            break;
        }
        start -= 1;
    }
    // Not in the middle of a character, when the bound cut one.
    while text[start] & 0xC0 == 0x80 {
        start += 1;
    }
    let range = without_escape(text, start..found.start);
    if range.is_empty() { Checked::Skip(found.end) } else { Checked::Cut(range.start..end, Kind::Email) }
}

/// A number in groups: the longest run of whole groups from its beginning that passes the test.
fn groups(
    text: &[u8],
    found: Range<usize>,
    kind: Kind,
    is_in: impl Fn(u8) -> bool + Copy,
    test: impl Fn(&[u8]) -> bool,
) -> Checked {
    let group_end = run(text, found.start, is_in);
    let inside = found.start > 0
        && (text[found.start - 1].is_ascii_alphanumeric() && !begins(text, found.start)
            || text[found.start - 1] == b'.' && found.start >= 2 && text[found.start - 2].is_ascii_digit());
    if inside {
        return Checked::Skip(group_end);
    }
    let mut end = found.end;
    loop {
        if !goes_on(text, end) && test(&text[found.start..end]) {
            return Checked::Cut(found.start..end, kind);
        }
        // One group less.
        match text[found.start..end].iter().rposition(|byte| !is_in(*byte)) {
            Some(separator) => end = found.start + separator,
            None => return Checked::Skip(group_end),
        }
    }
}

/// Whether a number that ends here is only the beginning of something: of a word, or of a decimal fraction.
fn goes_on(text: &[u8], end: usize) -> bool {
    match text[end..] {
        [b'.', digit, ..] => digit.is_ascii_digit(),
        [byte, ..] => byte.is_ascii_alphanumeric(),
        [] => false,
    }
}

fn is_bearer(byte: u8) -> bool {
    is_token(byte) || matches!(byte, b'.' | b'~' | b'+' | b'/' | b'=')
}
