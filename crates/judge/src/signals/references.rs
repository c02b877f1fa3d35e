//! References: quotations, URLs, e-mail addresses, ids and citations.

use std::sync::LazyLock;

use regex::Regex;

use super::{Analysis, Finding, Rule};
use crate::evidence::Evidence;
use crate::text::token::word_hashes;
use crate::text::{Class, Token, hash, tokenize};

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

/// Without captures and Unicode word boundaries, so that the automaton stays small and fast; what was found is told apart by how
/// it begins.
static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
          `[^`\n]+`
        | (?:https?|ftp)://[^\x20\t\n<>"'`\])}]+ | (?-u:\b)www\.[^\x20\t\n<>"'`\])}]+
        | (?-u:\b)[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+
        | (?-u:\b)(?:[a-z0-9-]+\.)+(?:com|org|net|io|gov|edu|dev|ai|co\.uk|de|fr|eu|app|info)(?-u:\b)(?:/[^\x20\t\n<>"'`\])}]*)?
        | (?-u:\b)10\.[0-9]{4,9}/[^\x20\t\n"<>]+
        | (?i-u:\b(?:arxiv:\x20?[0-9]{4}\.[0-9]{4,5} | isbn[-:\x20]{0,3}(?:1[03])?[-:\x20]{0,3}[0-9x][0-9\x20x-]{8,16} | pmid:?\x20?[0-9]{5,9}))
        | (?-u:\b)[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?-u:\b)
        | (?-u:\b)[A-Z]{2,10}-[0-9]{3,8}(?-u:\b) | \#[0-9]{3,10}(?-u:\b)
        | \[[0-9]{1,3}(?:\x20?[,–-]\x20?[0-9]{1,3})*\] | 【[0-9]{1,3}[^】]*】
        | (?i-u:\b(?:passage|document|doc|source|excerpt)\x20\#?[0-9]{1,3}\b)
        | \(\x20?[A-Z][A-Za-z'-]+(?:\x20(?:et\x20al\.?|(?:and|&)\x20[A-Z][A-Za-z'-]+))?,?\x20(?:19|20)[0-9]{2}[a-z]?\x20?\)
        | "[^"\n]+" | “[^”\n]+” | «[^»\n]+» | 「[^」\n]+」
        "#,
    )
    .expect("a constant pattern")
});

/// Finds the references of a sentence.
pub(crate) fn find(text: &str, tokens: &[Token]) -> Vec<Reference> {
    let mut found = Vec::new();
    if may_refer(text.as_bytes()) || tokens.iter().any(|t| t.class.has(Class::MATERIAL)) {
        for place in PATTERN.find_iter(text) {
            let trimmed = place.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
            found.extend(tell(trimmed).map(|(refers, from, to)| Reference {
                start: place.start() + from,
                end: place.start() + to,
                refers,
            }));
        }
    }
    found
}

/// Whether anything in the text could begin a reference.
fn may_refer(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|w| match w[0] {
        b'`' | b'"' | b'@' | b'[' | b'#' => true,
        b'.' => w[1].is_ascii_lowercase() || w[1].is_ascii_digit(),
        b'/' => w[1] == b'/',
        b'-' => w[1].is_ascii_hexdigit(),
        b':' => w[1].is_ascii_digit() || w[1] == b' ',
        b'(' => w[1].is_ascii_uppercase(),
        // “, «, 「, 【
        0xc2 => w[1] == 0xab,
        0xe2 | 0xe3 => w[1] == 0x80,
        _ => false,
    })
}

/// What a match is, and the bytes of it that count (a quotation without its marks).
fn tell(text: &str) -> Option<(Refers, usize, usize)> {
    let whole = |refers| Some((refers, 0, text.len()));
    let number = || {
        let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        digits[..length].parse().ok()
    };
    let first = text.chars().next()?;
    match first {
        '`' => whole(Refers::Code),
        '"' | '“' | '«' | '「' => {
            let closed = text.chars().next_back().filter(|c| matches!(c, '"' | '”' | '»' | '」'))?;
            let (from, to) = (first.len_utf8(), text.len() - closed.len_utf8());
            (from < to).then_some((Refers::Quote, from, to))
        }
        '[' | '【' => number().and_then(|n| whole(Refers::Citation(n))),
        '(' => whole(Refers::AuthorYear),
        '#' => whole(Refers::Id),
        _ => {
            let material = ["passage ", "document ", "doc ", "source ", "excerpt "];
            if material.iter().any(|m| text.get(..m.len()).is_some_and(|t| t.eq_ignore_ascii_case(m))) {
                return number().and_then(|n| whole(Refers::Citation(n)));
            }
            let id = text.starts_with("10.") && text.contains('/') && !text.contains("://")
                || !text.contains(['.', '@', '/'])
                || text.get(..5).is_some_and(|t| t.eq_ignore_ascii_case("arxiv"));
            whole(if id { Refers::Id } else { Refers::Address })
        }
    }
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
            Refers::Quote if is_foreign_quote(text, evidence) => {
                if analysis.tokens.iter().any(|t| t.is_in(&SAYING)) {
                    Rule::QuoteAttributed
                } else {
                    Rule::QuoteAbsent
                }
            }
            _ => continue,
        };
        out.push(Finding { start: reference.start, end: reference.end, rule, evidence: None });
    }
}

/// Verbs that attribute a quotation.
#[rustfmt::skip]
const SAYING: [u32; 24] = word_hashes([
    "said", "says", "say", "saying", "stated", "states", "wrote", "writes", "noted", "notes", "told", "added", "adds", "explained", "claimed",
    "claims", "according", "quoted", "remarked", "announced", "replied", "argued", "commented", "declared",
]);

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
