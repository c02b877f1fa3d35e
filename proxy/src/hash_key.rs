//! The key of `capture: hash`, from its file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use agentguard_telemetry::Secret;

/// Characters of the shortest key: 16 random bytes in hexadecimal.
const LEAST: usize = 32;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum HashKeyError {
    /// The file cannot be read.
    #[error("the hash key file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What it holds could be guessed.
    #[error("the key in {} has fewer than {LEAST} characters; `openssl rand -hex 32` makes a good one", path.display())]
    Short {
        /// Which.
        path: PathBuf,
    },
}

/// Reads the key, without the blanks around it.
///
/// # Errors
/// [`HashKeyError`]; never with the key in it.
pub fn hash_key(path: &Path) -> Result<Secret, HashKeyError> {
    let unreadable = |source| HashKeyError::Unreadable { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let key = text.trim();
    if key.chars().count() < LEAST {
        return Err(HashKeyError::Short { path: path.to_owned() });
    }
    Ok(Secret::new(key))
}
