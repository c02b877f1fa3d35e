//! A judge's session that is being fed, and the readings that the model owes it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use agentguard_judge::session::{Output, TaskId};
use agentguard_judge::{Evidence, Session, Settings, Verdict};
use agentguard_wire::{Answer, Event};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::model::{Pool, Reading};

/// The session.
pub(crate) struct Live {
    session: Session,
    model: Option<Arc<Pool>>,
    /// In the order in which it was asked.
    owed: VecDeque<Owed>,
}

struct Owed {
    id: TaskId,
    since: Instant,
    reply: oneshot::Receiver<Reading>,
}

/// What a reading settled.
pub(crate) struct Settled {
    pub(crate) choice: u32,
    pub(crate) output: Output,
}

impl Live {
    pub(crate) fn new(evidence: Arc<Evidence>, settings: Settings, model: Option<Arc<Pool>>) -> Self {
        Self { session: Session::new(evidence, settings), model, owed: VecDeque::new() }
    }

    /// Reads an event, and asks the model for the sentences that it completes.
    pub(crate) fn event(&mut self, event: &Event) -> Output {
        let output = self.session.event(event);
        self.ask();
        output
    }

    /// Reads a whole answer.
    pub(crate) fn feed(&mut self, answer: &Answer) {
        self.session.feed(answer);
        self.ask();
    }

    /// No more text will come, so that the last sentences can be read.
    pub(crate) fn end(&mut self) {
        self.session.end();
        self.ask();
    }

    fn ask(&mut self) {
        let tasks = self.session.tasks();
        let Some(model) = &self.model else { return };
        for task in tasks {
            let (id, since) = (task.id, Instant::now());
            self.owed.push_back(Owed { id, since, reply: model.read(task) });
        }
    }

    /// Since when the model owes the reading that it owes longest.
    pub(crate) fn owes_since(&self) -> Option<Instant> {
        self.owed.front().map(|owed| owed.since)
    }

    /// The next reading in order, and the time that the model took for it. Never ends when none is owed. Cancel-safe.
    pub(crate) async fn reading(&mut self) -> (TaskId, Option<Reading>) {
        let Some(owed) = self.owed.front_mut() else { return std::future::pending().await };
        // An error: there was no room for it, or the proxy ends.
        let reading = (&mut owed.reply).await.ok();
        let id = owed.id;
        self.owed.pop_front();
        (id, reading)
    }

    /// Takes a reading.
    pub(crate) fn read(&mut self, id: TaskId, reading: Option<Reading>) -> (Settled, Duration) {
        let took = reading.as_ref().map_or(Duration::ZERO, |reading| reading.took);
        let output = self.session.read(id, reading.and_then(|reading| reading.scores));
        (Settled { choice: id.choice, output }, took)
    }

    /// What is owed is not waited for any more: the rules judge alone.
    pub(crate) fn skip(&mut self) -> Vec<Settled> {
        self.owed.clear();
        self.session.skip().into_iter().map(|(choice, output)| Settled { choice, output }).collect()
    }

    pub(crate) fn finish(self) -> Verdict {
        self.session.finish()
    }
}
