//! The verdict: what is said about one response.

use serde::{Deserialize, Serialize};

use crate::settings::Signal;

/// What is said about one response (all its choices together).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The state.
    pub state: State,
    /// Why it could not be checked; only with [`State::NotChecked`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<NotChecked>,
    /// Calibrated probability, 0..1, that the response holds at least one unsupported claim. 0 when not checked.
    pub risk: f32,
    /// The words, riskiest claims included, in order of choice and offset.
    pub spans: Vec<Span>,
    /// Sentences judged.
    pub sentences: u32,
    /// The signals that ran, by name.
    pub signals: Vec<Signal>,
    /// One plain sentence for people, made without any model. Quotes nothing from the conversation.
    pub explanation: String,
    /// Version of rules, weights and calibration, e.g. `rules-2`.
    pub judge: String,
}

impl Verdict {
    /// The verdict on a response that could not be judged: never to be mistaken for a clean one.
    #[must_use]
    pub fn not_checked(reason: NotChecked) -> Self {
        Self {
            state: State::NotChecked,
            reason: Some(reason),
            risk: 0.0,
            spans: Vec::new(),
            sentences: 0,
            signals: Vec::new(),
            explanation: format!("The response was not checked: {}.", reason.describe()),
            judge: String::new(),
        }
    }
}

/// The five states. "Could not check" is not "clean".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Every claim follows from the evidence, as far as the signals see.
    Grounded,
    /// At least one claim has no support in the evidence.
    Ungrounded,
    /// At least one claim says the opposite of the evidence.
    Contradicted,
    /// The conversation holds no evidence to check against.
    Unverifiable,
    /// Not judged; see [`NotChecked`].
    NotChecked,
}

impl State {
    /// The name used in headers, metrics and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grounded => "grounded",
            Self::Ungrounded => "ungrounded",
            Self::Contradicted => "contradicted",
            Self::Unverifiable => "unverifiable",
            Self::NotChecked => "not_checked",
        }
    }
}

/// Why a response was not judged. A closed set: it is a metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotChecked {
    /// The hold budget ended first.
    Timeout,
    /// The judge's queue was full.
    Overload,
    /// The endpoint or body is none of the known formats.
    UnknownDialect,
    /// A content encoding that cannot be decoded, or a corrupt one.
    Encoding,
    /// Request or response larger than the limit.
    TooLarge,
    /// The client pins certificates, so the traffic was tunnelled.
    TlsPinned,
    /// The judge failed.
    JudgeError,
    /// The provider answered with an error, so there is nothing to judge.
    UpstreamError,
    /// The answer ended before anything could be judged (client gone, upstream reset).
    Aborted,
    /// The response holds no text and no tool call.
    Empty,
    /// The policy switches judging off.
    Disabled,
}

impl NotChecked {
    /// The name used in metrics and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Overload => "overload",
            Self::UnknownDialect => "unknown_dialect",
            Self::Encoding => "encoding",
            Self::TooLarge => "too_large",
            Self::TlsPinned => "tls_pinned",
            Self::JudgeError => "judge_error",
            Self::UpstreamError => "upstream_error",
            Self::Aborted => "aborted",
            Self::Empty => "empty",
            Self::Disabled => "disabled",
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Timeout => "the judge did not finish within the hold budget",
            Self::Overload => "the judge's queue was full",
            Self::UnknownDialect => "its format is not known",
            Self::Encoding => "its content encoding could not be decoded",
            Self::TooLarge => "it was larger than the limit",
            Self::TlsPinned => "the client pins certificates",
            Self::JudgeError => "the judge failed",
            Self::UpstreamError => "the provider answered with an error",
            Self::Aborted => "it ended before it was complete",
            Self::Empty => "it holds neither text nor tool calls",
            Self::Disabled => "the policy switches judging off",
        }
    }
}

/// Words that the evidence does not support.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Span {
    /// Which answer (`n` > 1).
    #[serde(default)]
    pub choice: u32,
    /// The tool call whose arguments the offsets count in; `None`: the response text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<u32>,
    /// First scalar value.
    pub start: usize,
    /// One past the last scalar value.
    pub end: usize,
    /// What is wrong.
    pub kind: SpanKind,
    /// Calibrated risk of this span, 0..1.
    pub risk: f32,
    /// The evidence it conflicts with or comes closest to; `None`: nothing in the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceRef>,
}

/// A passage of the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EvidenceRef {
    /// The source's label: `messages[1]`, `documents[0]`, `tool:get_weather`, …
    pub source: String,
    /// First scalar value in the source's text.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

/// What is wrong with a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// The evidence says otherwise.
    Contradiction,
    /// Nothing in the evidence says so.
    Unsupported,
    /// A URL, citation, quote or id that does not exist in the evidence.
    FabricatedReference,
    /// A number, date, amount or unit that differs from the evidence, or arithmetic that does not add up.
    WrongNumber,
    /// A name that the evidence does not hold.
    UnknownEntity,
    /// A tool name or argument that is not from the schema or the conversation.
    ToolCall,
    /// The model itself was unsure (log-probabilities).
    LowConfidence,
}

impl SpanKind {
    /// The name used in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contradiction => "contradiction",
            Self::Unsupported => "unsupported",
            Self::FabricatedReference => "fabricated_reference",
            Self::WrongNumber => "wrong_number",
            Self::UnknownEntity => "unknown_entity",
            Self::ToolCall => "tool_call",
            Self::LowConfidence => "low_confidence",
        }
    }
}
