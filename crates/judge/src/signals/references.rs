//! References: quotations, URLs, e-mail addresses, ids and citations.

use std::sync::LazyLock;

use regex::Regex;

use super::{Analysis, Finding, Rule};
use crate::evidence::Evidence;
use crate::text::{Token, hash, tokenize};

/// What a reference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refers {
    /// URL, host name with path, e-mail address.
    Address,
    /// DOI, arXiv number, ISBN, UUID, ticket number.
    Id,
    /// `[3]`, `passage 3`.
    Citation(u32),
    /// `(Smith et al., 2019)`.
    AuthorYear,
    /// Words in quotation marks.
    Quote,
    /// Inline code: not a reference, but not prose either.
    Code,
}

/// A reference and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub start: usize,
    pub end: usize,
    pub refers: Refers,
}

impl Reference {
    /// Whether its inside is not to be read as words.
    pub(crate) fn hides_words(&self) -> bool {
        matches!(self.refers, Refers::Address | Refers::Id | Refers::Code)
    }
}

static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
          (?P<code> `[^`\n]{1,200}` )
        | (?P<address> (?:https?|ftp)://[^\s<>"'`\])}]+ | \bwww\.[^\s<>"'`\])}]+ | \b[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+
              | \b(?:[a-z0-9-]+\.)+(?:com|org|net|io|gov|edu|dev|ai|co\.uk|de|fr|eu|app|info)\b(?:/[^\s<>"'`\])}]*)? )
        | (?P<id> \b10\.\d{4,9}/[^\s"<>]+ | (?i:\barxiv:\s?\d{4}\.\d{4,5}) | (?i:\bisbn[-:\s]*(?:1[03])?[-:\s]*[\dX][\d\ X-]{8,16}) | \b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b
              | (?i:\bpmid:?\s?\d{5,9}) | \b[A-Z]{2,10}-\d{3,8}\b | \#\d{3,10}\b )
        | \[(?P<bracket>\d{1,3})(?:\s?[,–-]\s?\d{1,3})*\] | 【(?P<lens>\d{1,3})[^】]{0,40}】
        | (?i:\b(?:passage|document|doc|source|excerpt)\s\#?(?P<numbered>\d{1,3})\b)
        | (?P<author> \(\s?[A-Z][A-Za-z'-]+(?:\s(?:et\sal\.?|(?:and|&)\s[A-Z][A-Za-z'-]+))?,?\s(?:19|20)\d{2}[a-z]?\s?\) )
        | "(?P<plain>[^"\n]{1,600})" | “(?P<curly>[^”\n]{1,600})” | «(?P<guillemet>[^»\n]{1,600})» | 「(?P<corner>[^」\n]{1,300})」
        "#,
    )
    .expect("a constant pattern")
});

/// Finds the references of a sentence.
pub(crate) fn find(text: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    let suspicious = |b: u8| {
        matches!(b, b'`' | b'"' | b'@' | b'/' | b'[' | b'.' | b'-' | b'#' | b'(' | b'0'..=b'9') || b >= 0x80
    };
    if !text.bytes().any(suspicious) {
        return found;
    }
    for captures in PATTERN.captures_iter(text) {
        let number = |name: &str| captures.name(name).and_then(|m| m.as_str().parse().ok());
        let group = |name: &str| captures.name(name);
        let (place, refers) = if let Some(m) = group("code") {
            (m, Refers::Code)
        } else if let Some(m) = group("address") {
            (m, Refers::Address)
        } else if let Some(m) = group("id") {
            (m, Refers::Id)
        } else if let Some(m) = group("author") {
            (m, Refers::AuthorYear)
        } else if let Some(m) = ["plain", "curly", "guillemet", "corner"].iter().find_map(|name| group(name))
        {
            (m, Refers::Quote)
        } else if let (Some(n), Some(m)) =
            (number("bracket").or(number("lens")).or(number("numbered")), captures.get(0))
        {
            (m, Refers::Citation(n))
        } else {
            continue;
        };
        let trimmed = place.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
        found.push(Reference { start: place.start(), end: place.start() + trimmed.len(), refers });
    }
    found
}

/// Adds a finding for every reference that the evidence does not hold.
pub(crate) fn judge(analysis: &Analysis<'_>, evidence: &Evidence, out: &mut Vec<Finding>) {
    for reference in &analysis.references {
        let text = &analysis.text[reference.start..reference.end];
        let rule = match reference.refers {
            Refers::Address if !is_placeholder(text) && !verbatim(address(text), evidence) => {
                Rule::ReferenceAbsent
            }
            Refers::Id if !is_standard(text) && !verbatim(text, evidence) => Rule::ReferenceAbsent,
            Refers::AuthorYear if !words_known(text, evidence) => Rule::ReferenceAbsent,
            Refers::Citation(n) if evidence.materials().is_some_and(|most| n == 0 || n > most) => {
                Rule::CitationAbsent
            }
            Refers::Quote if is_foreign_quote(text, evidence) => Rule::QuoteAbsent,
            _ => continue,
        };
        out.push(Finding { start: reference.start, end: reference.end, rule, evidence: None });
    }
}

/// Addresses made for examples (RFC 2606) and local ones.
fn is_placeholder(text: &str) -> bool {
    [
        "example.com",
        "example.org",
        "example.net",
        "localhost",
        "127.0.0.1",
        "0.0.0.0",
        "your-",
        "your_",
        "yourdomain",
        "<",
    ]
    .iter()
    .any(|p| text.contains(p))
}

/// Names of standards and algorithms that look like ids.
fn is_standard(text: &str) -> bool {
    let prefix = text.split('-').next().unwrap_or_default();
    [
        "SHA", "AES", "UTF", "ISO", "IEEE", "RFC", "RSA", "GPT", "IEC", "ANSI", "DIN", "EN", "WCAG", "COVID",
        "HTTP", "MP", "CVE",
    ]
    .contains(&prefix)
}

/// Without scheme, `www.` and a slash at the end.
fn address(text: &str) -> &str {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    text.strip_prefix("www.").unwrap_or(text).trim_end_matches('/')
}

/// Whether the words of `text` stand in the evidence in this order.
fn verbatim(text: &str, evidence: &Evidence) -> bool {
    let mut tokens: Vec<Token> = Vec::new();
    tokenize(text, &mut tokens);
    let index = evidence.index();
    let known = tokens.iter().all(|t| index.has_raw(t.raw));
    known && tokens.windows(2).all(|pair| index.has_pair(&pair[0], &pair[1]))
}

fn words_known(text: &str, evidence: &Evidence) -> bool {
    let mut tokens: Vec<Token> = Vec::new();
    tokenize(text, &mut tokens);
    tokens.iter().filter(|t| t.is_content()).all(|t| {
        evidence.index().has_raw(t.raw) || t.raw == hash::bytes(b"et") || t.raw == hash::bytes(b"al")
    })
}

/// Words of a quotation below which it is a term, not a citation.
const MIN_QUOTE: usize = 5;
/// Share of its word triples that the evidence must hold: quotations are shortened and their grammar adapted.
const QUOTE_COVERAGE: f32 = 0.6;

fn is_foreign_quote(text: &str, evidence: &Evidence) -> bool {
    let mut tokens: Vec<Token> = Vec::new();
    tokenize(text, &mut tokens);
    // A quoted question is asked, not cited.
    if tokens.len() < MIN_QUOTE || text.ends_with('?') {
        return false;
    }
    let held = tokens.windows(3).filter(|t| evidence.index().has_triple(&t[0], &t[1], &t[2])).count();
    (held as f32) < QUOTE_COVERAGE * (tokens.len() - 2) as f32
}
