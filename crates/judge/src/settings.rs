//! What the policy may set about judging.

use serde::{Deserialize, Serialize};

/// A source of suspicion. Each names its spans and is switchable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Numbers, dates, times, units and money that the evidence does not hold.
    Numbers,
    /// Names that the evidence does not hold.
    Entities,
    /// Quotes, URLs, citations, e-mail addresses and ids that the evidence does not hold.
    References,
    /// Content words and phrases without support; the calibrated sentence score.
    Grounding,
    /// Attributes that structured (JSON) evidence denies or lacks.
    Structured,
    /// Arithmetic, list counts and statements that contradict one another within the response.
    Consistency,
    /// Tool calls against their schemas and the conversation.
    ToolCalls,
    /// Token log-probabilities, when the provider returns them.
    Logprobs,
    /// The trained encoder, which reads every sentence beside the evidence.
    Model,
}

impl Signal {
    /// Every signal.
    pub const ALL: [Self; 9] = [
        Self::Numbers,
        Self::Entities,
        Self::References,
        Self::Grounding,
        Self::Structured,
        Self::Consistency,
        Self::ToolCalls,
        Self::Logprobs,
        Self::Model,
    ];

    /// The name used in policies, metrics and verdicts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Numbers => "numbers",
            Self::Entities => "entities",
            Self::References => "references",
            Self::Grounding => "grounding",
            Self::Structured => "structured",
            Self::Consistency => "consistency",
            Self::ToolCalls => "tool_calls",
            Self::Logprobs => "logprobs",
            Self::Model => "model",
        }
    }
}

/// A set of signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signals(u16);

impl Signals {
    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        Signal::ALL.iter().fold(Self(0), |set, signal| set.with(*signal, true))
    }

    /// The set with that signal on or off.
    #[must_use]
    pub fn with(self, signal: Signal, on: bool) -> Self {
        let bit = 1 << signal as u16;
        Self(if on { self.0 | bit } else { self.0 & !bit })
    }

    /// Whether it is on.
    #[must_use]
    pub fn has(self, signal: Signal) -> bool {
        self.0 & (1 << signal as u16) != 0
    }
}

impl Default for Signals {
    fn default() -> Self {
        Self::all()
    }
}

/// Settings of one judged exchange.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Which signals run.
    pub signals: Signals,
    /// Spans and responses at or above this risk (0..1) make a response `ungrounded` or `contradicted`.
    pub threshold: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { signals: Signals::all(), threshold: 0.5 }
    }
}
