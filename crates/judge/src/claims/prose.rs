//! Running text, Markdown blocks and code fences, cut into pieces incrementally.

use super::Form;
use super::boundary::ends_sentence;
use super::classify::classify;
use crate::text::chars;

/// Bytes after which a piece without an end is cut at a space.
const MAX_PIECE: usize = 2_000;
/// Spaces after a full stop that are waited through for the next character.
const MAX_SPACES: usize = 64;
/// Closing marks taken along after a full stop.
const MAX_CLOSERS: usize = 16;
/// Bytes that a decision may need beyond the piece: the closers, a footnote mark, the spaces and one character.
const LOOK_AHEAD: usize = 512;

/// A piece of text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    /// First scalar value of the text pushed so far.
    pub start: usize,
    pub text: String,
    pub form: Form,
    pub marker: usize,
    pub indent: usize,
}

/// What a search for the end of a piece found.
enum End {
    /// The piece ends before this byte of the rest; `true`: at a line break.
    At(usize, bool),
    /// Not decidable yet; go on from this byte.
    Wait(usize),
}

/// Cuts text as it arrives.
#[derive(Debug, Default)]
pub(crate) struct Prose {
    /// What is not given out yet.
    rest: String,
    /// Scalar values given out or skipped before `rest`.
    given: usize,
    /// Byte of `rest` from where the end of the piece is still to be sought.
    sought: usize,
    line_start: bool,
    /// Spaces since the line began.
    indent: usize,
    /// The character and length of the open code fence.
    fence: Option<(char, usize)>,
    started: bool,
}

impl Prose {
    /// A cutter that stands inside a code fence of backticks.
    pub(crate) fn fenced() -> Self {
        Self { fence: Some(('`', 3)), ..Self::default() }
    }

    /// Adds text and gives the pieces it settles to `each`.
    pub(crate) fn push(&mut self, text: &str, each: &mut dyn FnMut(Piece)) {
        self.rest.push_str(text);
        self.drain(false, each);
    }

    /// The text is over (or a hard boundary): the rest is the last piece.
    pub(crate) fn finish(&mut self, each: &mut dyn FnMut(Piece)) {
        self.drain(true, each);
        self.line_start = true;
        self.fence = None;
    }

    /// Scalar values before which everything has been given out.
    pub(crate) fn settled(&self) -> usize {
        self.given
    }

    fn drain(&mut self, over: bool, each: &mut dyn FnMut(Piece)) {
        if !self.started {
            self.line_start = true;
            self.started = !self.rest.is_empty();
        }
        let rest = std::mem::take(&mut self.rest);
        let mut from = 0;
        loop {
            from += self.skip_space(&rest[from..]);
            let open = &rest[from..];
            if open.is_empty() {
                break;
            }
            match self.end(open, over) {
                End::Wait(sought) => {
                    self.sought = sought;
                    break;
                }
                End::At(end, line_end) => {
                    self.sought = 0;
                    let piece = self.piece(&open[..end], line_end);
                    self.given += chars::count(&open[..end]);
                    self.line_start = line_end;
                    self.indent = 0;
                    from += end;
                    each(piece);
                }
            }
        }
        self.rest = rest;
        self.rest.drain(..from);
    }

    /// Bytes of white space at the beginning.
    fn skip_space(&mut self, text: &str) -> usize {
        if self.sought > 0 {
            return 0;
        }
        let mut skipped = 0;
        for c in text.chars().take_while(|c| c.is_whitespace()) {
            skipped += c.len_utf8();
            self.given += 1;
            self.line_start |= c == '\n';
            self.indent = if c == '\n' { 0 } else { self.indent + 1 };
        }
        skipped
    }

    fn piece(&mut self, text: &str, line_end: bool) -> Piece {
        let trimmed = text.trim_end();
        let (form, marker) = if let Some((mark, length)) = self.fence {
            let run = trimmed.chars().take_while(|c| *c == mark).count();
            if self.line_start && run >= length && trimmed.chars().count() == run {
                self.fence = None;
            }
            (Form::Code, 0)
        } else if self.line_start && (trimmed.starts_with("```") || trimmed.starts_with("~~~")) {
            let mark = if trimmed.starts_with('`') { '`' } else { '~' };
            let run = trimmed.chars().take_while(|c| *c == mark).count();
            // "```code```" on one line opens nothing.
            if !trimmed[run..].contains("```") {
                self.fence = Some((mark, run));
            }
            (Form::Code, 0)
        } else if self.line_start && trimmed.starts_with('|') {
            (if trimmed.bytes().all(|b| b"|-: ".contains(&b)) { Form::Heading } else { Form::Row }, 0)
        } else {
            classify(trimmed, self.line_start, line_end)
        };
        Piece {
            start: self.given,
            text: trimmed.to_owned(),
            form,
            marker,
            indent: if self.line_start { self.indent } else { 0 },
        }
    }

    fn end(&self, open: &str, over: bool) -> End {
        let by_line = self.fence.is_some()
            || self.line_start && {
                let c = open.as_bytes()[0];
                // One or two backticks at the end of what arrived may still become a fence.
                if matches!(c, b'`' | b'~') && open.len() < 3 && open.bytes().all(|b| b == c) && !over {
                    return End::Wait(0);
                }
                c == b'|' || open.starts_with("```") || open.starts_with("~~~")
            };
        // What lies beyond decides nothing about this piece.
        let near = &open[..chars::floor(open, MAX_PIECE + LOOK_AHEAD)];
        let end = if by_line { Self::line(near, self.sought) } else { self.sentence(near) };
        match end {
            End::Wait(_) if open.len() >= MAX_PIECE + LOOK_AHEAD => Self::forced(open),
            End::At(end, _) if end > MAX_PIECE => Self::forced(open),
            End::Wait(_) if over => End::At(open.len(), true),
            end => end,
        }
    }

