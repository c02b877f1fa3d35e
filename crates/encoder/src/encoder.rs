//! Inference: windows → probabilities.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value};
use rten_tensor::Tensor;
use rten_tensor::prelude::*;

use crate::artefact::{self, Artefact};
use crate::window::Window;

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("the encoder's model {path} cannot be read: {source}")]
    Read {
        /// Which file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is another file than the one expected, or was damaged.
    #[error(
        "the encoder's model has SHA-256 {found}, but {expected} is expected: give the file that belongs to this version, undamaged"
    )]
    Hash {
        /// The expected hash, in hexadecimal.
        expected: String,
        /// The file's.
        found: String,
    },
    /// It has the right hash and still is no model of this form.
    #[error("the encoder's model cannot be used: {0}")]
    Model(String),
}

/// Why windows could not be scored. The model and the windows come from the same crate, so this is a defect, not bad input.
#[derive(Debug, thiserror::Error)]
#[error("the encoder failed on a window of {tokens} tokens: {reason}")]
pub struct ScoreError {
    tokens: usize,
    reason: String,
}

/// What the encoder says of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// For each of the sentence's tokens the probability that the evidence does not support it, in the order of
    /// [`Window::ranges`].
    pub tokens: Vec<f32>,
    /// The probability that the sentence, as far as this window shows it, holds any such token.
    pub sentence: f32,
}

/// A loaded model. Cheap to share (`Send + Sync`); scoring takes `&self`.
pub struct Encoder {
    model: Model,
    inputs: [NodeId; 2],
    outputs: [NodeId; 2],
    pool: Arc<ThreadPool>,
    version: String,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("version", &self.version).finish_non_exhaustive()
    }
}

impl Encoder {
    /// Loads a model from memory after checking its hash. `threads`: that score, whoever calls; one call uses as many as are free.
    ///
    /// # Errors
    /// When the bytes are not those of the artefact, or no model with the inputs `ids` and `sides` and the outputs `tokens` and
    /// `sentence`.
    pub fn load(
        bytes: impl Into<Cow<'static, [u8]>>,
        artefact: &Artefact,
        threads: usize,
    ) -> Result<Self, LoadError> {
        let bytes = bytes.into();
        let found = artefact::sha256(&bytes);
        if found != artefact.sha256 {
            return Err(LoadError::Hash { expected: artefact.sha256.to_string(), found });
        }
        let unusable = |reason: &dyn std::fmt::Display| LoadError::Model(reason.to_string());
        let mut options = ModelOptions::with_all_ops();
        options.prepack_weights(true);
        let model = match bytes {
            Cow::Borrowed(bytes) => options.load_static_slice(bytes),
            Cow::Owned(bytes) => options.load(bytes),
        };
        let model = model.map_err(|error| unusable(&error))?;
        let node = |name: &str| model.node_id(name).map_err(|error| unusable(&error));
        let (inputs, outputs) = ([node("ids")?, node("sides")?], [node("tokens")?, node("sentence")?]);
        let pool = Arc::new(ThreadPool::with_num_threads(threads.max(1)));
        Ok(Self { model, inputs, outputs, pool, version: artefact.version() })
    }

    /// Loads a model from a file, as [`Encoder::load`] does.
    ///
    /// # Errors
    /// As [`Encoder::load`], and when the file cannot be read.
    pub fn open(path: &Path, artefact: &Artefact, threads: usize) -> Result<Self, LoadError> {
        let read = |source| LoadError::Read { path: path.display().to_string(), source };
        Self::load(std::fs::read(path).map_err(read)?, artefact, threads)
    }

    /// Loads the model that is built into this crate.
    ///
    /// # Errors
    /// When the build was damaged.
    #[cfg(feature = "bundled")]
    pub fn bundled(threads: usize) -> Result<Self, LoadError> {
        Self::load(artefact::MODEL, &Artefact::BUNDLED, threads)
    }

    /// Which model it is, for verdicts: name and the first digits of the hash.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Scores windows, one at a time: the model's int8 products take their scale from all that is in a batch, so that a
    /// window's score would depend on its neighbours, and a streamed answer would be judged otherwise than a whole one.
    ///
    /// # Errors
    /// When the model fails, which is a defect.
    pub fn score(&self, windows: &[Window]) -> Result<Vec<Score>, ScoreError> {
        windows.iter().map(|window| self.window(window)).collect()
    }

    fn window(&self, window: &Window) -> Result<Score, ScoreError> {
        let length = window.ids().len();
        let failed =
            |reason: &dyn std::fmt::Display| ScoreError { tokens: length, reason: reason.to_string() };
        let ids: Vec<i32> = window.ids().iter().map(|id| i32::from(*id)).collect();
        let sides: Vec<i32> = (0..length).map(|at| i32::from(at >= window.response())).collect();
        let shape = [1, length];
        let inputs = vec![
            (self.inputs[0], Tensor::from_data(&shape, ids).into()),
            (self.inputs[1], Tensor::from_data(&shape, sides).into()),
        ];
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.pool)));
        let [tokens, sentence] =
            self.model.run_n(inputs, self.outputs, Some(options)).map_err(|error| failed(&error))?;
        let tokens = floats(tokens).ok_or_else(|| failed(&"its scores are no numbers"))?;
        let sentence = floats(sentence).and_then(|values| values.first().copied());
        let own = tokens.get(window.sentence()..window.sentence() + window.ranges().len());
        match (own, sentence) {
            (Some(own), Some(sentence)) if own.iter().all(|p| p.is_finite()) => {
                Ok(Score { tokens: own.to_vec(), sentence })
            }
            _ => Err(failed(&"it gave too few scores, or none that are numbers")),
        }
    }
}

fn floats(value: Value) -> Option<Vec<f32>> {
    let tensor: Tensor<f32> = value.try_into().ok()?;
    Some(tensor.to_vec())
}
