//! One choice's text → claims: tells JSON answers from running text and hands each to its cutter.

use super::Claim;
use super::json::JsonClaims;
use super::prose::{Piece, Prose};
use crate::text::chars;

/// Cuts one choice's text into claims as it arrives.
#[derive(Debug)]
pub(crate) struct Splitter {
    mode: Mode,
    /// Scalar values before what the current cutter was given.
    base: usize,
    /// JSON in a code fence is the answer, not an example.
    fenced_json: bool,
}

#[derive(Debug)]
enum Mode {
    /// Nothing but white space, an opening bracket or a fence yet: it may be JSON.
    Undecided(String),
    /// `true`: in a code fence.
    Json(Box<JsonClaims>, bool),
    Prose(Prose),
}

/// Bytes looked at before the answer's form is decided.
const PEEK: usize = 64;

impl Splitter {
    /// `fenced_json`: JSON was asked for, so that a fence of it is the answer and no code.
    pub(crate) fn new(fenced_json: bool) -> Self {
        Self { mode: Mode::Undecided(String::new()), base: 0, fenced_json }
    }

    /// Adds text and gives the claims it settles to `each`.
    pub(crate) fn push(&mut self, text: &str, each: &mut dyn FnMut(Claim)) {
        match &mut self.mode {
            Mode::Undecided(head) => {
                head.push_str(text);
                if let Some(json_at) = looks_like_json(head, self.fenced_json) {
                    let head = std::mem::take(head);
                    self.decide(&head, json_at, each);
                }
            }
            Mode::Prose(prose) => {
                let base = self.base;
                prose.push(text, &mut |piece| each(prose_claim(piece, base)));
            }
            Mode::Json(json, fenced) => {
                let after = if *fenced { Prose::fenced } else { Prose::default };
                let base = self.base;
                let mut rest = text;
                loop {
                    rest = &rest[json.plain(rest, &mut |claim| each(shifted(claim, base)))..];
                    let Some(c) = rest.chars().next() else { return };
                    rest = &rest[c.len_utf8()..];
                    if !json.push(c, &mut |claim| each(shifted(claim, base))) {
                        json.finish(&mut |claim| each(shifted(claim, base)));
                        self.base += json.settled();
                        self.mode = Mode::Prose(after());
                        return self.push(rest, each);
                    }
                }
            }
        }
    }

    /// A hard boundary, or the end: nothing after it belongs to the sentence before it.
    pub(crate) fn finish(&mut self, each: &mut dyn FnMut(Claim)) {
        if let Mode::Undecided(head) = &mut self.mode {
            let head = std::mem::take(head);
            self.decide(&head, None, each);
        }
        let base = self.base;
        match &mut self.mode {
            Mode::Prose(prose) => prose.finish(&mut |piece| each(prose_claim(piece, base))),
            Mode::Json(json, _) => json.finish(&mut |claim| each(shifted(claim, base))),
            Mode::Undecided(_) => {}
        }
    }

    /// Scalar values before which every claim has been given out.
    pub(crate) fn settled(&self) -> usize {
        match &self.mode {
            Mode::Undecided(_) => 0,
            Mode::Prose(prose) => self.base + prose.settled(),
            Mode::Json(json, _) => self.base + json.settled(),
        }
    }

    /// `json_at`: the byte of `head` where JSON begins.
    fn decide(&mut self, head: &str, json_at: Option<usize>, each: &mut dyn FnMut(Claim)) {
        match json_at {
            Some(at) => {
                self.base = head[..at].chars().count();
                let fenced = head[..at].contains('`');
                self.mode = Mode::Json(Box::new(JsonClaims::new()), fenced);
                self.push(&head[at..], each);
            }
            None => {
                self.mode = Mode::Prose(Prose::default());
                self.push(head, each);
            }
        }
    }
}

/// Whether the text begins as a JSON answer does, bare or in a ```` ```json ```` fence: `None` undecided, `Some(None)` no,
/// `Some(Some(at))` yes, from that byte. Looks at no more than [`PEEK`] bytes, so that any split decides the same.
fn looks_like_json(head: &str, fenced: bool) -> Option<Option<usize>> {
    let window = &head[..chars::floor(head, PEEK)];
    match peek(window, fenced) {
        None if head.len() >= PEEK => Some(None),
        decided => decided,
    }
}

fn peek(head: &str, fenced_json: bool) -> Option<Option<usize>> {
    let mut body = head.trim_start();
    if body.starts_with('`') && !fenced_json {
        return Some(None);
    }
    if let Some(fenced) = body.strip_prefix("```") {
        match fenced.strip_prefix("json").or_else(|| fenced.strip_prefix("JSON")) {
            Some(rest) => body = rest.trim_start(),
            None if "json".starts_with(fenced) || "JSON".starts_with(fenced) => return None,
            None => return Some(None),
        }
    } else if "```".starts_with(body) {
        return None;
    }
    let at = head.len() - body.len();
    let mut structure = body.bytes().filter(|b| !b.is_ascii_whitespace());
    match (structure.next(), structure.next()) {
        (Some(b'{'), Some(b'"')) | (Some(b'['), Some(b'{' | b'"')) => Some(Some(at)),
        (None | Some(b'{' | b'['), None) => None,
        _ => Some(None),
    }
}

fn prose_claim(piece: Piece, base: usize) -> Claim {
    Claim {
        start: base + piece.start,
        text: piece.text,
        form: piece.form,
        marker: piece.marker,
        indent: piece.indent,
        key: None,
        shifts: Vec::new(),
    }
}

fn shifted(mut claim: Claim, base: usize) -> Claim {
    claim.start += base;
    for (_, offset) in &mut claim.shifts {
        *offset += base;
    }
    claim
}
