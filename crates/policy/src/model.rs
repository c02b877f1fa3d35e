//! The policy's types.

use std::sync::Arc;
use std::time::Duration;

use agentguard_judge::{Settings, Signals};
use agentguard_redact::Redactor;
use serde::{Deserialize, Serialize};

use crate::Pattern;
use crate::choice::words;

/// How the answer's bytes reach the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Everything at once; the judge reads along.
    Pass,
    /// A sentence is held until it is judged.
    Sentence,
    /// The whole answer is held until it is judged.
    Full,
}

words!(Delivery { Pass => "pass", Sentence => "sentence", Full => "full" });

/// What happens on a span or response whose risk is over the `act` threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing is added to the traffic.
    Observe,
    /// Response headers, or one SSE comment before a stream's end.
    Annotate,
    /// The span is replaced in body or stream.
    Redact,
    /// The response is refused or cut.
    Block,
}

words!(Action { Observe => "observe", Annotate => "annotate", Redact => "redact", Block => "block" });

/// Which way the exchange goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The agent calls a provider.
    Outbound,
    /// Somebody calls the agent.
    Inbound,
}

words!(Direction { Outbound => "outbound", Inbound => "inbound" });

/// What happens when the judge cannot answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailMode {
    /// Deliver, and say `not_checked`.
    Open,
    /// Act as if it had been over the threshold.
    Closed,
}

words!(FailMode { Open => "open", Closed => "closed" });

/// Which content leaves the pod with the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// None.
    None,
    /// Keyed hashes of every response's texts and evidence, and nothing that could be read.
    Hash,
    /// Of responses with a span or risk over `warn`.
    Flagged,
    /// Of every response.
    All,
}

words!(Capture { None => "none", Hash => "hash", Flagged => "flagged", All => "all" });

/// Risks, 0..1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// From here on a response counts as flagged.
    pub warn: f32,
    /// From here on the action is taken.
    pub act: f32,
}

/// Everything that the policy says about one exchange.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The route that matched, or `default`.
    pub name: String,
    /// How bytes are delivered.
    pub delivery: Delivery,
    /// What is done.
    pub action: Action,
    /// Judge and report what would have been done, but do nothing.
    pub shadow: bool,
    /// When.
    pub thresholds: Thresholds,
    /// The longest that any byte waits for the judge.
    pub hold_budget: Duration,
    /// At the end of the hold budget.
    pub on_timeout: FailMode,
    /// When the judge fails, or the body cannot be read (unknown shape, encoding, too large).
    pub on_error: FailMode,
    /// When the judge's queue is full.
    pub on_overload: FailMode,
    /// Which content is reported.
    pub capture: Capture,
    /// Which signals run.
    pub signals: Signals,
}

impl Rule {
    /// The judge's part of it.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings { signals: self.signals, threshold: self.thresholds.warn }
    }
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            delivery: Delivery::Pass,
            action: Action::Annotate,
            shadow: false,
            thresholds: Thresholds { warn: 0.5, act: 0.7 },
            hold_budget: Duration::from_millis(500),
            on_timeout: FailMode::Open,
            on_error: FailMode::Open,
            on_overload: FailMode::Open,
            capture: Capture::Flagged,
            signals: Signals::all(),
        }
    }
}

/// What a route is matched against. Empty strings match only patterns that match the empty string (`*` does).
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// Which way.
    pub direction: Direction,
    /// Provider's name (`openai`, `anthropic`, an `--upstream` name); empty inbound.
    pub provider: &'a str,
    /// Host asked for, lower case, without port.
    pub host: &'a str,
    /// Path without query.
    pub path: &'a str,
    /// Model asked for.
    pub model: &'a str,
}

/// Conditions of a route; every one given must hold. Host, provider and model are matched without regard to ASCII case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// Direction.
    pub direction: Option<Direction>,
    /// Pattern over the provider's name.
    pub provider: Option<Pattern>,
    /// Pattern over the host.
    pub host: Option<Pattern>,
    /// Pattern over the path.
    pub path: Option<Pattern>,
    /// Pattern over the model.
    pub model: Option<Pattern>,
}

impl Match {
    /// Whether every condition given holds. Does not allocate.
    #[must_use]
    pub fn matches(&self, exchange: &Exchange<'_>) -> bool {
        let holds = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|p| p.is_match(text));
        self.direction.is_none_or(|direction| direction == exchange.direction)
            && holds(&self.provider, exchange.provider)
            && holds(&self.host, exchange.host)
            && holds(&self.path, exchange.path)
            && holds(&self.model, exchange.model)
    }

    /// Whether every exchange that `other` matches is matched by this one too. May say no where the answer is yes
    /// (braces and classes are compared only when equal), never the other way round.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let covers = |mine: &Option<Pattern>, theirs: &Option<Pattern>| match (mine, theirs) {
            (None, _) => true,
            (Some(mine), Some(theirs)) => mine.covers(theirs),
            (Some(mine), None) => mine.matches_all(),
        };
        (self.direction.is_none() || self.direction == other.direction)
            && covers(&self.provider, &other.provider)
            && covers(&self.host, &other.host)
            && covers(&self.path, &other.path)
            && covers(&self.model, &other.model)
    }
}

/// A match and the rule that follows from it (the default's values where the route says nothing).
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The conditions.
    pub matches: Match,
    /// The rule.
    pub rule: Rule,
}

/// A whole policy, ready to be asked. Made by [`Policy::new`], [`Policy::parse`] or [`Policy::load`].
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// What holds when no route matches.
    pub default: Rule,
    /// First match wins.
    pub routes: Vec<Route>,
    /// What is taken out of captured content before it leaves the sidecar.
    pub redaction: Arc<Redactor>,
    /// First 12 hexadecimal digits of the SHA-256 of the canonical policy; goes with every verdict.
    pub revision: String,
}

impl Policy {
    /// A policy of these parts, unchecked, with its revision. Captured content is redacted as by default.
    #[must_use]
    pub fn new(default: Rule, routes: Vec<Route>) -> Self {
        Self::with_redaction(default, routes, Redactor::default())
    }

    /// The same, and what is taken out of captured content.
    #[must_use]
    pub fn with_redaction(default: Rule, routes: Vec<Route>, redaction: Redactor) -> Self {
        let revision = crate::write::revision(&default, &routes, redaction.settings());
        Self { default, routes, redaction: Arc::new(redaction), revision }
    }

    /// The same policy with every rule a shadow: everything is judged and reported, with what would have been done, and nothing is done.
    #[must_use]
    pub fn observing(&self) -> Self {
        let shadow = |rule: &Rule| Rule { shadow: true, ..rule.clone() };
        let routes = self.routes.iter();
        let routes = routes.map(|route| Route { matches: route.matches.clone(), rule: shadow(&route.rule) });
        Self::new(shadow(&self.default), routes.collect())
    }

    /// The rule for an exchange: that of the first route that matches, else the default. Does not allocate.
    #[must_use]
    pub fn resolve(&self, exchange: &Exchange<'_>) -> &Rule {
        self.routes
            .iter()
            .find(|route| route.matches.matches(exchange))
            .map_or(&self.default, |route| &route.rule)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new(Rule::default(), Vec::new())
    }
}
