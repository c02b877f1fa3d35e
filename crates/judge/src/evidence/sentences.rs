//! Evidence text → sentences, by the same boundaries as the answer's claims.

use crate::claims::ends_sentence;

/// Calls `each` with the byte range of every sentence of `text[from..to]`, white space trimmed.
pub(crate) fn sentences(text: &str, from: usize, to: usize, mut each: impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let mut start = from;
    let mut line_start = true;
    let mut give = |start: usize, end: usize| {
        let piece = &text[start..end];
        let lead = piece.len() - piece.trim_start().len();
        let trimmed = piece.trim();
        if !trimmed.is_empty() {
            each(start + lead, start + lead + trimmed.len());
        }
    };
    let mut at = from;
    let mut marks = Marks::default();
    // Where the sentence begins, and where without the white space before it.
    let mut begun = (usize::MAX, 0);
    if let Some(end) = material_label(&text[from..to]) {
        give(from, from + end);
        (start, at) = (from + end, from + end);
    }
    while at < to {
        let byte = bytes[at];
        let cut = match byte {
            b'\n' => Some(at),
            b'.' | b'!' | b'?' => {
                if at >= marks.end {
                    marks = Marks::after(text, at, to);
                }
                // "…browning.Brown the meat…": scraped passages often lose the space.
                let glued = byte == b'.' && marks.end == at + 1 && glued(bytes, at);
                if begun.0 != start {
                    begun = (start, at - text[start..at].trim_start().len());
                }
                let ends =
                    |next| next == '\n' || ends_sentence(&text[begun.1..at], byte as char, next, line_start);
                (marks.spaced && marks.next.is_none_or(ends) || glued).then_some(marks.end)
            }
            // 。！？
            0xe3 if bytes[at..].starts_with("。".as_bytes()) => Some(at + 3),
            0xef if bytes[at..].starts_with("！".as_bytes()) || bytes[at..].starts_with("？".as_bytes()) => {
                Some(at + 3)
            }
            _ => None,
        };
        match cut {
            Some(end) => {
                let end = end.min(to);
                give(start, end);
                line_start = byte == b'\n';
                start = end;
                at = end.max(at + 1);
                if byte == b'\n' {
                    start = at;
                    if let Some(label) = material_label(&text[at..to]) {
                        give(at, at + label);
                        (start, at) = (at + label, at + label);
                    }
                }
            }
            None => at += 1,
        }
    }
    if start < to {
        give(start, to);
    }
}

/// What follows a full stop: closing marks and further full stops, and what comes after them.
#[derive(Default)]
struct Marks {
    /// One past the last mark.
    end: usize,
    /// White space or the end comes next.
    spaced: bool,
    /// The first character that is not a space; only sought where `spaced`.
    next: Option<char>,
}

impl Marks {
    fn after(text: &str, at: usize, to: usize) -> Self {
        let bytes = &text.as_bytes()[..to];
        let closes = |b: &&u8| matches!(b, b'"' | b'\'' | b')' | b']' | b'.' | b'!' | b'?' | b'*');
        let end = at + 1 + bytes[at + 1..].iter().take_while(closes).count();
        let spaced = bytes.get(end).is_none_or(u8::is_ascii_whitespace);
        let next = if spaced { text[end..to].chars().find(|c| *c != ' ') } else { None };
        Self { end, spaced, next }
    }
}

/// Bytes of a label like `passage 3:` at the beginning: what follows it, often without a space, is another sentence.
fn material_label(text: &str) -> Option<usize> {
    let lead = text.len() - text.trim_start_matches([' ', '\t', '[', '*', '#']).len();
    let label = &text[lead..];
    let word = label.bytes().take_while(u8::is_ascii_alphabetic).count();
    let named = ["passage", "document", "source", "excerpt", "doc", "context", "article"];
    if !named.iter().any(|name| name.eq_ignore_ascii_case(&label[..word])) || !label[word..].starts_with(' ')
    {
        return None;
    }
    let digits = label[word + 1..].bytes().take_while(u8::is_ascii_digit).count();
    let end = word + 1 + digits;
    let close = label[end..].bytes().take_while(|b| b"]*:".contains(b)).count();
    ((1..=3).contains(&digits) && label[end..end + close].contains(':')).then_some(lead + end + close)
}

/// A lower-case word of three letters or more, a full stop and a capitalised word without a space between.
fn glued(bytes: &[u8], at: usize) -> bool {
    at >= 3
        && bytes[at - 3..at].iter().all(u8::is_ascii_lowercase)
        && bytes.get(at + 1).is_some_and(u8::is_ascii_uppercase)
        && bytes.get(at + 2).is_some_and(u8::is_ascii_lowercase)
}
