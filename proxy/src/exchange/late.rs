//! Verdicts that come after the last byte of their answer.
//!
//! Where nothing of an answer waits for its verdict, nothing else should: the next request on an HTTP/1.1 connection must not wait until
//! the model has read the answer to the one before. So what is left to do then is done by a task of its own. It keeps the exchange's
//! place, so there are never more of them than there may be exchanges; a drain waits for it, and what is cut is recorded.

use std::sync::Arc;

use agentguard_judge::NotChecked;
use tokio::sync::OwnedSemaphorePermit;

use super::format::Format;
use super::judging::Judging;
use super::ledger::Ledger;
use super::plan::Plan;
use super::whole::Passed;
use super::{Parts, tee};
use crate::shared::Shared;

/// What is left of an exchange when its answer's last byte is out.
pub(crate) enum Rest {
    /// Nothing: it is settled.
    Nothing,
    /// The verdict on a stream that was read along; why not everything of it was read.
    Stream(Option<NotChecked>),
    /// The verdict on an answer of one piece.
    Whole(Passed),
}

/// An exchange, with all that its delivery works with.
pub(crate) struct Case {
    pub(crate) format: Format,
    pub(crate) plan: Plan,
    pub(crate) judging: Judging,
    pub(crate) ledger: Ledger,
    pub(crate) shared: Arc<Shared>,
}

impl Case {
    /// What the delivery works with.
    pub(crate) fn parts(&mut self) -> Parts<'_> {
        let Self { format, plan, judging, ledger, shared } = self;
        Parts { format, plan, judging, ledger, shared }
    }

    /// Comes to the verdict beside the connection. `place`: the exchange's.
    pub(crate) fn conclude(mut self, rest: Rest, place: Option<OwnedSemaphorePermit>) {
        let shared = self.shared.clone();
        let concluding = async move {
            match rest {
                Rest::Nothing => {}
                Rest::Stream(missing) => tee::conclude(missing, &mut self.parts()).await,
                Rest::Whole(passed) => passed.conclude(&mut self.parts()).await,
            }
        };
        let cut = shared.cut.clone();
        shared.late.spawn(async move {
            // Cut, the exchange is recorded as far as it got, by being dropped; and only then its place is free.
            cut.run_until_cancelled_owned(concluding).await;
            drop(place);
        });
    }
}
