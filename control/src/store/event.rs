//! An event as it is stored: checked, and in the form in which it will be answered.

use std::sync::Arc;

use agentguard_api::{Latency, Workload};
use agentguard_judge::{NotChecked, State};
use agentguard_policy::{Action, Direction};
use uuid::Uuid;

/// The fields with few values. Many events share one; filters and facets work on these.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub(crate) verdict: State,
    pub(crate) reason: Option<NotChecked>,
    pub(crate) action: Action,
    pub(crate) direction: Direction,
    pub(crate) provider: String,
    pub(crate) model: String,
    /// `namespace/name`, or the name alone.
    pub(crate) workload: String,
    /// Of the workload; empty when it has none. What a [`super::Scope`] may be restricted to.
    pub(crate) namespace: String,
}

impl Shape {
    /// Whether the response was judged.
    pub(crate) fn judged(&self) -> bool {
        self.verdict != State::NotChecked
    }

    /// Whether the judge found something.
    pub(crate) fn flagged(&self) -> bool {
        matches!(self.verdict, State::Ungrounded | State::Contradicted)
    }
}

/// One event, ready to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Position in its batch.
    pub(crate) index: usize,
    pub(crate) id: Uuid,
    pub(crate) seq: u64,
    /// Microseconds since the Unix epoch.
    pub(crate) ts: i64,
    pub(crate) shape: Shape,
    pub(crate) risk: f32,
    pub(crate) latency: Latency,
    /// Version of the judge.
    pub(crate) judge: String,
    /// Lower case; what `q` looks in.
    pub(crate) words: Arc<str>,
    /// The list item, JSON.
    pub(crate) body: Arc<str>,
    /// The captured content: JSON, or what [`crate::content`] made of it. Stores do not look into it.
    pub(crate) content: Option<Arc<str>>,
}

impl Event {
    /// Bytes held while it waits.
    pub(crate) fn size(&self) -> usize {
        256 + self.words.len() + self.body.len() + self.content.as_ref().map_or(0, |c| c.len())
    }
}

/// An event that cannot be stored.
#[derive(Clone, Debug)]
pub(crate) struct BadEvent {
    pub(crate) index: usize,
    /// When it could be read.
    pub(crate) seq: Option<u64>,
    /// What was wrong, naming the field; without content.
    pub(crate) error: String,
    /// The event as it came, cut to a bound.
    pub(crate) raw: String,
}

/// A batch, ready to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    /// Whose instance it is. Instances, ids and everything stored are a tenant's own: two tenants cannot collide.
    pub(crate) tenant: Arc<str>,
    pub(crate) instance: Uuid,
    pub(crate) received: super::Received,
    /// That of the newest event, for instances that have not sent a heartbeat yet.
    pub(crate) workload: Workload,
    pub(crate) events: Vec<Event>,
    pub(crate) bad: Vec<BadEvent>,
}
