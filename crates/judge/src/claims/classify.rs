//! What a piece of running text is written as.

use super::Form;

/// The form of a piece, and the bytes of its marker. `line_start`: it begins a line; `line_end`: a line break ends it.
pub(crate) fn classify(text: &str, line_start: bool, line_end: bool) -> (Form, usize) {
    if line_start {
        let hashes = text.bytes().take_while(|b| *b == b'#').count();
        if (1..=6).contains(&hashes) && text[hashes..].starts_with(' ') {
            return (Form::Heading, hashes + 1);
        }
    }
    let marker = if line_start { marker(text) } else { 0 };
    let body = text[marker..].trim_end();
    let introduces = body.ends_with(':') || body.ends_with(":**");
    let bold_line = line_end && body.len() > 4 && body.starts_with("**") && body.ends_with("**");
    if introduces || bold_line || body.chars().all(|c| !c.is_alphanumeric()) {
        return (Form::Heading, marker);
    }
    (if marker > 0 { Form::Item } else { Form::Sentence }, marker)
}

/// Bytes of a list marker with the space after it: `- `, `* `, `• `, `12. `, `3) `, `(a) `, `> `.
pub(crate) fn marker(text: &str) -> usize {
    let spaced = |at: usize| {
        let spaces = text[at..].bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
        if spaces == 0 { 0 } else { at + spaces }
    };
    let Some(first) = text.chars().next() else { return 0 };
    match first {
        '-' | '*' | '+' | '•' | '–' | '▪' | '●' | '>' | '◦' => {
            let after = spaced(first.len_utf8());
            // A quoted list item carries both marks.
            if after > 0 { after + marker(&text[after..]) } else { 0 }
        }
        _ => {
            let open = usize::from(first == '(');
            let body = text[open..].bytes().take_while(u8::is_ascii_alphanumeric).count();
            let word = &text[open..open + body];
            let numbered = (1..=3).contains(&body) && word.bytes().all(|b| b.is_ascii_digit());
            let lettered = body == 1;
            let close = text.as_bytes().get(open + body);
            let closed = close == Some(&b')') || (open == 0 && close == Some(&b'.'));
            if (numbered || lettered) && closed { spaced(open + body + 1) } else { 0 }
        }
    }
}
