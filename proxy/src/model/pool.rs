//! The queue and the threads.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use agentguard_encoder::{Score, Tokenizer, Window};
use agentguard_judge::session::Task;
use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use super::{Metrics, Model, ModelConfig};

/// What came of a sentence.
#[derive(Debug)]
pub(crate) struct Reading {
    /// A score for each window of the sentence; `None`: it was not read.
    pub(crate) scores: Option<Vec<Score>>,
    /// Time in the model.
    pub(crate) took: Duration,
}

/// The model's threads. They end with the value, after what they are reading.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    model: Arc<dyn Model>,
}

struct Shared {
    queue: Mutex<Queue>,
    work: Condvar,
    most: usize,
    metrics: Metrics,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    windows: usize,
    closed: bool,
}

struct Job {
    windows: Vec<Window>,
    reply: oneshot::Sender<Reading>,
}

impl Pool {
    /// Starts the threads.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(config: &ModelConfig, metrics: Metrics) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            work: Condvar::new(),
            most: config.queue.max(1),
            metrics,
        });
        let pool = Self { shared, model: config.model.clone() };
        for number in 0..config.threads.max(1) {
            let (shared, model) = (pool.shared.clone(), pool.model.clone());
            std::thread::Builder::new()
                .name(format!("model-{number}"))
                .spawn(move || shared.work(&*model))?;
        }
        Ok(pool)
    }

    /// What windows are made with, and the model's version.
    pub(crate) fn reads(&self) -> (&Arc<Tokenizer>, &Arc<str>) {
        (self.model.tokenizer(), self.model.version())
    }

    /// Puts a sentence in line. Without room, or when the pool ends, the receiver gets nothing.
    pub(crate) fn read(&self, task: Task) -> oneshot::Receiver<Reading> {
        let (reply, receiver) = oneshot::channel();
        let shared = &self.shared;
        let mut queue = shared.queue.lock();
        // A single sentence longer than the queue is taken when it is alone.
        if queue.windows > 0 && queue.windows + task.windows.len() > shared.most {
            shared.metrics.sentences.with_label_values(&["overload"]).inc();
            return receiver;
        }
        queue.windows += task.windows.len();
        shared.metrics.queue.set(gauge(queue.windows));
        queue.jobs.push_back(Job { windows: task.windows, reply });
        drop(queue);
        shared.work.notify_one();
        receiver
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut queue = self.shared.queue.lock();
        queue.closed = true;
        queue.jobs.clear();
        self.shared.work.notify_all();
    }
}

impl Shared {
    fn work(&self, model: &dyn Model) {
        while let Some(job) = self.take() {
            self.run(model, job);
        }
    }

    /// Waits for the next sentence that somebody waits for. `None`: the pool ends.
    ///
    /// One at a time: a batch would be no faster on one core, and the first of it would wait for the last.
    fn take(&self) -> Option<Job> {
        let mut queue = self.queue.lock();
        while !queue.closed {
            let Some(job) = queue.jobs.pop_front() else {
                self.work.wait(&mut queue);
                continue;
            };
            queue.windows -= job.windows.len();
            self.metrics.queue.set(gauge(queue.windows));
            if !job.reply.is_closed() {
                return Some(job);
            }
            self.metrics.sentences.with_label_values(&["left"]).inc();
        }
        None
    }

    fn run(&self, model: &dyn Model, job: Job) {
        let begun = Instant::now();
        let read = catch_unwind(AssertUnwindSafe(|| model.read(&job.windows)));
        let took = begun.elapsed();
        self.metrics.seconds.observe(took.as_secs_f64());
        let failure = match read {
            Ok(Ok(scores)) => {
                self.metrics.sentences.with_label_values(&["read"]).inc();
                // Whoever asked may have left meanwhile.
                let _ = job.reply.send(Reading { scores: Some(scores), took });
                return;
            }
            Ok(Err(error)) => error,
            // Reported where panics are; its message may hold content.
            Err(_) => "it panicked".to_owned(),
        };
        tracing::warn!(why = failure, "the model failed; the rules judge alone");
        self.metrics.sentences.with_label_values(&["failed"]).inc();
        let _ = job.reply.send(Reading { scores: None, took });
    }
}

fn gauge(windows: usize) -> i64 {
    i64::try_from(windows).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
