//! Every call of the judge.
//!
//! Today's rules take microseconds a sentence, so they run where the text arrives. The seam is asynchronous all the same: an
//! answer may be owed (the evidence is still being prepared), it may fail, and there are only so many places. A model that
//! runs elsewhere changes this file and no other.

use std::mem::replace;
use std::sync::Arc;
use std::time::Duration;

use agentguard_api::Correlation;
use agentguard_judge::session::Output;
use agentguard_judge::{Evidence, NotChecked, Session, Settings, Verdict};
use agentguard_wire::{Answer, Event};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::off_worker::{self, Panicked};

/// To judge a byte takes about as long as to parse this many; to gather a byte of evidence, this many.
const JUDGING: usize = 3;
const GATHERING: usize = 4;

/// What there is to judge by, and, for an agent's reply, how that was found.
pub(crate) type Grounds = (Evidence, Option<Correlation>);

/// Gathers the grounds. Runs beside the data path.
type Prepare = Box<dyn FnOnce() -> Grounds + Send>;

/// One response being judged.
pub(crate) struct Judging {
    state: State,
    places: Option<Arc<Semaphore>>,
    /// Of what the grounds are gathered from, in bytes.
    size: usize,
    settings: Settings,
    evidence: Option<Arc<Evidence>>,
    correlation: Option<Correlation>,
    spent: Duration,
    /// Whether there was anything to judge.
    heard: bool,
    _place: Option<OwnedSemaphorePermit>,
}

enum State {
    /// The grounds are gathered once there is something to judge.
    Waiting(Prepare),
    /// They are being gathered; what arrives meanwhile waits.
    Preparing { task: JoinHandle<(Result<Grounds, Panicked>, Duration)>, backlog: Vec<Event> },
    /// Everything is read as it arrives.
    Reading(Box<Session>),
    /// There will be no verdict.
    Failed(NotChecked),
}

/// What reading one event came to.
pub(crate) struct Step {
    pub(crate) event: Event,
    pub(crate) output: Output,
}

impl Judging {
    /// Begins to gather the grounds, of `size` bytes, at once. Without a place among `places` it fails, with [`NotChecked::Overload`].
    pub(crate) fn begin(
        places: &Arc<Semaphore>,
        settings: Settings,
        size: usize,
        prepare: impl FnOnce() -> Grounds + Send + 'static,
    ) -> Self {
        let mut judging = Self { size, ..Self::when_heard(places, settings, prepare) };
        judging.start();
        judging
    }

    /// Begins when there is something to judge: an agent has seen what it goes by when it speaks, not before.
    /// How much that is, is not known here, so that it is always gathered off the workers.
    pub(crate) fn when_heard(
        places: &Arc<Semaphore>,
        settings: Settings,
        prepare: impl FnOnce() -> Grounds + Send + 'static,
    ) -> Self {
        let (state, size) = (State::Waiting(Box::new(prepare)), usize::MAX);
        Self { state, places: Some(places.clone()), size, settings, ..Self::failed(NotChecked::Aborted) }
    }

    fn start(&mut self) {
        let overload = State::Failed(NotChecked::Overload);
        let State::Waiting(prepare) = replace(&mut self.state, overload) else { return };
        self._place = self.places.take().and_then(|places| places.try_acquire_owned().ok());
        if self._place.is_some() {
            let task = off_worker::spawn(self.size.saturating_mul(GATHERING), move || {
                let begun = Instant::now();
                (off_worker::caught(prepare), begun.elapsed())
            });
            self.state = State::Preparing { task, backlog: Vec::new() };
        }
    }

    /// One that will not come to a verdict, for that reason.
    pub(crate) fn failed(reason: NotChecked) -> Self {
        Self {
            state: State::Failed(reason),
            places: None,
            size: 0,
            settings: Settings::default(),
            evidence: None,
            correlation: None,
            spent: Duration::ZERO,
            heard: false,
            _place: None,
        }
    }

    /// Why there will be no verdict.
    pub(crate) fn failure(&self) -> Option<NotChecked> {
        if let State::Failed(reason) = &self.state { Some(*reason) } else { None }
    }

    /// Whether it owes an answer, so that what is held waits for it.
    pub(crate) fn owes(&self) -> bool {
        matches!(self.state, State::Preparing { .. })
    }

    /// Time spent in the judge.
    pub(crate) fn spent(&self) -> Duration {
        self.spent
    }

    /// How the grounds of an agent's reply were found.
    pub(crate) fn correlation(&self) -> Option<Correlation> {
        self.correlation
    }

    /// The evidence, once it is prepared.
    pub(crate) fn evidence(&self) -> Option<&Arc<Evidence>> {
        self.evidence.as_ref()
    }

