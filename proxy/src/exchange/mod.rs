//! The steps of an exchange that `life.rs` puts in order.

pub(crate) mod annotate;
pub(crate) mod content;
pub(crate) mod context;
pub(crate) mod format;
pub(crate) mod forward;
pub(crate) mod generic;
pub(crate) mod judging;
pub(crate) mod late;
pub(crate) mod ledger;
pub(crate) mod live;
pub(crate) mod metrics;
pub(crate) mod off_worker;
pub(crate) mod plan;
pub(crate) mod queue;
pub(crate) mod realtime;
pub(crate) mod redaction;
pub(crate) mod refuse;
pub(crate) mod request;
pub(crate) mod stream;
pub(crate) mod tee;
pub(crate) mod whole;

use format::Format;
use judging::Judging;
use ledger::Ledger;
use plan::Plan;

use crate::shared::Shared;

/// What the delivery of an answer works with.
pub(crate) struct Parts<'p> {
    pub(crate) format: &'p Format,
    pub(crate) plan: &'p Plan,
    pub(crate) judging: &'p mut Judging,
    pub(crate) ledger: &'p mut Ledger,
    pub(crate) shared: &'p Shared,
}
