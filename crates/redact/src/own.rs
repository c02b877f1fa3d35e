//! The operator's own patterns: checked when the policy is read, so that none of them can cost much later.

use regex_automata::meta::Regex;
use regex_syntax::hir::Hir;
use regex_syntax::{Error, ParserBuilder};

use crate::kind::Kind;

/// Patterns at most.
pub const MAX_PATTERNS: usize = 32;
/// Bytes of one.
pub const MAX_PATTERN: usize = 512;
/// Bytes that one may match.
pub const MAX_MATCH: usize = 1024;
/// Characters of a name.
const MAX_NAME: usize = 32;
/// Bytes of the automaton of one, and of all together.
const MAX_SIZE: usize = 256 << 10;
const MAX_ALL: usize = 2 << 20;
/// Brackets in brackets.
const NESTING: u32 = 32;

/// A pattern of the operator's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// What stands for it in `[redacted:NAME]`: 1 to 32 of `a`–`z`, `0`–`9`, `_`, `-`, and no built-in kind.
    pub name: String,
    /// The regular expression, in the syntax of the crate `regex`.
    pub pattern: String,
}

/// Why a pattern is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnError {
    /// The name.
    #[error(
        "{0:?} is no name for a pattern; 1 to {MAX_NAME} of a-z, 0-9, _ and -, and none of api_key, token, private_key, password, email, card, iban"
    )]
    Name(String),
    /// Two have it.
    #[error("two patterns are named {0:?}")]
    Twice(String),
    /// There are more than [`MAX_PATTERNS`].
    #[error("more than {MAX_PATTERNS} patterns")]
    Many,
    /// It is longer than [`MAX_PATTERN`].
    #[error("the pattern has {0} bytes, more than the {MAX_PATTERN} allowed")]
    Long(usize),
    /// It cannot be read.
    #[error("not a regular expression: {0}")]
    Syntax(String),
    /// It matches where nothing is.
    #[error("it matches the empty text")]
    Empty,
    /// There is no bound to what it matches, or one above [`MAX_MATCH`].
    #[error("it may match more than {MAX_MATCH} bytes; bound its repetitions, as in [0-9]{{4,12}}")]
    Unbounded,
    /// Its automaton is larger than allowed.
    #[error(
        "it needs too much memory; write (?-u) before it or [A-Za-z0-9_] instead of \\w, and repeat less"
    )]
    Large,
}

/// The automaton over all patterns, or what is wrong with which of them.
pub(crate) fn compile(own: &[Own]) -> Result<Option<Regex>, Vec<(usize, OwnError)>> {
    let mut problems = Vec::new();
    let mut read = Vec::with_capacity(own.len());
    for (index, one) in own.iter().enumerate().take(MAX_PATTERNS) {
        if !is_name(&one.name) {
            problems.push((index, OwnError::Name(one.name.clone())));
        } else if own[..index].iter().any(|earlier| earlier.name == one.name) {
            problems.push((index, OwnError::Twice(one.name.clone())));
        }
        match parse(&one.pattern) {
            Ok(hir) => read.push(hir),
            Err(error) => problems.push((index, error)),
        }
    }
    if own.len() > MAX_PATTERNS {
        problems.push((MAX_PATTERNS, OwnError::Many));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if read.is_empty() {
        return Ok(None);
    }
    let all = build(&read, MAX_ALL).ok_or_else(|| vec![(read.len() - 1, OwnError::Large)])?;
    Ok(Some(all))
}

fn parse(pattern: &str) -> Result<Hir, OwnError> {
    if pattern.len() > MAX_PATTERN {
        return Err(OwnError::Long(pattern.len()));
    }
    let hir =
        ParserBuilder::new().utf8(true).nest_limit(NESTING).build().parse(pattern).map_err(|error| {
            OwnError::Syntax(match error {
                Error::Parse(error) => error.kind().to_string(),
                Error::Translate(error) => error.kind().to_string(),
                other => other.to_string(),
            })
        })?;
    match (hir.properties().minimum_len(), hir.properties().maximum_len()) {
        (Some(0), _) => return Err(OwnError::Empty),
        (_, Some(longest)) if longest <= MAX_MATCH => {}
        _ => return Err(OwnError::Unbounded),
    }
    build(std::slice::from_ref(&hir), MAX_SIZE).map(|_| hir).ok_or(OwnError::Large)
}

fn build(hirs: &[Hir], size: usize) -> Option<Regex> {
    let config = Regex::config().nfa_size_limit(Some(size));
    Regex::builder().configure(config).build_many_from_hir(hirs).ok()
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(plain)
        && !Kind::NAMED.iter().any(|kind| kind.as_str() == name)
}
