//! What is written down.

use serde_json::Value;

use crate::http::Origin;

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was done.
    Done,
    /// It was not allowed or did not work.
    Refused,
}

impl Outcome {
    /// As stored.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// One thing that somebody did. Holds no content and no credential: the log is read by people who may see neither.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(super) tenant: String,
    pub(super) actor: String,
    pub(super) address: String,
    pub(super) request_id: String,
    pub(super) action: &'static str,
    pub(super) object: String,
    pub(super) outcome: Outcome,
    pub(super) detail: Value,
}

impl Entry {
    /// Somebody (`kind/id`) did something (`resource.verb`) to something (`kind/id`).
    pub(crate) fn new(
        tenant: &str,
        actor: impl Into<String>,
        origin: &Origin,
        action: &'static str,
        object: impl Into<String>,
    ) -> Self {
        Self {
            tenant: tenant.to_owned(),
            actor: actor.into(),
            address: origin.address.map(|address| address.to_string()).unwrap_or_default(),
            request_id: origin.request_id.clone(),
            action,
            object: object.into(),
            outcome: Outcome::Done,
            detail: Value::Object(serde_json::Map::new()),
        }
    }

    /// What of it matters: a JSON object.
    #[must_use]
    pub(crate) fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }

    /// It was not done.
    #[must_use]
    pub(crate) fn refused(mut self) -> Self {
        self.outcome = Outcome::Refused;
        self
    }
}
