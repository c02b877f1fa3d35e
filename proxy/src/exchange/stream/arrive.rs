//! What arrives: bytes into frames, frames into the queue and before the judge.

use agentguard_judge::NotChecked;
use agentguard_judge::session::Output;
use agentguard_policy::Action;
use agentguard_wire::{Event, Frame};
use bytes::{Buf, Bytes};
use pingora::{Error, ErrorSource, ErrorType, Result};
use tokio::time::Instant;

use super::{Flow, Upstream};
use crate::exchange::format;
use crate::exchange::judging::Step;
use crate::exchange::live::Settled;
use crate::exchange::off_worker::{self, Panicked};
use crate::exchange::queue::Queue;
use crate::http::relay::Received;

impl Flow<'_, '_> {
    /// Takes what the upstream sent.
    pub(super) async fn received(&mut self, received: Result<Received>) -> Result<()> {
        match received {
            Ok(Received::Interim(head) | Received::Head(head)) => self.relay.send_head(head).await?,
            Ok(Received::Body(bytes)) => self.read(&bytes)?,
            Ok(Received::Trailers(trailers)) => self.over(Upstream::Ended(Some(trailers))),
            Ok(Received::End) => self.over(Upstream::Ended(None)),
            Err(error) if *error.esource() == ErrorSource::Downstream => return Err(error),
            Err(error) => self.over(Upstream::Broke(error)),
        }
        Ok(())
    }

    fn read(&mut self, bytes: &Bytes) -> Result<()> {
        let Some(decoder) = &mut self.body else {
            self.frame(bytes, false);
            return Ok(());
        };
        let reason = match off_worker::caught(|| decoder.feed(bytes)) {
            Ok(Ok(decoded)) => {
                self.frame(&decoded, false);
                return Ok(());
            }
            Ok(Err(error)) => format::undecodable(&error),
            Err(Panicked) => NotChecked::JudgeError,
        };
        self.missing = self.missing.or(Some(reason));
        if self.parts.plan.stops(reason) {
            self.stop = true;
            return Ok(());
        }
        // The client was promised decoded bytes, and there are none: it must not take what it has for the whole.
        Error::e_explain(ErrorType::ReadError, "the response's encoding is broken").map_err(|e| e.into_up())
    }

    /// Cuts decoded bytes into frames and has them judged.
    fn frame(&mut self, decoded: &Bytes, last: bool) {
        self.unframed.extend_from_slice(decoded);
        let mut found = Vec::new();
        let framed = self.frames.feed(decoded, last, &mut found);
        if framed.is_err() {
            // What the decoder lost is still here, and leaves unread.
            let raw = self.unframed.clone().freeze();
            found = vec![Frame { raw, events: [Event::Unreadable].into_iter().collect() }];
            self.frames = self.parts.format.decoder(self.layout);
        }
        let arrived = Instant::now();
        for frame in found {
            self.unframed.advance(frame.raw.len().min(self.unframed.len()));
            let unterminated = last && !frame.raw.is_empty() && !frame.raw.ends_with(b"\n");
            let events = frame.events.clone();
            self.queue.push(frame, arrived, unterminated);
            events.iter().for_each(|event| self.hear(event));
        }
        if self.queue.bytes() > self.parts.shared.limits.response_bytes {
            self.give_up(NotChecked::TooLarge);
        }
    }

    fn hear(&mut self, event: &Event) {
        self.parts.ledger.heard(event);
        match event {
            Event::Unreadable => {
                self.missing = self.missing.or(Some(NotChecked::UnknownDialect));
                self.stop |= self.parts.plan.stops(NotChecked::UnknownDialect);
            }
            Event::End => self.complete = self.complete.or_else(|| Some(Instant::now())),
            _ => {}
        }
        if let Some(output) = self.parts.judging.read(event) {
            self.settle(&output, |queue| queue.settle(event, &output));
        } else if let Some(reason) = self.parts.judging.failure() {
            self.give_up(reason);
        }
    }

    /// The judge has answered what it owed.
    pub(super) fn caught_up(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Event(event, output) => self.settle(output, |queue| queue.settle(event, output)),
                Step::Sentence(Settled { choice, output }) => {
                    self.settle(output, |queue| queue.settle_text(*choice, output.settled));
                }
            }
        }
        if let Some(reason) = self.parts.judging.failure() {
            self.give_up(reason);
        }
    }

    /// Acts on what the judge found. Once something is to be blocked, nothing more is settled: nothing of a
    /// flagged sentence leaves unless it has left before (delivery `pass`).
    fn settle(&mut self, output: &Output, settle: impl FnOnce(&mut Queue)) {
        let plan = self.parts.plan;
        if self.stop || self.queue.is_open() {
            return;
        }
        if plan.action == Action::Block && output.spans.iter().any(|span| plan.flags(span)) {
            self.stop = true;
            return;
        }
        if plan.action == Action::Redact {
            plan.redact(&output.spans, &mut self.edits);
        }
        settle(&mut self.queue);
    }

    /// The upstream sends no more.
    fn over(&mut self, upstream: Upstream) {
        let rest = match self.body.take().map(|mut decoder| off_worker::caught(move || decoder.finish())) {
            Some(Ok(Ok(rest))) => rest,
            None => Bytes::new(),
            Some(Ok(Err(_)) | Err(Panicked)) => {
                self.missing = self.missing.or(Some(NotChecked::Encoding));
                Bytes::new()
            }
        };
        self.frame(&rest, true);
        if matches!(upstream, Upstream::Broke(_)) && self.complete.is_none() {
            self.missing = self.missing.or(Some(NotChecked::Aborted));
        }
        self.upstream = upstream;
        self.complete = self.complete.or_else(|| Some(Instant::now()));
    }
}
