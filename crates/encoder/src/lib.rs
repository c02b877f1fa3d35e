//! The judge's second signal: a small encoder that reads a sentence beside the evidence and says, token by token, how likely
//! the evidence does not support it.
//!
//! A [`Ground`] is made once per exchange, from the question and the segments of the evidence. It makes the [`Window`]s of
//! each sentence. Everything is synchronous, deterministic and free of I/O apart from loading; training (`training/`) reads
//! windows that this crate made, so that the model sees in service what it was trained on.

mod artefact;
mod encoder;
mod ground;
mod tokenizer;
mod window;

pub use artefact::Artefact;
pub use encoder::{Encoder, LoadError, Score, ScoreError};
pub use ground::Ground;
pub use tokenizer::{Token, Tokenizer};
pub use window::Window;
