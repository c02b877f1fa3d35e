//! Every call of the judge.
//!
//! The rules take microseconds a sentence, so they run where the text arrives; the model reads sentences on threads of its own
//! (`model/`). So an answer may be owed (the evidence is still being prepared, the model is still reading), it may fail, and
//! there are only so many places.

use std::mem::replace;
use std::sync::Arc;
use std::time::Duration;

use agentguard_api::Correlation;
use agentguard_judge::session::Output;
use agentguard_judge::{Evidence, NotChecked, Settings, Signal, Verdict};
use agentguard_wire::{Answer, Event};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::live::{Live, Settled};
use super::off_worker::{self, Panicked};
use crate::model::Pool;

/// To judge a byte takes about as long as to parse this many; to gather a byte of evidence, this many.
const JUDGING: usize = 4;
const GATHERING: usize = 4;
/// To prepare it for the model, this many more.
const ENCODING: usize = 4;

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
    model: Option<Arc<Pool>>,
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
    Reading(Box<Live>),
    /// There will be no verdict.
    Failed(NotChecked),
}

/// What was settled meanwhile.
pub(crate) enum Step {
    /// By reading an event that had to wait.
    Event(Event, Output),
    /// By the model.
    Sentence(Settled),
}

impl Judging {
    /// Begins to gather the grounds, of `size` bytes, at once. Without a place among `places` it fails, with [`NotChecked::Overload`].
    pub(crate) fn begin(
        places: &Arc<Semaphore>,
        model: Option<&Arc<Pool>>,
        settings: Settings,
        size: usize,
        prepare: impl FnOnce() -> Grounds + Send + 'static,
    ) -> Self {
        let mut judging = Self { size, ..Self::when_heard(places, model, settings, prepare) };
        judging.start();
        judging
    }

    /// Begins when there is something to judge: an agent has seen what it goes by when it speaks, not before.
    /// How much that is, is not known here, so that it is always gathered off the workers.
    pub(crate) fn when_heard(
        places: &Arc<Semaphore>,
        model: Option<&Arc<Pool>>,
        settings: Settings,
        prepare: impl FnOnce() -> Grounds + Send + 'static,
    ) -> Self {
        let model = model.filter(|_| settings.signals.has(Signal::Model)).cloned();
        let (state, size) = (State::Waiting(Box::new(prepare)), usize::MAX);
        Self {
            state,
            places: Some(places.clone()),
            size,
            settings,
            model,
            ..Self::failed(NotChecked::Aborted)
        }
    }

