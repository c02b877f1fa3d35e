//! Secrets and personal data in text: found, replaced by what kind they were, and a map from offsets in the text before to the text
//! after.
//!
//! Knows nothing of verdicts, policies or the network. What is looked for is a closed list of credentials with a recognisable form,
//! e-mail addresses, payment cards, IBANs, and patterns of the operator's own ([`Settings`]). A secret without a form (a short
//! password in a sentence, a name, an address) is not found: this makes leaks rarer, it does not rule them out.
//!
//! The cost is bounded whatever the text: every pattern matches a bounded length, so that a search that leads nowhere costs at most that
//! length; what is longer (a token, a key in PEM) is followed to its end once. The benchmark `redact` measures it.

mod check;
mod credentials;
mod kind;
mod mapping;
mod numbers;
mod own;
mod personal;
mod redactor;
mod text;

pub use kind::Kind;
pub use mapping::Mapping;
pub use own::{MAX_MATCH, MAX_PATTERN, MAX_PATTERNS, Own, OwnError};
pub use redactor::{Form, Found, Redacted, Redactor, Settings};
