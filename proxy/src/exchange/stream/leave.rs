//! What leaves: frames that may, edits, the annotation, and the end, be it the stream's own or ours.

use agentguard_judge::{NotChecked, Verdict};
use agentguard_policy::Action;
use agentguard_wire::{Event, Frame};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use pingora::{Error, Result};

use super::{Flow, LAST};
use crate::exchange::ledger::{Outcome, settled};
use crate::exchange::{off_worker, refuse};
use crate::http::errors::CUT;

impl Flow<'_, '_> {
    /// Comes to the verdict, once everything is heard and nothing is owed.
    pub(super) fn conclude(&mut self) {
        if self.complete.is_none() || self.verdict.is_some() || self.stop {
            return;
        }
        self.parts.judging.end();
        if self.parts.judging.owes() {
            return;
        }
        let verdict = settled(self.parts.judging.finish(), self.missing);
        let plan = self.parts.plan;
        if plan.action == Action::Redact {
            plan.redact(&verdict.spans, &mut self.edits);
        }
        let stopped = verdict.reason.is_some_and(|reason| plan.stops(reason));
        self.stop = stopped || (plan.action == Action::Block && plan.is_over(&verdict));
        if !self.stop {
            self.queue.open();
        }
        self.verdict = Some(verdict);
        self.note(None);
    }

    /// There will be no verdict in time: the rule says whether everything leaves or nothing more does.
    pub(super) fn give_up(&mut self, reason: NotChecked) {
        if self.verdict.is_some() || self.stop {
            return;
        }
        self.verdict = Some(Verdict::not_checked(reason));
        if self.parts.plan.stops(reason) {
            self.stop = true;
        } else {
            self.queue.open();
        }
        self.note(None);
    }

    /// Lets go what may leave.
    pub(super) async fn release(&mut self) -> Result<()> {
        if self.holds_preamble() && !self.queue.leaving().any(|held| says_anything(&held.frame)) {
            return Ok(());
        }
        let mut leaving = BytesMut::new();
        while let Some(held) = self.queue.ready() {
            let ends = held.ends();
            let Some(held) = self.queue.pop() else { break };
            if ends {
                leaving.extend(self.annotation());
            }
            self.parts.ledger.held(held.arrived.elapsed());
            let bytes = self.edited(&held.frame);
            if self.stop && self.parts.plan.stops(NotChecked::JudgeError) {
                break;
            }
            leaving.extend_from_slice(&bytes);
        }
        if leaving.is_empty() {
            return Ok(());
        }
        self.send_head().await?;
        self.relay.send_body(leaving.freeze()).await
    }

    /// Whether what comes before the first words waits for them, so that they can still be refused.
    fn holds_preamble(&self) -> bool {
        let open = self.verdict.is_some() && !self.stop;
        self.head.is_some() && self.may_refuse() && !open && !self.head_overdue
    }

    /// A frame as it leaves.
    fn edited(&mut self, frame: &Frame) -> Bytes {
        if !self.parts.plan.acts() {
            return frame.raw.clone();
        }
        match self.editor.pass(frame, &self.edits) {
            Ok(bytes) => {
                self.redacted |= bytes != frame.raw;
                bytes
            }
            Err(off_worker::Panicked) => {
                self.missing = self.missing.or(Some(NotChecked::JudgeError));
                self.stop |= self.parts.plan.stops(NotChecked::JudgeError);
                frame.raw.clone()
            }
        }
    }

    /// The comment that tells the verdict, once, where the framing has comments.
    fn annotation(&mut self) -> Bytes {
        let Some(verdict) = self.verdict.as_ref().filter(|_| !self.annotated && self.parts.plan.annotates())
        else {
            return Bytes::new();
        };
        let action = if self.redacted { Action::Redact } else { Action::Annotate };
        let line = self.parts.ledger.annotation(verdict, action).line();
        let comment = self.layout.comment(&line);
        self.annotated = comment.is_some();
        comment.unwrap_or_default()
    }

    /// Sends the head, if it is still ours.
    pub(super) async fn send_head(&mut self) -> Result<()> {
        match self.head.take() {
            Some((head, since)) => {
                self.parts.ledger.held(since.elapsed());
                self.relay.send_head(head).await
            }
            None => Ok(()),
        }
    }

    /// The stream's own end.
    pub(super) async fn end(mut self, trailers: Option<Box<HeaderMap>>) -> Result<()> {
        self.send_head().await?;
        let annotation = self.annotation();
        self.note(None);
        self.relay.send_body(annotation).await?;
        self.relay.send_end(trailers).await?;
        let late = self.verdict.as_ref().is_some_and(|verdict| verdict.reason == Some(NotChecked::Timeout));
        if late && let Ok(verdict) = self.parts.judging.conclude(LAST).await {
            let would = self.parts.plan.would(&verdict).filter(|would| *would != Action::Annotate);
            self.note(would);
        }
        Ok(())
    }

    /// The end that we make: a refusal while the head is ours, the dialect's own ending after. The upstream is
    /// cancelled. A format without an ending is broken off.
    pub(super) async fn cut(mut self) -> Result<()> {
        let verdict = match self.verdict.take() {
            Some(verdict) => verdict,
            None => settled(self.parts.judging.finish(), self.missing),
        };
        let ledger = &mut *self.parts.ledger;
        ledger.judged(self.parts.judging);
        if self.head.is_some() {
            return self.relay.refuse(refuse::reply(verdict, self.parts.format, ledger)).await;
        }
        let notice = refuse::notice(ledger.id(), &verdict);
        let note = ledger.annotation(&verdict, Action::Block);
        ledger.settle(Outcome { action: Action::Block, ..Outcome::seen(verdict) });
        let mut ending = BytesMut::from(&*self.layout.comment(&note.line()).unwrap_or_default());
        let cut = self.editor.cut(&notice);
        ending.extend_from_slice(cut.as_deref().unwrap_or_default());
        self.relay.send_body(ending.freeze()).await?;
        match cut {
            Some(_) => self.relay.send_end(None).await,
            None => Error::e_explain(CUT, "by policy").map_err(|e| e.into_down()),
        }
    }

    /// Notes what the event says if the exchange ended here.
    fn note(&mut self, would: Option<Action>) {
        let Some(verdict) = self.verdict.clone() else { return };
        let action = match (self.redacted, self.annotated) {
            (true, _) => Action::Redact,
            (false, true) => Action::Annotate,
            (false, false) => Action::Observe,
        };
        self.parts.ledger.judged(self.parts.judging);
        self.parts.ledger.settle(Outcome { verdict, action, would });
    }
}

/// Whether a frame says anything to whoever waits: words, calls, or thoughts.
fn says_anything(frame: &Frame) -> bool {
    frame.events.iter().any(|event| match event {
        Event::Text { text, .. } | Event::Reasoning { text, .. } | Event::Refusal { text, .. } => {
            !text.is_empty()
        }
        Event::ToolStart { .. } | Event::ToolArguments { .. } => true,
        _ => false,
    })
}
