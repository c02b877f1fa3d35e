//! A stream whose frames pass through our hands: held, edited, cut or annotated.
//!
//! The frames of the decoded stream go into a [`Queue`] in order (`arrive.rs`). The judge reads each as it arrives; what it
//! settles lets frames leave (`leave.rs`). Time is only ever waited for the judge, never for the provider: the hold budget
//! runs while the judge owes an answer to what is held. At its end, and when the judge fails, the rule's fail mode
//! decides: everything leaves (`open`), or the stream is stopped (`closed`).
//!
//! Where the rule may refuse, the response's head is held, too, until the first judged words may leave, so that a first
//! sentence that is flagged becomes a real 4xx; under `sentence` no longer than the hold budget, though, and not while
//! the model is heard to think.

mod arrive;
mod leave;

use std::time::Duration;

use agentguard_judge::{NotChecked, Verdict};
use agentguard_policy::{Action, Delivery};
use agentguard_wire::Edits;
use agentguard_wire::encoding::Decoder;
use bytes::BytesMut;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use pingora::http::ResponseHeader;
use pingora::{Error, Result};
use tokio::time::{Instant, sleep_until};

use super::format::{Editor, Frames, Layout};
use super::queue::{Hold, Queue};
use super::{Parts, forward};
use crate::http::relay::Relay;

/// For the verdict on what has left already: nobody waits for it but the event.
pub(crate) const LAST: Duration = Duration::from_secs(10);

/// One stream on its way.
pub(crate) struct Flow<'f, 's> {
    relay: &'f mut Relay<'s>,
    parts: Parts<'f>,
    layout: Layout,
    /// The head while it is ours, and since when.
    head: Option<(Box<ResponseHeader>, Instant)>,
    /// Set when the head may wait no longer.
    head_overdue: bool,
    body: Option<Decoder>,
    frames: Frames,
    /// Bytes that are in no frame yet.
    unframed: BytesMut,
    editor: Editor,
    queue: Queue,
    edits: Edits,
    upstream: Upstream,
    /// Why something was not read.
    missing: Option<NotChecked>,
    /// Since when the answer is complete: the stream said so, or the upstream sends no more.
    complete: Option<Instant>,
    /// The verdict, once nothing more is judged before it leaves.
    verdict: Option<Verdict>,
    /// Set when the stream is to be stopped.
    stop: bool,
    annotated: bool,
    redacted: bool,
}

/// What the upstream does.
enum Upstream {
    Sends,
    Ended(Option<Box<HeaderMap>>),
    Broke(Box<Error>),
}

impl<'f, 's> Flow<'f, 's> {
    /// Takes a stream over at its head.
    pub(crate) fn new(
        relay: &'f mut Relay<'s>,
        mut head: Box<ResponseHeader>,
        layout: Layout,
        body: Option<Decoder>,
        parts: Parts<'f>,
    ) -> Result<Self> {
        if body.is_some() {
            head.remove_header(&CONTENT_ENCODING); // it leaves decoded, since it may have to be changed
        }
        if body.is_some() || head.headers.contains_key(CONTENT_LENGTH) {
            relay.reframe(&mut head, None)?;
        }
        let hold = match (parts.plan.action, parts.plan.delivery) {
            (_, Delivery::Pass) => Hold::End,
            (_, Delivery::Full) => Hold::All,
            (action, Delivery::Sentence) => Hold::Sentence { finish: action == Action::Block },
        };
        Ok(Self {
            layout,
            head: Some((head, Instant::now())),
            head_overdue: false,
            body,
            frames: parts.format.decoder(layout),
            unframed: BytesMut::new(),
            editor: parts.format.encoder(layout),
            queue: Queue::new(hold),
            edits: Edits::default(),
            upstream: Upstream::Sends,
            missing: None,
            complete: None,
            verdict: None,
            stop: false,
            annotated: false,
            redacted: false,
            relay,
            parts,
        })
    }

    /// Delivers it to its end.
    pub(crate) async fn run(mut self) -> Result<()> {
        if let Some(reason) = self.parts.judging.failure() {
            self.give_up(reason);
        }
        if !self.may_refuse() {
            self.send_head().await?;
        }
        loop {
            self.conclude();
            self.release().await?;
            if self.stop {
                return self.cut().await;
            }
            if self.queue.is_empty() && self.verdict.is_some() {
                match std::mem::replace(&mut self.upstream, Upstream::Sends) {
                    Upstream::Sends => {}
                    Upstream::Ended(trailers) => return self.end(trailers).await,
                    Upstream::Broke(error) => return Err(error),
                }
            }
            let sends = matches!(self.upstream, Upstream::Sends);
            let owes = self.parts.judging.owes();
            let deadline = self.deadline();
            let cut = &self.parts.shared.cut;
            tokio::select! {
                biased;
                () = cut.cancelled() => return Err(forward::stopped()),
                received = self.relay.next(), if sends => self.received(received).await?,
                steps = self.parts.judging.ready(), if owes => self.caught_up(&steps),
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => self.overdue(),
            }
        }
    }

    /// Whether the head is held so that a 4xx can still be given.
    fn may_refuse(&self) -> bool {
        let plan = self.parts.plan;
        match plan.delivery {
            Delivery::Full => plan.acts(),
            Delivery::Sentence => plan.action == Action::Block,
            Delivery::Pass => false,
        }
    }

    /// When something that is held has waited long enough.
    fn deadline(&self) -> Option<Instant> {
        let since = self.waits_for_judge().into_iter().chain(self.waits_for_words()).min()?;
        Some(since + self.parts.plan.rule.hold_budget)
    }

    /// Since when something that is held waits for the judge.
    fn waits_for_judge(&self) -> Option<Instant> {
        let judging = &self.parts.judging;
        let held = self.queue.front().map(|held| held.arrived).or(self.complete);
        // The model is waited for from when it was asked: before that the sentence was not complete.
        let held = held.map(|held| judging.owes_since().map_or(held, |since| held.max(since)));
        held.filter(|_| judging.owes() && self.verdict.is_none())
    }

    /// Since when the head, with what came before any words, waits for the provider to say a first sentence.
    fn waits_for_words(&self) -> Option<Instant> {
        let sentence = self.parts.plan.delivery == Delivery::Sentence;
        let unjudged = self.verdict.is_none() && !self.parts.judging.owes();
        let waits = sentence && unjudged && !self.queue.is_empty() && !self.head_overdue;
        self.head.as_ref().filter(|_| waits).map(|(_, since)| *since)
    }

    /// A deadline has passed: the judge's, or else the head's.
    fn overdue(&mut self) {
        let budget = self.parts.plan.rule.hold_budget;
        if self.waits_for_judge().is_some_and(|since| since.elapsed() >= budget) {
            // The rules have judged already what only the model still owes.
            let steps = self.parts.judging.skip();
            self.caught_up(&steps);
            if self.parts.judging.owes() {
                self.give_up(NotChecked::Timeout);
            }
        } else {
            self.head_overdue = true;
        }
    }
}
