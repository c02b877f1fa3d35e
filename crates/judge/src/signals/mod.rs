//! The signals: each looks at one analysed sentence and names what it finds suspicious.

pub(crate) mod analysis;
pub(crate) mod arithmetic;
pub(crate) mod consistency;
pub(crate) mod contradiction;
pub(crate) mod entities;
pub(crate) mod examine;
pub(crate) mod grounding;
pub(crate) mod logprobs;
pub(crate) mod names;
pub(crate) mod numbers;
pub(crate) mod references;
pub(crate) mod speech;
pub(crate) mod structured;
pub(crate) mod tool_calls;

pub(crate) use analysis::{Analysis, Scratch};

use crate::settings::Signal;
use crate::verdict::{EvidenceRef, SpanKind};

/// A rule that may find something. Each has its own risk in `score::weights`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// A bare number, or one with a unit, that the evidence does not hold.
    NumberAbsent,
    /// A small number in words, often a count made by the model.
    CountAbsent,
    /// Money or a percentage.
    AmountAbsent,
    DateAbsent,
    TimeAbsent,
    /// The closest sentence of the evidence says another number in its place.
    NumberConflict,
    /// A name of two words or more, none of them known.
    NameAbsent,
    /// One unknown word, or part of a name.
    NamePartAbsent,
    /// A month or day of the week that the evidence does not mention.
    CalendarAbsent,
    /// URL, e-mail address, DOI or other id.
    ReferenceAbsent,
    /// `[7]` of five documents.
    CitationAbsent,
    /// Words in quotation marks that nobody wrote.
    QuoteAbsent,
    /// The same, said to be somebody's words.
    QuoteAttributed,
    /// JSON evidence says no.
    AttributeDenied,
    /// JSON evidence leaves it open (`null`).
    AttributeOpen,
    /// JSON evidence says yes, the answer no.
    AttributeGiven,
    /// Opening hours that differ.
    HoursDiffer,
    /// A JSON answer's value differs from the evidence under the same key.
    ValueDiffers,
    /// The closest sentence says the same with the opposite sign.
    Polarity,
    /// The closest sentence uses the opposite word.
    Antonym,
    /// `2 + 2 = 5`.
    Arithmetic,
    /// "Three reasons" and four items.
    ListCount,
    /// The same key with two values.
    SelfConflict,
    /// No such tool.
    ToolUnknown,
    /// Arguments against the schema.
    ToolSchema,
    /// Arguments that are no JSON.
    ToolSyntax,
    /// An argument that nobody mentioned.
    ToolArgument,
    /// The sentence as a whole: its words are not in the evidence.
    Unsupported,
    /// The model itself was unsure of a number or name.
    Unsure,
}

impl Rule {
    /// What is said of its spans.
    pub(crate) fn kind(self) -> SpanKind {
        match self {
            Self::NumberAbsent
            | Self::CountAbsent
            | Self::AmountAbsent
            | Self::DateAbsent
            | Self::TimeAbsent
            | Self::Arithmetic
            | Self::ListCount => SpanKind::WrongNumber,
            Self::NameAbsent | Self::NamePartAbsent | Self::CalendarAbsent => SpanKind::UnknownEntity,
            Self::ReferenceAbsent | Self::CitationAbsent | Self::QuoteAbsent | Self::QuoteAttributed => {
                SpanKind::FabricatedReference
            }
            Self::NumberConflict
            | Self::AttributeDenied
            | Self::AttributeGiven
            | Self::HoursDiffer
            | Self::ValueDiffers
            | Self::Polarity
            | Self::Antonym
            | Self::SelfConflict => SpanKind::Contradiction,
            Self::ToolUnknown | Self::ToolSchema | Self::ToolSyntax | Self::ToolArgument => {
                SpanKind::ToolCall
            }
            Self::AttributeOpen | Self::Unsupported => SpanKind::Unsupported,
            Self::Unsure => SpanKind::LowConfidence,
        }
    }

    /// The signal that switches it.
    pub(crate) fn signal(self) -> Signal {
        match self {
            Self::NumberAbsent
            | Self::CountAbsent
            | Self::AmountAbsent
            | Self::DateAbsent
            | Self::TimeAbsent
            | Self::NumberConflict => Signal::Numbers,
            Self::NameAbsent | Self::NamePartAbsent | Self::CalendarAbsent => Signal::Entities,
            Self::ReferenceAbsent | Self::CitationAbsent | Self::QuoteAbsent | Self::QuoteAttributed => {
                Signal::References
            }
            Self::AttributeDenied
            | Self::AttributeOpen
            | Self::AttributeGiven
            | Self::HoursDiffer
            | Self::ValueDiffers => Signal::Structured,
            Self::Polarity | Self::Antonym | Self::Unsupported => Signal::Grounding,
            Self::Arithmetic | Self::ListCount | Self::SelfConflict => Signal::Consistency,
            Self::ToolUnknown | Self::ToolSchema | Self::ToolSyntax | Self::ToolArgument => Signal::ToolCalls,
            Self::Unsure => Signal::Logprobs,
        }
    }
}

/// Something suspicious in a sentence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    /// First byte in the sentence's text.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    pub rule: Rule,
    /// The evidence it conflicts with or comes closest to.
    pub evidence: Option<EvidenceRef>,
}

#[cfg(test)]
mod tests;
