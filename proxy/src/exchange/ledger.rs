//! The one event that an exchange ends in, whatever happens to it.

use std::sync::Arc;
use std::time::Duration;

use agentguard_api::{Latency, VerdictEvent};
use agentguard_judge::{Evidence, NotChecked, State, Verdict};
use agentguard_policy::{Action, Delivery};
use agentguard_wire::{Answer, Event};
use pingora::proxy::Session;
use tokio::time::Instant;
use uuid::Uuid;

use super::annotate::Note;
use super::content::{self, As};
use super::context::Call;
use super::judging::Judging;
use super::plan::Plan;
use super::stream::LAST;
use super::{off_worker, redaction};
use crate::http::headers;
use crate::http::route::Route;
use crate::shared::Shared;

/// How an exchange ended.
pub(crate) struct Outcome {
    /// What is said about the response.
    pub(crate) verdict: Verdict,
    /// What was done to it.
    pub(crate) action: Action,
    /// What the policy would have done beyond that.
    pub(crate) would: Option<Action>,
}

/// Gathers the event, and records it when it is dropped: after the last byte, or when a panic or a cut connection ends the
/// exchange before.
pub(crate) struct Ledger {
    shared: Arc<Shared>,
    begun: Instant,
    event: VerdictEvent,
    plan: Option<Plan>,
    outcome: Option<Outcome>,
    answer: Answer,
    /// Whether the stream said that it ends.
    ended: bool,
    discarded: bool,
    call: Option<Arc<Call>>,
    /// Bytes of text kept in `answer`.
    kept: usize,
    evidence: Option<Arc<Evidence>>,
}

impl Ledger {
    /// Opens it with what the request's head says.
    pub(crate) fn open(session: &Session, route: &Route, shared: &Arc<Shared>) -> Self {
        Self::begin(headers::trace_id(&session.req_header().headers), route, shared)
    }

    /// Opens it for an exchange of that W3C trace that begins now.
    pub(crate) fn begin(trace: Option<String>, route: &Route, shared: &Arc<Shared>) -> Self {
        let verdict = Verdict::not_checked(NotChecked::Aborted);
        let event = VerdictEvent {
            id: Uuid::now_v7(),
            instance: Uuid::nil(),
            seq: 0,
            ts: jiff::Timestamp::now().as_microsecond(),
            direction: route.direction,
            provider: route.target.provider.clone(),
            host: route.target.origin.host().to_owned(),
            path: route.path.path().to_owned(),
            dialect: String::new(),
            model: String::new(),
            response_id: String::new(),
            stream: false,
            status: 0,
            verdict: verdict.state,
            reason: verdict.reason,
            risk: 0.0,
            action: Action::Observe,
            would: None,
            mode: Delivery::Pass,
            spans: Vec::new(),
            sentences: 0,
            signals: Vec::new(),
            explanation: verdict.explanation,
            judge: String::new(),
            policy: String::new(),
            rule: String::new(),
            threshold: None,
            latency: Latency::default(),
            input_tokens: None,
            output_tokens: None,
            trace,
            correlation: None,
            redactions: Default::default(),
            workload: shared.workload.clone(),
            content: None,
        };
        Self {
            shared: shared.clone(),
            begun: Instant::now(),
            event,
            plan: None,
            outcome: None,
            answer: Answer::default(),
            ended: false,
            discarded: false,
            call: None,
            kept: 0,
            evidence: None,
        }
    }

    /// The exchange's id.
    pub(crate) fn id(&self) -> Uuid {
        self.event.id
    }

    /// It was no exchange that concerns us after all: nothing is recorded.
    pub(crate) fn discard(&mut self) {
        self.discarded = true;
    }

    /// Takes part in judging the agent's reply: what the agent sees here is evidence there.
    pub(crate) fn informs(&mut self, call: Arc<Call>) {
        self.call = Some(call);
    }

    /// The W3C trace id, and when it began.
    pub(crate) fn origin(&self) -> (Option<&str>, Instant) {
        (self.event.trace.as_deref(), self.begun)
    }

    /// Notes the format and the model asked for.
    pub(crate) fn asked(&mut self, dialect: &str, model: &str) {
        dialect.clone_into(&mut self.event.dialect);
        model.clone_into(&mut self.event.model);
    }

    /// Notes the policy that it goes by.
    pub(crate) fn planned(&mut self, plan: &Plan) {
        self.event.policy.clone_from(&plan.revision);
        self.event.rule.clone_from(&plan.rule.name);
        self.event.threshold = Some(plan.rule.thresholds.warn);
        self.event.mode = plan.delivery;
        self.plan = Some(plan.clone());
    }

    /// Notes the response's head, which has just arrived.
    pub(crate) fn answered(&mut self, status: u16) {
        self.event.status = status;
        self.event.latency.first_byte_ms = ms(self.begun.elapsed());
    }

    /// Notes that the answer comes as a stream.
    pub(crate) fn streamed(&mut self) {
        self.event.stream = true;
    }

    /// Adds a stream's event to the answer, text up to the limit.
    pub(crate) fn heard(&mut self, event: &Event) {
        self.ended |= *event == Event::End;
        if let Event::Text { text, .. } | Event::Reasoning { text, .. } = event {
            self.kept += text.len();
            if self.kept > self.shared.limits.response_bytes {
                return;
            }
        }
        self.answer.apply(event);
    }

