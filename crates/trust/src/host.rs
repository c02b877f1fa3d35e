//! Which hosts are intercepted: exact names and patterns.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

mod pattern;

pub use pattern::HostPattern;

/// The longest host name, in characters without the trailing dot (RFC 1035, section 2.3.4).
const MAX_NAME: usize = 253;
/// The longest label (RFC 1035, section 2.3.4).
const MAX_LABEL: usize = 63;

/// Why a text is neither a host name nor a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Nothing there.
    #[error("a host name is empty")]
    Empty,
    /// An IPv4 or IPv6 address.
    #[error(
        "host {0:?} is an address: only names can be intercepted, the certificate authority excludes every address"
    )]
    Address(String),
    /// A U-label.
    #[error("host {0:?} is not ASCII: write it in its A-label form (xn--…), as it stands in a TLS handshake")]
    NotAscii(String),
    /// Over 253 characters.
    #[error("host {0:?} is longer than {MAX_NAME} characters")]
    TooLong(String),
    /// A part between dots is no DNS label.
    #[error(
        "host {host:?}: {label:?} is not a part of a host name (1 to {MAX_LABEL} letters, digits, \"-\" or \"_\", no \"-\" at its \
         ends); give the name alone, without scheme, port or path"
    )]
    Label {
        /// As given.
        host: String,
        /// The part.
        label: String,
    },
    /// Two stars in one label.
    #[error("host {0:?}: a part between dots may hold one \"*\"")]
    Stars(String),
    /// A pattern whose fixed suffix has fewer than two labels.
    #[error(
        "host {0:?}: at least two fixed parts must follow the last \"*\", or it would cover a whole top-level domain"
    )]
    TooWide(String),
}

/// A set of host names: exact ones, `*.x.y` and patterns with a `*` elsewhere ([`HostPattern`]).
///
/// Case does not count, nor does a trailing dot. The same set decides what is intercepted and what is minted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostSet {
    exact: BTreeSet<String>,
    patterns: BTreeSet<HostPattern>,
}

impl HostSet {
    /// Reads a list of names and patterns.
    ///
    /// # Errors
    /// Every problem of the list, in its order.
    pub fn parse<S: AsRef<str>>(list: impl IntoIterator<Item = S>) -> Result<Self, Vec<HostError>> {
        let mut set = Vec::new();
        let mut problems = Vec::new();
        for text in list {
            match text.as_ref().parse::<HostPattern>() {
                Ok(pattern) => set.push(pattern),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(set.into_iter().collect()) } else { Err(problems) }
    }

    /// Whether a host is in the set. What is not a valid host name never is.
    #[must_use]
    pub fn contains(&self, host: &str) -> bool {
        let Ok(host) = normal(host) else { return false };
        self.exact.contains(host.as_ref()) || self.patterns.iter().any(|pattern| pattern.matches(&host))
    }

    /// The entry that a host is in the set by: its exact name, or the first pattern that it matches.
    #[must_use]
    pub fn entry(&self, host: &str) -> Option<&str> {
        let host = normal(host).ok()?;
        let exact = self.exact.get(host.as_ref()).map(String::as_str);
        exact.or_else(|| self.patterns.iter().find(|pattern| pattern.matches(&host)).map(HostPattern::as_str))
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.patterns.is_empty()
    }

    /// The names and patterns, exact names first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.exact.iter().map(String::as_str).chain(self.patterns.iter().map(HostPattern::as_str))
    }

    /// The fewest permitted dNSName subtrees that cover the set, sorted (RFC 5280, section 4.2.1.10).
    ///
    /// A subtree covers a name and everything under it, and knows no `*`. So the constraints are wider than the set: an exact name
    /// brings its subdomains, `*.x.y` becomes `x.y`, and a pattern with a `*` further right only its fixed suffix:
    /// `bedrock-runtime.*.amazonaws.com` permits all of `amazonaws.com`. The [`Mint`](crate::Mint) still serves the set alone; the
    /// difference matters to whoever steals the intermediate's key. Naming the regions keeps it small.
    #[must_use]
    pub fn permitted(&self) -> Vec<String> {
        let wanted: BTreeSet<&str> = self
            .exact
            .iter()
            .map(String::as_str)
            .chain(self.patterns.iter().map(HostPattern::fixed_suffix))
            .collect();
        let needed = |name: &&str| !wanted.iter().any(|other| other != name && covers(other, name));
        wanted.iter().copied().filter(needed).map(str::to_owned).collect()
    }
}

impl FromIterator<HostPattern> for HostSet {
    fn from_iter<I: IntoIterator<Item = HostPattern>>(patterns: I) -> Self {
        let mut set = Self::default();
        for pattern in patterns {
            if pattern.is_exact() {
                set.exact.insert(pattern.into_string());
            } else {
                set.patterns.insert(pattern);
            }
        }
        set
    }
}

impl fmt::Display for HostSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().collect::<Vec<_>>().join(", "))
    }
}

/// Whether a permitted subtree covers a name: the name itself and what ends with it at a dot.
pub(crate) fn covers(subtree: &str, name: &str) -> bool {
    name.strip_suffix(subtree).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A host name in lower case and without its trailing dot.
pub(crate) fn normal(host: &str) -> Result<Cow<'_, str>, HostError> {
    let name = plain(host)?;
    for label in name.split('.') {
        if !is_label(label) {
            return Err(HostError::Label { host: host.to_owned(), label: label.to_owned() });
        }
    }
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        return Ok(Cow::Owned(name.to_ascii_lowercase()));
    }
    Ok(Cow::Borrowed(name))
}

/// What names and patterns have in common: ASCII, no address, not too long; the trailing dot is taken off.
fn plain(host: &str) -> Result<&str, HostError> {
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.is_empty() {
        return Err(HostError::Empty);
    }
    if !name.is_ascii() {
        return Err(HostError::NotAscii(host.to_owned()));
    }
    let unbracketed = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(name);
    // A last label of digits alone makes a name an address to a URL parser (WHATWG URL, "ends in a number").
    let numeric =
        name.rsplit('.').next().is_some_and(|l| !l.is_empty() && l.bytes().all(|b| b.is_ascii_digit()));
    if numeric || IpAddr::from_str(unbracketed).is_ok() {
        return Err(HostError::Address(host.to_owned()));
    }
    if name.len() > MAX_NAME {
        return Err(HostError::TooLong(host.to_owned()));
    }
    Ok(name)
}

/// Whether a text is a label; the underscore is there because container networks have it in names.
fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests;
