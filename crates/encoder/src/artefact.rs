//! Which model file belongs to this version of the crate.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

/// A model file, told by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artefact {
    /// Its name, for people.
    pub name: Cow<'static, str>,
    /// SHA-256 of the file in lower-case hexadecimal.
    pub sha256: Cow<'static, str>,
}

impl Artefact {
    /// The model in `model/encoder.onnx` (see `model/MODEL_CARD.md`).
    pub const BUNDLED: Self = Self { name: Cow::Borrowed("encoder-2"), sha256: Cow::Borrowed(HASH) };

    /// Name and the first digits of the hash.
    #[must_use]
    pub fn version(&self) -> String {
        format!("{}-{}", self.name, self.sha256.get(..8).unwrap_or_default())
    }
}

/// The hash as `sha256sum` writes it, without the file's name.
const HASH: &str = include_str!("../model/encoder.sha256").trim_ascii();

/// The model itself, built into the binary.
#[cfg(feature = "bundled")]
pub(crate) const MODEL: &[u8] = include_bytes!("../model/encoder.onnx");

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
