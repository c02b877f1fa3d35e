//! Glob patterns, compiled once. `*` is any run of characters, `/` included; `?` one; `[a-z]` a class; `{a,b}` a choice.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

/// A compiled pattern that remembers how it was written.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    case: Case,
    matcher: Matcher,
}

/// Whether ASCII case matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `GPT-4o` and `gpt-4o` are the same: host, provider, model.
    Ignored,
    /// They differ: paths.
    Matters,
}

#[derive(Clone)]
enum Matcher {
    /// `*`.
    All,
    /// No special character: compared, not searched.
    Literal,
    Glob(GlobMatcher),
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn new(text: &str, case: Case) -> Result<Self, String> {
        let matcher = if !text.is_empty() && text.bytes().all(|b| b == b'*') {
            Matcher::All
        } else if !text.contains(['*', '?', '[', ']', '{', '}', '\\']) {
            Matcher::Literal
        } else {
            let glob = GlobBuilder::new(text)
                .case_insensitive(case == Case::Ignored)
                .build()
                .map_err(|error| error.kind().to_string())?;
            Matcher::Glob(glob.compile_matcher())
        };
        Ok(Self { text: text.to_owned(), case, matcher })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches the whole of `text`.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match &self.matcher {
            Matcher::All => true,
            Matcher::Literal => match self.case {
                Case::Ignored => self.text.eq_ignore_ascii_case(text),
                Case::Matters => self.text == text,
            },
            Matcher::Glob(glob) => glob.is_match(text),
        }
    }

    /// Whether it certainly matches everything.
    pub(crate) fn matches_all(&self) -> bool {
        matches!(self.matcher, Matcher::All)
    }

    /// Whether it certainly matches everything that `other` does.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (&self.matcher, &other.matcher) {
            (Matcher::All, _) => true,
            (_, Matcher::Literal) => self.is_match(&other.text),
            (Matcher::Glob(_), Matcher::Glob(_)) => {
                let (mine, theirs) = (self.folded(), other.folded());
                mine == theirs || (is_simple(&mine) && is_simple(&theirs) && wildcard_covers(&mine, &theirs))
            }
            (_, Matcher::All) | (Matcher::Literal, Matcher::Glob(_)) => false,
        }
    }

    fn folded(&self) -> String {
        match self.case {
            Case::Ignored => self.text.to_ascii_lowercase(),
            Case::Matters => self.text.clone(),
        }
    }
}

/// Only literals, `?` and single `*`.
fn is_simple(pattern: &str) -> bool {
    !pattern.contains(['[', ']', '{', '}', '\\']) && !pattern.contains("**")
}

/// Matches `wide` against the *pattern* `narrow`, whose `*` only a `*` can take in, and whose `?` only `?` or `*`.
/// Whatever string `narrow` stands for, `wide` then matches it too. The textbook two-pointer walk, quadratic at worst.
fn wildcard_covers(wide: &str, narrow: &str) -> bool {
    let (wide, narrow) = (wide.as_bytes(), narrow.as_bytes());
    let (mut w, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < narrow.len() {
        match wide.get(w) {
            Some(b'*') => {
                star = Some((w, n));
                w += 1;
            }
            Some(b'?') if narrow[n] != b'*' => {
                w += 1;
                n += 1;
            }
            Some(byte) if *byte == narrow[n] => {
                w += 1;
                n += 1;
            }
            _ => {
                // Let the last star take in one symbol more.
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                w = at + 1;
                n = taken + 1;
            }
        }
    }
    wide[w..].iter().all(|byte| *byte == b'*')
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.case == other.case
    }
}

impl Eq for Pattern {}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}

#[cfg(test)]
mod tests;
