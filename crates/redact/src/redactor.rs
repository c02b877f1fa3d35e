//! Looks for everything that the settings ask for, and cuts it out.

use std::fmt::Write;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use regex_automata::Input;
use regex_automata::meta::{BuildError, Regex};

use crate::check::{self, Checked, Seen};
use crate::credentials::CREDENTIALS;
use crate::kind::Kind;
use crate::mapping::Mapping;
use crate::own::{self, Own, OwnError};
use crate::personal::{self, Test};

/// One for all: it does not depend on the settings.
static OF_CREDENTIALS: LazyLock<Regex> = LazyLock::new(|| {
    let patterns: Vec<&str> = CREDENTIALS.iter().map(|(pattern, ..)| *pattern).collect();
    ours(&patterns)
});

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// API keys, tokens, private keys, passwords.
    pub credentials: bool,
    /// E-mail addresses.
    pub emails: bool,
    /// Numbers of payment cards.
    pub cards: bool,
    /// International bank account numbers.
    pub ibans: bool,
    /// The operator's patterns.
    pub own: Vec<Own>,
}

impl Default for Settings {
    /// Everything that is built in.
    fn default() -> Self {
        Self { credentials: true, emails: true, cards: true, ibans: true, own: Vec::new() }
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// What.
    pub kind: Kind,
}

/// What the text is, for what stands where something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Words.
    Text,
    /// JSON: what stands for a bare number is a string, so that it stays JSON.
    Json,
}

/// A text in which something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted {
    /// The text with `[redacted:KIND]` where something was.
    pub text: String,
    /// What was there, in order; at least one.
    pub found: Vec<Found>,
    /// From offsets before to offsets after.
    pub mapping: Mapping,
}

/// Finds and replaces. Made once per policy; searching does not change it.
#[derive(Debug)]
pub struct Redactor {
    settings: Settings,
    /// Made when first needed: most policies that are read are never searched with.
    personal: OnceLock<Option<(Regex, Vec<Test>)>>,
    own: Option<Regex>,
}

impl PartialEq for Redactor {
    fn eq(&self, other: &Self) -> bool {
        self.settings == other.settings
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new(Settings::default()).expect("without patterns of one's own nothing can be wrong")
    }
}

impl Redactor {
    /// Prepares the search.
    ///
    /// # Errors
    /// Every pattern of the operator's that is not taken, by its place, with why.
    pub fn new(settings: Settings) -> Result<Self, Vec<(usize, OwnError)>> {
        Ok(Self { personal: OnceLock::new(), own: own::compile(&settings.own)?, settings })
    }

    /// What it looks for.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The name of a kind as it stands in redacted text and in counts.
    #[must_use]
    pub fn name(&self, kind: Kind) -> &str {
        match kind {
            Kind::Own(index) => self.settings.own.get(index).map_or(kind.as_str(), |own| &own.name),
            kind => kind.as_str(),
        }
    }

    /// Everything in the text, in order, nothing twice: what overlaps is one, named after what begins first.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        if self.settings.credentials {
            let mut seen = Seen::default();
            search(&OF_CREDENTIALS, text, &mut found, |pattern, range| {
                let (_, kind, rest) = CREDENTIALS[pattern];
                check::credential(text.as_bytes(), range, kind, rest, &mut seen)
            });
        }
        if let Some((regex, tests)) = self.personal() {
            search(regex, text, &mut found, |pattern, range| {
                check::personal(text.as_bytes(), range, tests[pattern])
            });
        }
        if let Some(regex) = &self.own {
            search(regex, text, &mut found, |pattern, range| Checked::Cut(range, Kind::Own(pattern)));
        }
        merged(found)
    }

    fn personal(&self) -> Option<&(Regex, Vec<Test>)> {
        let made = self.personal.get_or_init(|| {
            let (texts, tests): (Vec<&str>, Vec<Test>) =
                personal::patterns(&self.settings).into_iter().unzip();
            (!texts.is_empty()).then(|| (ours(&texts), tests))
        });
        made.as_ref()
    }

    /// The text without what was found in it; `None`: nothing was.
    #[must_use]
    pub fn redact(&self, text: &str, form: Form) -> Option<Redacted> {
        let found = self.find(text);
        if found.is_empty() {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        let mut placed = Vec::with_capacity(found.len());
        let mut json = (form == Form::Json).then(Json::default);
        let mut at = 0;
        for Found { range, kind } in &found {
            out.push_str(&text[at..range.start]);
            let bare = json.as_mut().is_some_and(|json| {
                let bare = json.is_outside(&text.as_bytes()[at..range.start]);
                json.is_outside(&text.as_bytes()[range.clone()]);
                bare
            });
            let start = out.len();
            let quote = if bare { "\"" } else { "" };
            // Writing to a string does not fail.
            let _ = write!(out, "{quote}[redacted:{}]{quote}", self.name(*kind));
            placed.push(start..out.len());
            at = range.end;
        }
        out.push_str(&text[at..]);
        let cuts = found.iter().map(|found| found.range.clone()).zip(placed);
        let mapping = Mapping::new(text, &out, cuts);
        Some(Redacted { text: out, found, mapping })
    }
}

/// A pattern's automaton. Ours are written here and compile, which every test sees.
fn ours(patterns: &[&str]) -> Regex {
    let built: Result<Regex, BuildError> = Regex::new_many(patterns);
    built.expect("the built-in patterns are valid")
}

fn search(
    regex: &Regex,
    text: &str,
    found: &mut Vec<Found>,
    mut check: impl FnMut(usize, Range<usize>) -> Checked,
) {
    let mut at = 0;
    while let Some(matched) = regex.find(Input::new(text).range(at..)) {
        match check(matched.pattern().as_usize(), matched.range()) {
            Checked::Cut(range, kind) => {
                at = range.end.max(matched.start() + 1);
                found.push(Found { range, kind });
            }
            Checked::Skip(next) => at = next.max(matched.start() + 1),
        }
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
}

/// Sorted, overlaps made one.
fn merged(mut found: Vec<Found>) -> Vec<Found> {
    // Stable: at one place, credentials before the rest before the operator's own.
    found.sort_by_key(|found| found.range.start);
    found.dedup_by(|next, before| {
        let overlaps = next.range.start < before.range.end;
        if overlaps {
            before.range.end = before.range.end.max(next.range.end);
        }
        overlaps
    });
    found
}

/// Follows JSON far enough to know what is in a string.
#[derive(Default)]
struct Json {
    inside: bool,
    escaped: bool,
}

impl Json {
    /// Takes the next bytes; whether what follows them is outside of every string.
    fn is_outside(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.inside => self.escaped = true,
                b'"' => self.inside = !self.inside,
                _ => {}
            }
        }
        !self.inside
    }
}

#[cfg(test)]
mod tests;
