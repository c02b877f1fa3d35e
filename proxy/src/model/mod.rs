//! The trained model beside the data path: a bounded queue of sentences and threads of its own that read them.
//!
//! Reading a sentence takes tens of milliseconds of one core, far too long for a worker that serves connections. Whoever
//! asks never waits in line without end: when the queue is full, a sentence is not read at all, and the verdict says so.

mod metrics;
mod pool;
mod trained;

use std::fmt;
use std::sync::Arc;

use agentguard_encoder::{Score, Tokenizer, Window};

pub(crate) use metrics::Metrics;
pub(crate) use pool::{Pool, Reading};
pub use trained::{ModelSource, Trained};

/// What reads sentences. Shared by all threads.
pub trait Model: Send + Sync + 'static {
    /// What its windows are made with.
    fn tokenizer(&self) -> &Arc<Tokenizer>;

    /// Its version, for verdicts.
    fn version(&self) -> &Arc<str>;

    /// A score for every window, in order.
    ///
    /// # Errors
    /// A sentence for the log, without any content. The sentences are then judged by the rules alone.
    fn read(&self, windows: &[Window]) -> Result<Vec<Score>, String>;
}

/// The model and how it runs.
#[derive(Clone)]
pub struct ModelConfig {
    /// The model.
    pub model: Arc<dyn Model>,
    /// Threads that run it; each takes a core while there is something to read.
    pub threads: usize,
    /// Windows that wait at a time; sentences beyond are not read.
    pub queue: usize,
}

impl ModelConfig {
    /// One thread, and as much in the queue as it reads in about two seconds.
    #[must_use]
    pub fn new(model: Arc<dyn Model>) -> Self {
        Self { model, threads: 1, queue: 64 }
    }
}

impl fmt::Debug for ModelConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelConfig")
            .field("threads", &self.threads)
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}
