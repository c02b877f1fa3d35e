//! The trained encoder: where it comes from, and how it reads.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentguard_encoder::{Artefact, Encoder, LoadError, Score, Tokenizer, Window};
use agentguard_judge::{Evidence, Output, Session};

use super::Model;

/// Where the trained encoder comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ModelSource {
    /// Built into the binary.
    #[default]
    Builtin,
    /// None: the rules judge alone.
    Off,
    /// A file.
    File {
        /// Where.
        path: PathBuf,
        /// Its SHA-256 in hexadecimal; `None`: that of the built-in one.
        sha256: Option<String>,
    },
}

/// A loaded encoder and the tokenizer that makes its windows.
pub struct Trained {
    encoder: Encoder,
    tokenizer: Arc<Tokenizer>,
    version: Arc<str>,
}

impl Trained {
    /// Loads it; takes tenths of a second. `None`: switched off. `threads`: that read at the same time.
    ///
    /// # Errors
    /// [`LoadError`], for the operator.
    pub fn load(source: &ModelSource, threads: usize) -> Result<Option<Self>, LoadError> {
        let encoder = match source {
            ModelSource::Off => return Ok(None),
            ModelSource::Builtin => Encoder::bundled(threads)?,
            ModelSource::File { path, sha256 } => {
                Encoder::open(path, &artefact(path, sha256.as_deref()), threads)?
            }
        };
        let version = Arc::from(encoder.version());
        Ok(Some(Self { encoder, tokenizer: Arc::new(Tokenizer::new()), version }))
    }

    /// Prepares evidence for it.
    pub fn encode(&self, evidence: &mut Evidence) {
        evidence.encode(&self.tokenizer, &self.version);
    }

    /// Reads all that a session wants read, here and now. What each reading settled.
    pub fn catch_up(&self, session: &mut Session) -> Vec<Output> {
        let mut outputs = Vec::new();
        for task in session.tasks() {
            // A failure is a defect; the rules judge alone then, as in the proxy.
            let scores = self.encoder.score(&task.windows).ok();
            outputs.push(session.read(task.id, scores));
        }
        outputs
    }
}

/// A file is the bundled model unless its own hash is given.
fn artefact(path: &Path, sha256: Option<&str>) -> Artefact {
    match sha256 {
        None => Artefact::BUNDLED,
        Some(sha256) => {
            let name =
                path.file_stem().map_or_else(|| "encoder".into(), |name| name.to_string_lossy().into_owned());
            Artefact { name: Cow::Owned(name), sha256: Cow::Owned(sha256.to_owned()) }
        }
    }
}

impl Model for Trained {
    fn tokenizer(&self) -> &Arc<Tokenizer> {
        &self.tokenizer
    }

    fn version(&self) -> &Arc<str> {
        &self.version
    }

    fn read(&self, windows: &[Window]) -> Result<Vec<Score>, String> {
        self.encoder.score(windows).map_err(|error| error.to_string())
    }
}
