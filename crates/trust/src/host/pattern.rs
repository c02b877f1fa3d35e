//! One name or pattern.

use std::fmt;
use std::str::FromStr;

use super::{HostError, is_label, plain};

/// One host name, or a pattern with `*`:
///
/// - `*.openai.azure.com`: `*` as the first label stands for one or more labels (`a.openai.azure.com`, `a.b.openai.azure.com`, not
///   `openai.azure.com` itself);
/// - `bedrock-runtime.*.amazonaws.com`: anywhere else `*` stands for exactly one label;
/// - `*-aiplatform.googleapis.com`: within a label it stands for one or more characters of that label.
///
/// At least two fixed labels must follow the last `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPattern(String);

impl HostPattern {
    /// In lower case, without a trailing dot.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is one name.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }

    /// What follows the last label that holds a `*`; of an exact name all of it.
    pub(super) fn fixed_suffix(&self) -> &str {
        let Some(star) = self.0.rfind('*') else { return &self.0 };
        self.0[star..].split_once('.').map_or("", |(_, suffix)| suffix)
    }

    /// Whether a name, already in its normal form, is meant.
    pub(super) fn matches(&self, host: &str) -> bool {
        let (fixed, many) = match self.0.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (self.0.as_str(), false),
        };
        let mut labels = host.rsplit('.');
        let fits = fixed.rsplit('.').all(|part| labels.next().is_some_and(|label| label_fits(part, label)));
        fits && labels.next().is_some() == many
    }
}

fn label_fits(part: &str, label: &str) -> bool {
    match part.split_once('*') {
        None => part == label,
        Some((before, after)) => {
            label.len() > before.len() + after.len() && label.starts_with(before) && label.ends_with(after)
        }
    }
}

impl FromStr for HostPattern {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let name = plain(text)?;
        for label in name.split('.') {
            if label.matches('*').count() > 1 {
                return Err(HostError::Stars(text.to_owned()));
            }
            // A letter in the star's place shows whether the rest can be a label.
            if !is_label(&label.replace('*', "x")) {
                return Err(HostError::Label { host: text.to_owned(), label: label.to_owned() });
            }
        }
        let pattern = Self(name.to_ascii_lowercase());
        if !pattern.is_exact() && !pattern.fixed_suffix().contains('.') {
            return Err(HostError::TooWide(text.to_owned()));
        }
        Ok(pattern)
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
