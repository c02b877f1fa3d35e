//! A user's message as context and question.
//!
//! In order: labelled sections (`Context: … Question: …`, `passage 1: …`), delimited blocks (tags, fences, triple quotes),
//! JSON, and at last the shape of the text: a long passage beside a short request. When in doubt a passage counts as context:
//! a question held for context hides little, a context held for a question would leave nothing to check against.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::ask;
use super::labels::{self, Kind};
use crate::json;

/// Byte ranges of a message, in order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Split {
    pub context: Vec<Range<usize>>,
    pub question: Vec<Range<usize>>,
}

/// Delimited text shorter than this is a name or an example, not context.
const MIN_BLOCK: usize = 40;
/// Unmarked text shorter than this is a question whole.
const MIN_PASSAGE: usize = 160;

/// An opening tag.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"<([A-Za-z_][A-Za-z0-9_.-]{0,40})(?:\s[^<>]{0,200})?>").expect("a constant pattern")
});

/// Splits a user's message.
pub(super) fn split(text: &str) -> Split {
    let mut context = delimited(text);
    if context.is_empty() {
        context = labelled(text);
    }
    if context.is_empty() {
        context.extend(json::find_block(text, MIN_BLOCK).map(|(start, end)| start..end));
    }
    if context.is_empty() {
        context = by_shape(text);
    }
    complete(text, context)
}

/// The ranges' texts, a blank line between them.
pub(super) fn joined(text: &str, ranges: &[Range<usize>]) -> String {
    let pieces: Vec<&str> = ranges.iter().map(|r| text[r.clone()].trim()).filter(|p| !p.is_empty()).collect();
    pieces.join("\n\n")
}

/// What is not context is question.
fn complete(text: &str, mut context: Vec<Range<usize>>) -> Split {
    context.retain(|r| !text[r.clone()].trim().is_empty());
    if context.is_empty() {
        return Split { context, question: std::iter::once(0..text.len()).collect() };
    }
    let mut question = Vec::new();
    let mut at = 0;
    for range in &context {
        if range.start > at && !text[at..range.start].trim().is_empty() {
            question.push(at..range.start);
        }
        at = range.end;
    }
    if !text[at..].trim().is_empty() {
        question.push(at..text.len());
    }
    Split { context, question }
}

/// Tags that hold the request itself.
const ASKING_TAGS: [&str; 10] = [
    "question",
    "query",
    "instructions",
    "instruction",
    "task",
    "user_query",
    "user_question",
    "request",
    "rules",
    "format",
];

/// Opening tags without their end after which text is no markup; each costs a search to the end.
const MAX_UNCLOSED: usize = 64;

/// Text between matching tags, fences or triple quotes.
fn delimited(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut at, mut unclosed) = (0, 0);
    while memchr::memmem::find(&text.as_bytes()[at..], b"</").is_some()
        && let Some(tag) = TAG.captures_at(text, at)
    {
        let (Some(open), Some(name)) = (tag.get(0), tag.get(1)) else { break };
        let close = format!("</{}>", name.as_str());
        at = open.end();
        if let Some(length) = memchr::memmem::find(&text.as_bytes()[open.end()..], close.as_bytes()) {
            let end = open.end() + length;
            let asks = ASKING_TAGS.contains(&name.as_str().to_ascii_lowercase().as_str());
            if !asks && length >= MIN_BLOCK {
                found.push(open.end()..end);
            }
            at = end + close.len();
        } else {
            unclosed += 1;
            if unclosed > MAX_UNCLOSED {
                break;
            }
        }
    }
    if found.is_empty() {
        for mark in ["\"\"\"", "'''", "```"] {
            let mut marks = memchr::memmem::find_iter(text.as_bytes(), mark);
            while let (Some(open), Some(close)) = (marks.next(), marks.next()) {
                if close - open - 3 >= MIN_BLOCK {
                    found.push(open + 3..close);
                }
            }
            if !found.is_empty() {
                break;
            }
        }
    }
    found
}

/// Sections that begin with a label.
fn labelled(text: &str) -> Vec<Range<usize>> {
    let labels = labels::find(text);
    let Some(first) = labels.iter().position(|l| l.kind == Kind::Context) else { return Vec::new() };
    // Inside the context further questions (a FAQ, a dialogue) are part of it: only the last one asks.
    let last = |kind: Kind| {
        labels
            .iter()
            .rposition(|l| l.kind == kind && text[l.end..].trim().len() < 600)
            .filter(|at| *at > first)
    };
    let last_question = last(Kind::Question).or_else(|| last(Kind::Answer));
    let question_at = last_question.map(|q| labels[q].start);
    let end = question_at.unwrap_or(text.len());
    let asked_first = labels[..first].iter().any(|l| l.kind != Kind::Context);
    let section = labels[first].end..end;
    let mut found = vec![trim_asks(text, section)];
    if let Some(question_at) = question_at {
        // More context after the question.
        if let Some(more) = labels.iter().find(|l| l.kind == Kind::Context && l.start > question_at) {
            found.push(trim_asks(text, more.end..text.len()));
        }
    } else if !asked_first && labels[first].start > MIN_PASSAGE * 4 {
        // A long text before the first label is context, too.
        found.insert(0, trim_asks(text, 0..labels[first].start));
    }
    found.retain(|r| text[r.clone()].trim().len() >= MIN_BLOCK);
    found
}

