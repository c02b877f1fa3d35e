//! Why it was not done.

use crate::store::StoreError;

/// Why somebody is not let in, or a change to accounts and keys is not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdentityError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Cluster(#[from] super::cluster::SourceError),
    #[error("too many sign-ins at once; try again in a moment")]
    Busy,
    #[error("a password or token could not be made")]
    Hash,
    #[error("name or password is wrong")]
    Credentials,
    #[error("too many wrong attempts; try again in {seconds} s")]
    Locked {
        /// Until then.
        seconds: i64,
    },
    #[error("{field}: {what}")]
    Invalid { field: &'static str, what: String, allowed: Vec<String> },
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("{0}")]
    Conflict(&'static str),
    #[error("nobody gives more than they have: this would allow what you are not allowed")]
    Beyond,
    #[error("{0}")]
    Off(&'static str),
}

impl IdentityError {
    /// A field that is wrong.
    pub(super) fn invalid(field: &'static str, what: impl Into<String>) -> Self {
        Self::Invalid { field, what: what.into(), allowed: Vec::new() }
    }
}