    /// Takes a whole answer.
    pub(crate) fn read(&mut self, answer: Answer) {
        self.answer = answer;
        self.ended = true;
    }

    /// Notes that a byte of the response was held that long.
    pub(crate) fn held(&mut self, time: Duration) {
        self.event.latency.held_ms = self.event.latency.held_ms.max(ms(time));
    }

    /// Notes what the judge took so far, and what it goes by.
    pub(crate) fn judged(&mut self, judging: &Judging) {
        self.event.latency.judge_ms = ms(judging.spent());
        self.event.correlation = judging.correlation();
        self.evidence = judging.evidence().cloned();
    }

    /// Notes how it ends, as far as that is known now. The last word stands.
    pub(crate) fn settle(&mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }

    /// What a client is told of that outcome.
    pub(crate) fn annotation(&self, verdict: &Verdict, action: Action) -> Note {
        Note::new(self.event.id, verdict, action, self.event.mode, self.event.latency.judge_ms)
    }

    /// The exchange broke off. What the judge had found by then is not lost; and an answer that had come to its end was
    /// whole, whoever left first then.
    pub(crate) async fn broke_off(&mut self, judging: &mut Judging, by_upstream: bool) {
        if self.outcome.is_some() {
            return;
        }
        let unanswered = by_upstream && self.event.status == 0;
        let reason = if unanswered { NotChecked::UpstreamError } else { NotChecked::Aborted };
        let whole = self.ended || self.answer.choices.iter().any(|choice| choice.finish.is_some());
        let verdict = settled(judging.conclude(LAST).await, (!whole).then_some(reason));
        self.judged(judging);
        self.settle(Outcome::seen(verdict));
    }
}

impl Ledger {
    /// Adds the content that the policy captures, and takes out of the event what must not leave. Should that go wrong, nothing of
    /// the content leaves.
    fn keep_content(&self, event: &mut VerdictEvent, answer: Answer) {
        let policy = self.shared.policy.load();
        let redactor = self.plan.as_ref().map_or(&policy.redaction, |plan| &plan.redaction);
        let capture = self.plan.as_ref().and_then(|plan| content::captures(&plan.rule, event));
        let kept = off_worker::caught(|| {
            let mut kept = event.clone();
            if let Some(as_what) = capture {
                let evidence = self.evidence.as_deref().map(Evidence::sources).unwrap_or_default();
                match content::of(answer, evidence) {
                    Some(content) if as_what == As::Hashes => {
                        kept.content = Some(content::hashed(&content, &self.shared.hasher));
                    }
                    content => {
                        self.shared.judge_metrics.content_too_large.inc_by(u64::from(content.is_none()));
                        kept.content = content;
                    }
                }
            }
            redaction::apply(&mut kept, redactor);
            kept
        });
        match kept {
            Ok(kept) => *event = kept,
            Err(off_worker::Panicked) => redaction::bare(event),
        }
        self.shared.judge_metrics.redacted(event);
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        if self.discarded {
            return;
        }
        if let Some(call) = self.call.take() {
            call.heard(&self.answer);
        }
        let aborted = || Outcome::seen(Verdict::not_checked(NotChecked::Aborted));
        let Outcome { verdict, action, would } = self.outcome.take().unwrap_or_else(aborted);
        if self.event.dialect.is_empty() && verdict.reason == Some(NotChecked::Empty) {
            return; // an agent's reply without words is no answer of a model's
        }
        let mut event = self.event.clone();
        event.latency.total_ms = ms(self.begun.elapsed());
        let answer = std::mem::take(&mut self.answer);
        if !answer.model.is_empty() {
            event.model.clone_from(&answer.model);
        }
        event.response_id.clone_from(&answer.id);
        event.input_tokens = answer.usage.map(|usage| usage.input);
        event.output_tokens = answer.usage.map(|usage| usage.output);
        event.verdict = verdict.state;
        event.reason = verdict.reason;
        event.risk = verdict.risk;
        event.spans = verdict.spans;
        event.sentences = verdict.sentences;
        event.signals = verdict.signals;
        event.explanation = verdict.explanation;
        event.judge = verdict.judge;
        event.action = action;
        event.would = would;
        self.keep_content(&mut event, answer);
        self.shared.judge_metrics.ended(&event);
        self.shared.recorder.record(event);
    }
}

impl Outcome {
    /// That verdict, and nothing was done.
    pub(crate) fn seen(verdict: Verdict) -> Self {
        Self { verdict, action: Action::Observe, would: None }
    }
}

/// The verdict on an answer of which something could not be read or is missing: what was found in the rest stands, but
/// finding nothing there is not a clean bill.
pub(crate) fn settled(found: Result<Verdict, NotChecked>, missing: Option<NotChecked>) -> Verdict {
    let flagged = |verdict: &Verdict| matches!(verdict.state, State::Ungrounded | State::Contradicted);
    match (found, missing) {
        (Ok(verdict), None) => verdict,
        (Ok(verdict), Some(_)) if flagged(&verdict) => verdict,
        (_, Some(reason)) | (Err(reason), None) => Verdict::not_checked(reason),
    }
}

/// Milliseconds, fractional.
fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
