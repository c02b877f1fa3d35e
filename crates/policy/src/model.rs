//! The policy's types.

use std::time::Duration;

use agentguard_judge::{Settings, Signals};
use serde::{Deserialize, Serialize};

/// How the answer's bytes reach the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Everything at once; the judge reads along.
    Pass,
    /// A sentence is held until it is judged.
    Sentence,
    /// The whole answer is held until it is judged.
    Full,
}

/// What happens on a span or response whose risk is over the `act` threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// Which way the exchange goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The agent calls a provider.
    Outbound,
    /// Somebody calls the agent.
    Inbound,
}

/// What happens when the judge cannot answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailMode {
    /// Deliver, and say `not_checked`.
    Open,
    /// Act as if it had been over the threshold.
    Closed,
}

/// Which content leaves the pod with the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// None.
    None,
    /// Of responses with a span or risk over `warn`.
    Flagged,
    /// Of every response.
    All,
}

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

/// What a route is matched against. Empty strings match only globs that match the empty string.
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

/// Conditions of a route; every one given must hold. Globs, case-insensitive for host, provider and model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Match {
    /// Direction.
    pub direction: Option<Direction>,
    /// Glob over the provider's name.
    pub provider: Option<String>,
    /// Glob over the host.
    pub host: Option<String>,
    /// Glob over the path.
    pub path: Option<String>,
    /// Glob over the model.
    pub model: Option<String>,
}

/// A match and the rule that follows from it (the default's values where the route says nothing).
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The conditions.
    pub matches: Match,
    /// The rule.
    pub rule: Rule,
}

/// A whole policy, ready to be asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// What holds when no route matches.
    pub default: Rule,
    /// First match wins.
    pub routes: Vec<Route>,
    /// First 12 hexadecimal digits of the SHA-256 of the canonical policy; goes with every verdict.
    pub revision: String,
}

impl Policy {
    /// The rule for an exchange.
    #[must_use]
    pub fn resolve(&self, _exchange: &Exchange<'_>) -> &Rule {
        &self.default
    }
}