/// Paragraphs as ranges.
fn paragraphs(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let separator = if text[range.clone()].contains("\n\n") { "\n\n" } else { "\n" };
    let mut found = Vec::new();
    let mut at = range.start;
    for piece in text[range].split(separator) {
        if !piece.trim().is_empty() {
            found.push(at..at + piece.len());
        }
        at += piece.len() + separator.len();
    }
    found
}

/// The range without the requests before and after the passage.
fn trim_asks(text: &str, range: Range<usize>) -> Range<usize> {
    let paragraphs = paragraphs(text, range.clone());
    let asks = |p: &&Range<usize>| ask::asks(&text[(**p).clone()]);
    let leading = paragraphs.iter().take(2).take_while(asks).count();
    let trailing = paragraphs.iter().rev().take(3).take_while(asks).count();
    if leading + trailing >= paragraphs.len() {
        return range;
    }
    paragraphs[leading].start..paragraphs[paragraphs.len() - 1 - trailing].end
}

/// Unmarked text: a passage beside a request.
fn by_shape(text: &str) -> Vec<Range<usize>> {
    if text.trim().len() < MIN_PASSAGE {
        return Vec::new();
    }
    let paragraphs = paragraphs(text, 0..text.len());
    if paragraphs.len() > 1 {
        let range = trim_asks(text, 0..text.len());
        let asked = range != (0..text.len());
        let long = text[range.clone()].trim().len();
        let whole = asked && long >= MIN_PASSAGE / 2 || long >= MIN_PASSAGE * 3;
        return if whole && !ask::asks(&text[range.clone()]) { vec![range] } else { Vec::new() };
    }
    in_one_paragraph(text)
}

/// One paragraph: the sentences that do not ask, when they are enough.
fn in_one_paragraph(text: &str) -> Vec<Range<usize>> {
    let mut sentences: Vec<Range<usize>> = Vec::new();
    super::sentences::sentences(text, 0, text.len(), |start, end| sentences.push(start..end));
    let asks = |r: &&Range<usize>| ask::asks(&text[(**r).clone()]);
    let leading = sentences.iter().take(2).take_while(asks).count();
    let trailing = sentences[leading..].iter().rev().take(2).take_while(asks).count();
    let middle = &sentences[leading..sentences.len() - trailing];
    if let (Some(first), Some(last)) = (middle.first(), middle.last())
        && last.end - first.start >= MIN_PASSAGE
        && middle.len() >= 2
    {
        return std::iter::once(first.start..last.end).collect();
    }
    // "Summarize the following: …" in one sentence.
    if let Some(colon) = text.find(": ").filter(|at| *at < 200 && ask::asks(&text[..=*at]))
        && text.len() - colon >= MIN_PASSAGE
    {
        return std::iter::once(colon + 2..text.len()).collect();
    }
    Vec::new()
}

/// Whether a text (instructions) carries marked material: a labelled section, a delimited block, JSON, or what a line announces
/// as being "below".
pub(super) fn marks_context(text: &str) -> bool {
    let long =
        |ranges: Vec<Range<usize>>| ranges.iter().any(|r| text[r.clone()].trim().len() >= MIN_PASSAGE / 2);
    long(labelled(text))
        || long(delimited(text))
        || json::find_block(text, MIN_BLOCK * 2).is_some()
        || ANNOUNCED.find(text).is_some_and(|found| text[found.end()..].trim().len() >= MIN_PASSAGE)
}

/// "the leaflet below", "the following documentation", and not "the rules below".
static ANNOUNCED: LazyLock<Regex> = LazyLock::new(|| {
    let material = "documents?|documentation|text|texts|information|articles?|handbook|manual|guide|leaflet|brochure|data|facts|notes|\
                    catalogu?e|menu|price list|table|knowledge(?: base)?|context|transcript|report|excerpts?|passages?|faq|policy|policies";
    let pattern = format!(
        r"(?i)(?-u:\b)(?:(?:{material})[^.\n]{{0,20}} below|below is the (?:{material})|following (?:{material}))(?-u:\b)"
    );
    Regex::new(&pattern).expect("a constant pattern")
});