    /// Reads an event. `None` while it cannot; what it settles comes from [`Judging::ready`] then.
    pub(crate) fn read(&mut self, event: &Event) -> Option<Output> {
        if !concerns(event) {
            return Some(Output::default());
        }
        if speaks(event) && !replace(&mut self.heard, true) && matches!(self.state, State::Waiting(_)) {
            self.start();
        }
        match &mut self.state {
            State::Waiting(_) => Some(Output::default()),
            State::Preparing { backlog, .. } => {
                backlog.push(event.clone());
                None
            }
            State::Failed(_) => None,
            State::Reading(session) => {
                let begun = Instant::now();
                let output = off_worker::caught(|| session.event(event));
                self.spent += begun.elapsed();
                output.map_err(|Panicked| self.state = State::Failed(NotChecked::JudgeError)).ok()
            }
        }
    }

    /// Waits until the evidence is prepared, and reads what arrived meanwhile. Never ends when nothing is owed.
    /// Cancel-safe.
    pub(crate) async fn ready(&mut self) -> Vec<Step> {
        let State::Preparing { task, .. } = &mut self.state else { return std::future::pending().await };
        let prepared = task.await;
        let failed = State::Failed(NotChecked::JudgeError);
        let State::Preparing { backlog, .. } = replace(&mut self.state, failed) else { return Vec::new() };
        if let Ok((Ok((evidence, correlation)), spent)) = prepared {
            let evidence = Arc::new(evidence);
            self.correlation = correlation;
            self.spent += spent;
            self.state = State::Reading(Box::new(Session::new(evidence.clone(), self.settings.clone())));
            self.evidence = Some(evidence);
        }
        let steps = backlog.into_iter().map_while(|event| {
            let output = self.read(&event)?;
            Some(Step { event, output })
        });
        steps.collect()
    }

    /// The verdict on what was read. Nothing more may be read then.
    ///
    /// # Errors
    /// The reason why there is none.
    pub(crate) fn finish(&mut self) -> Result<Verdict, NotChecked> {
        match replace(&mut self.state, State::Failed(NotChecked::Aborted)) {
            State::Waiting(_) => Err(NotChecked::Empty),
            State::Preparing { .. } => Err(NotChecked::Timeout),
            State::Failed(reason) => Err(reason),
            State::Reading(_) if !self.heard => Err(NotChecked::Empty),
            State::Reading(session) => {
                let begun = Instant::now();
                let verdict = off_worker::caught(|| session.finish());
                self.spent += begun.elapsed();
                verdict.map_err(|Panicked| NotChecked::JudgeError)
            }
        }
    }

    /// Waits for what is owed, no longer than `limit`, and then for the verdict.
    ///
    /// # Errors
    /// The reason why there is none.
    pub(crate) async fn conclude(&mut self, limit: Duration) -> Result<Verdict, NotChecked> {
        if self.owes() {
            let _ = timeout(limit, self.ready()).await; // still owed then, which `finish` reports
        }
        self.finish()
    }

    /// Judges a whole answer.
    ///
    /// # Errors
    /// The reason why there is no verdict.
    pub(crate) async fn judge(
        &mut self,
        answer: &Arc<Answer>,
        limit: Duration,
    ) -> Result<Verdict, NotChecked> {
        let silent =
            |choice: &agentguard_wire::Choice| choice.text.is_empty() && choice.tool_calls.is_empty();
        if answer.choices.iter().all(silent) && self.failure().is_none() {
            return Err(NotChecked::Empty);
        }
        if matches!(self.state, State::Waiting(_)) {
            self.start();
        }
        let deadline = Instant::now() + limit;
        if self.owes() {
            let _ = timeout(limit, self.ready()).await;
        }
        let Some(evidence) = self.evidence.clone() else { return self.finish() };
        let text: usize = answer.choices.iter().map(|choice| choice.text.len()).sum();
        let size = text.saturating_mul(JUDGING);
        let (answer, settings, begun) = (answer.clone(), self.settings.clone(), Instant::now());
        let judged = off_worker::run(size, move || Session::judge(evidence, settings, &answer));
        let judged = tokio::time::timeout_at(deadline, judged).await;
        self.spent += begun.elapsed();
        self.state = State::Failed(NotChecked::Aborted);
        match judged {
            Ok(Ok(verdict)) => Ok(verdict),
            Ok(Err(Panicked)) => Err(NotChecked::JudgeError),
            Err(_) => Err(NotChecked::Timeout),
        }
    }
}

/// Whether the judge has any use for an event.
fn concerns(event: &Event) -> bool {
    matches!(
        event,
        Event::Text { .. }
            | Event::Break { .. }
            | Event::Logprobs { .. }
            | Event::Refusal { .. }
            | Event::ToolStart { .. }
            | Event::ToolArguments { .. }
            | Event::ToolEnd { .. }
            | Event::Finish { .. }
    )
}

/// Whether an event says something that can be right or wrong.
fn speaks(event: &Event) -> bool {
    matches!(event, Event::Text { text, .. } if !text.is_empty()) || matches!(event, Event::ToolStart { .. })
}