    fn line(open: &str, sought: usize) -> End {
        match memchr::memchr(b'\n', &open.as_bytes()[sought..]) {
            Some(at) => End::At(sought + at, true),
            None => End::Wait(open.len()),
        }
    }

    /// Cuts at the last space before the limit, or at the limit.
    fn forced(open: &str) -> End {
        let limit = chars::floor(open, MAX_PIECE);
        let space = open[..limit].rfind(char::is_whitespace).filter(|at| *at > 0);
        End::At(space.unwrap_or(limit), false)
    }

    fn sentence(&self, open: &str) -> End {
        let mut from = self.sought;
        loop {
            let Some((at, c)) = next_stop(open, from) else { return End::Wait(open.len()) };
            if at > MAX_PIECE {
                return End::At(at, false);
            }
            let decided = if c == '\n' { Self::line_break(open, at) } else { self.terminator(open, at, c) };
            match decided {
                Decided::Ends(end, line_end) => return End::At(end, line_end),
                Decided::Continues(next) => from = next,
                Decided::Unknown => return End::Wait(at),
            }
        }
    }

    /// A line break ends a piece unless the line was wrapped: long, unfinished, and going on in lower case.
    fn line_break(open: &str, at: usize) -> Decided {
        let line = open[..at].rsplit('\n').next().unwrap_or_default().trim_end();
        let finished = line.ends_with(['.', '!', '?', ':', ';', '|', '`']);
        if finished || line.len() < 60 {
            return Decided::Ends(at, true);
        }
        match open[at + 1..].chars().next() {
            None => Decided::Unknown,
            Some(c) if c.is_lowercase() => Decided::Continues(at + 1),
            Some(_) => Decided::Ends(at, true),
        }
    }

    fn terminator(&self, open: &str, at: usize, c: char) -> Decided {
        let mut end = at + c.len_utf8();
        // Quotes, brackets, emphasis and footnote marks belong to the sentence that they close.
        for _ in 0..MAX_CLOSERS {
            let rest = &open[end..];
            match rest.chars().next() {
                None => return Decided::Unknown,
                Some(closer) if is_closer(closer) => end += closer.len_utf8(),
                Some('[') => match footnote(rest) {
                    Footnote::Is(length) => end += length,
                    Footnote::Maybe => return Decided::Unknown,
                    Footnote::No => break,
                },
                Some(_) => break,
            }
        }
        let full_width = matches!(c, '。' | '！' | '？' | '｡');
        let rest = &open[end..];
        let spaces = rest.chars().take_while(|c| c.is_whitespace() && *c != '\n').take(MAX_SPACES).count();
        if spaces == 0 && !rest.starts_with('\n') {
            return if full_width { Decided::Ends(end, false) } else { Decided::Continues(end) };
        }
        let next = rest.chars().nth(spaces);
        let before = &open[..at];
        let c = if open[at..].starts_with("..") { '…' } else { c };
        match next {
            None if spaces < MAX_SPACES => Decided::Unknown,
            Some('\n') => {
                // A line break after the full stop settles it, except after a lone list number.
                if ends_sentence(before, c, 'A', self.line_start) || !is_marker_only(before) {
                    Decided::Ends(end, false)
                } else {
                    Decided::Continues(end)
                }
            }
            Some(next)
                if !next.is_whitespace()
                    && !full_width
                    && !ends_sentence(before, c, next, self.line_start) =>
            {
                Decided::Continues(end)
            }
            _ => Decided::Ends(end, false),
        }
    }
}

/// The next character from that byte on that may end a piece.
fn next_stop(open: &str, from: usize) -> Option<(usize, char)> {
    let bytes = open.as_bytes();
    let mut at = from;
    loop {
        let may = |b: &u8| matches!(b, b'.' | b'!' | b'?' | b'\n' | 0xd8 | 0xe0 | 0xe2 | 0xe3 | 0xef);
        at += bytes[at..].iter().position(may)?;
        let c = open[at..].chars().next()?;
        if matches!(c, '.' | '!' | '?' | '\n' | '…' | '。' | '！' | '？' | '｡' | '؟' | '।') {
            return Some((at, c));
        }
        at += c.len_utf8();
    }
}

enum Decided {
    /// The piece ends before this byte; `true`: a line break is the reason.
    Ends(usize, bool),
    /// Go on seeking from here.
    Continues(usize),
    /// The next characters are needed.
    Unknown,
}

fn is_closer(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | ')'
            | ']'
            | '}'
            | '”'
            | '’'
            | '»'
            | '*'
            | '_'
            | '`'
            | '.'
            | '!'
            | '?'
            | '…'
            | '」'
            | '』'
            | '）'
            | '】'
    )
}

enum Footnote {
    Is(usize),
    Maybe,
    No,
}

/// `[1]`, `[2, 3]` directly after a full stop.
fn footnote(rest: &str) -> Footnote {
    let inner = rest[1..]
        .bytes()
        .take(8)
        .take_while(|b| b.is_ascii_digit() || matches!(b, b',' | b' ' | b'-'))
        .count();
    match rest.as_bytes().get(1 + inner) {
        Some(b']') if inner > 0 => Footnote::Is(inner + 2),
        None if inner < 8 => Footnote::Maybe,
        _ => Footnote::No,
    }
}

fn is_marker_only(before: &str) -> bool {
    before.len() <= 3 && before.bytes().all(|b| b.is_ascii_digit())
}
