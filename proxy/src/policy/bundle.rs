//! Whether a bundle is believed: who signed it, and whether it is later than what we have.

use agentguard_api::bundle::{FORMAT, signed_bytes};
use agentguard_api::{Bundle, Envelope};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::keys::TrustedKey;

/// Signatures looked at.
const SIGNATURES: usize = 4;

/// Why a bundle is refused.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Not what a control plane says.
    #[error("the policy bundle cannot be read: {0}")]
    Unreadable(String),
    /// A newer control plane's.
    #[error("the policy bundle has form {0}, this version reads form {FORMAT}")]
    Format(u32),
    /// Nobody whom we trust signed it.
    #[error(
        "the policy bundle is signed by none of the trusted keys ({trusted}); if the control plane's key was changed on purpose, {remedy}"
    )]
    Untrusted {
        /// Those that are.
        trusted: String,
        /// What to do.
        remedy: String,
    },
    /// It is not later than what we have.
    #[error(
        "the policy bundle has revision {given}, the one in force {have}: an older one is taken only when it is signed as superseding \
         (`POST /api/v1/policies/supersede`)"
    )]
    Older {
        /// Its revision.
        given: u64,
        /// Ours.
        have: u64,
    },
    /// Another tenant's.
    #[error("the policy bundle is of tenant {given:?}, the one in force of {have:?}")]
    Tenant {
        /// Its tenant.
        given: String,
        /// Ours.
        have: String,
    },
}

/// What is remembered of the bundle that was last taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) tenant: String,
    pub(super) revision: u64,
    pub(super) issued: i64,
}

impl Taken {
    pub(super) fn of(bundle: &Bundle) -> Self {
        Self { tenant: bundle.tenant.clone(), revision: bundle.revision, issued: bundle.issued }
    }
}

/// Reads a bundle that somebody we trust signed. `None`: we trust nobody yet, and believe the keys that it names itself.
pub(super) fn open(
    envelope: &Envelope,
    trusted: Option<&[TrustedKey]>,
    remedy: &str,
) -> Result<Bundle, BundleError> {
    let named;
    let trusted = match trusted {
        Some(trusted) => trusted,
        None => {
            named = keys(&read(envelope)?)?;
            &named
        }
    };
    let bytes = signed_bytes(&envelope.payload);
    let is_ours = |signature: &agentguard_api::bundle::Signature| {
        let key = signature.key.parse::<TrustedKey>().ok().filter(|key| trusted.contains(key));
        let text = BASE64_STANDARD.decode(&signature.signature).ok();
        key.zip(text).is_some_and(|(key, text)| key.signed(&bytes, &text))
    };
    if !envelope.signatures.iter().take(SIGNATURES).any(is_ours) {
        let trusted = trusted.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(BundleError::Untrusted { trusted, remedy: remedy.to_owned() });
    }
    let bundle = read(envelope)?;
    if bundle.format != FORMAT {
        return Err(BundleError::Format(bundle.format));
    }
    Ok(bundle)
}

/// The keys that may sign the next one.
pub(super) fn keys(bundle: &Bundle) -> Result<Vec<TrustedKey>, BundleError> {
    let keys = bundle.keys.iter().take(SIGNATURES).map(|key| key.parse());
    keys.collect::<Result<_, _>>()
        .map_err(|error: super::KeyError| BundleError::Unreadable(error.to_string()))
}

/// Whether it may take the place of the one that was taken last.
pub(super) fn follows(bundle: &Bundle, last: Option<&Taken>) -> Result<(), BundleError> {
    let Some(last) = last else { return Ok(()) };
    if bundle.tenant != last.tenant {
        return Err(BundleError::Tenant { given: bundle.tenant.clone(), have: last.tenant.clone() });
    }
    // After a start, the one that was kept comes once more.
    if *last == Taken::of(bundle) {
        return Ok(());
    }
    let newer = bundle.revision > last.revision;
    let supersedes = bundle.replaces.is_some_and(|up_to| up_to >= last.revision);
    // By time too: what was superseded has higher revisions than what came in its place, and must not come back.
    if bundle.issued > last.issued && (newer || supersedes) {
        return Ok(());
    }
    Err(BundleError::Older { given: bundle.revision, have: last.revision })
}

fn read(envelope: &Envelope) -> Result<Bundle, BundleError> {
    serde_json::from_str(&envelope.payload).map_err(|error| BundleError::Unreadable(error.to_string()))
}