    fn start(&mut self) {
        let overload = State::Failed(NotChecked::Overload);
        let State::Waiting(prepare) = replace(&mut self.state, overload) else { return };
        self._place = self.places.take().and_then(|places| places.try_acquire_owned().ok());
        if self._place.is_some() {
            let model = self.model.clone();
            let cost = if model.is_some() { GATHERING + ENCODING } else { GATHERING };
            let task = off_worker::spawn(self.size.saturating_mul(cost), move || {
                let begun = Instant::now();
                let prepared = off_worker::caught(move || {
                    let (mut evidence, correlation) = prepare();
                    if let Some((tokenizer, version)) = model.as_ref().map(|model| model.reads()) {
                        evidence.encode(tokenizer, version);
                    }
                    (evidence, correlation)
                });
                (prepared, begun.elapsed())
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
            model: None,
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
        matches!(self.state, State::Preparing { .. }) || self.owes_since().is_some()
    }

    /// Since when the model owes a reading. (Evidence is owed from the beginning.)
    pub(crate) fn owes_since(&self) -> Option<Instant> {
        if let State::Reading(live) = &self.state { live.owes_since() } else { None }
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
            State::Reading(_) => self.live(|live| live.event(event)),
        }
    }

    /// Works on the session, if there is one. A panic there fails it.
    fn live<T>(&mut self, work: impl FnOnce(&mut Live) -> T) -> Option<T> {
        let State::Reading(live) = &mut self.state else { return None };
        let begun = Instant::now();
        let worked = off_worker::caught(|| work(live));
        self.spent += begun.elapsed();
        worked.map_err(|Panicked| self.state = State::Failed(NotChecked::JudgeError)).ok()
    }

    /// No more text will come, so that the last sentences can be judged.
    pub(crate) fn end(&mut self) {
        self.live(Live::end);
    }

    /// The model is not waited for any more.
    pub(crate) fn skip(&mut self) -> Vec<Step> {
        let settled = self.live(Live::skip).unwrap_or_default();
        settled.into_iter().map(Step::Sentence).collect()
    }

    /// Waits for the next answer owed: until the evidence is prepared, when it reads what arrived meanwhile, or until the model has
    /// read a sentence. Never ends when nothing is owed. Cancel-safe.
    pub(crate) async fn ready(&mut self) -> Vec<Step> {
        let prepared = match &mut self.state {
            State::Preparing { task, .. } => task.await,
            State::Reading(live) => {
                let (id, reading) = live.reading().await;
                let settled = self.live(|live| live.read(id, reading));
                return settled
                    .into_iter()
                    .map(|(settled, took)| {
                        self.spent += took;
                        Step::Sentence(settled)
                    })
                    .collect();
            }
            State::Waiting(_) | State::Failed(_) => return std::future::pending().await,
        };
        let failed = State::Failed(NotChecked::JudgeError);
        let State::Preparing { backlog, .. } = replace(&mut self.state, failed) else { return Vec::new() };
        if let Ok((Ok((evidence, correlation)), spent)) = prepared {
            let evidence = Arc::new(evidence);
            self.correlation = correlation;
            self.spent += spent;
            let live = Live::new(evidence.clone(), self.settings.clone(), self.model.clone());
            self.state = State::Reading(Box::new(live));
            self.evidence = Some(evidence);
        }
        let steps = backlog.into_iter().map_while(|event| {
            let output = self.read(&event)?;
            Some(Step::Event(event, output))
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
            State::Reading(live) => {
                let begun = Instant::now();
                let verdict = off_worker::caught(|| live.finish());
                self.spent += begun.elapsed();
                verdict.map_err(|Panicked| NotChecked::JudgeError)
            }
        }
    }

    /// Waits for what is owed, no longer than `limit`, and then for the verdict. What the model has not read by then, the rules
    /// judge alone.
    ///
    /// # Errors
    /// The reason why there is none.
    pub(crate) async fn conclude(&mut self, limit: Duration) -> Result<Verdict, NotChecked> {
        self.settle(Instant::now() + limit).await;
        self.finish()
    }

    /// Waits for all that is owed. Evidence that is still owed at the deadline is reported by `finish`.
    async fn settle(&mut self, deadline: Instant) {
        self.end();
        while self.owes() {
            if timeout_at(deadline, self.ready()).await.is_err() {
                return;
            }
            self.end();
        }
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
        while matches!(self.state, State::Preparing { .. }) {
            if timeout_at(deadline, self.ready()).await.is_err() {
                return self.finish();
            }
        }
        let State::Reading(mut live) = replace(&mut self.state, State::Failed(NotChecked::JudgeError)) else {
            return Err(self.failure().unwrap_or(NotChecked::JudgeError));
        };
        let text: usize = answer.choices.iter().map(|choice| choice.text.len()).sum();
        let (answer, begun) = (answer.clone(), Instant::now());
        let fed = off_worker::run(text.saturating_mul(JUDGING), move || {
            live.feed(&answer);
            live
        });
        let fed = timeout_at(deadline, fed).await;
        self.spent += begun.elapsed();
        match fed {
            Ok(Ok(live)) => self.state = State::Reading(live),
            Ok(Err(Panicked)) => return Err(NotChecked::JudgeError),
            Err(_) => return Err(NotChecked::Timeout),
        }
        self.heard = true;
        self.settle(deadline).await;
        self.finish()
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
