//! Why content cannot be sealed or read. Never with a key or with content in it.

use agentguard_telemetry::metrics::MetricError;

use crate::store::StoreError;

/// Why.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// It has none of the forms.
    #[error(
        "{0} must be 32 characters, 64 hexadecimal digits, or base64 of 32 bytes; `openssl rand -hex 32` makes a good one"
    )]
    Form(&'static str),
    /// It is a template's word or could be guessed.
    #[error("{0}")]
    Weak(String),
    /// Only the previous key is there.
    #[error("ENCRYPTION_KEY_PREVIOUS is set and ENCRYPTION_KEY is not; set the key that follows it, too")]
    PreviousOnly,
    /// The database was written under another key.
    #[error(
        "this database holds {keys} data keys that are wrapped under another ENCRYPTION_KEY (its id is {id}, ours {ours}); set that one as \
         ENCRYPTION_KEY, or as ENCRYPTION_KEY_PREVIOUS beside the new one"
    )]
    OtherKey {
        /// The other's id: tells nothing about it.
        id: String,
        /// That of the key that was given.
        ours: String,
        /// How many.
        keys: i64,
    },
    /// The database holds encrypted content and there is no key.
    #[error(
        "this database holds content that is encrypted under the ENCRYPTION_KEY with the id {id}, and ENCRYPTION_KEY is not set; without it, \
         new content would be stored unencrypted beside it"
    )]
    NotSet {
        /// The key's id.
        id: String,
    },
    /// Content is encrypted, and here is no key.
    #[error("the content is encrypted, and ENCRYPTION_KEY is not set")]
    NoKey,
    /// The data key is wrapped under a key that this replica does not have.
    #[error("the content's key is wrapped under an ENCRYPTION_KEY that is not set here (its id is {id})")]
    Unwrappable {
        /// The key's id.
        id: String,
    },
    /// Its data key is not there.
    #[error("the content names a data key that is not there")]
    Missing,
    /// A byte is not what it was, or the content is of another verdict or tenant.
    #[error("the content, or its key, was changed, or belongs to another verdict: it cannot be decrypted")]
    Damaged,
    /// The library refused.
    #[error("content could not be encrypted")]
    Crypto,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Two metrics have one name.
    #[error(transparent)]
    Metrics(#[from] MetricError),
}
