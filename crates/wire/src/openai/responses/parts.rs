//! How the texts of a response are told apart: by the position of their item, their kind, and their position in it.

use super::shape::{Item, Part};
use crate::loose::lenient::Obj;

/// The kinds of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Text,
    Refusal,
    Reasoning,
    Summary,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Text, Self::Refusal, Self::Reasoning, Self::Summary];

    /// The kind whose text a stream event of that type carries, and whether it is a piece of it or the whole.
    pub(super) fn of_event(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "response.output_text.delta" => (Self::Text, true),
            "response.output_text.done" => (Self::Text, false),
            "response.refusal.delta" => (Self::Refusal, true),
            "response.refusal.done" => (Self::Refusal, false),
            "response.reasoning_text.delta" => (Self::Reasoning, true),
            "response.reasoning_text.done" => (Self::Reasoning, false),
            "response.reasoning_summary_text.delta" => (Self::Summary, true),
            "response.reasoning_summary_text.done" => (Self::Summary, false),
            _ => return None,
        })
    }

    pub(super) fn of_part(kind: &str) -> Self {
        match kind {
            "refusal" => Self::Refusal,
            "reasoning_text" => Self::Reasoning,
            "summary_text" => Self::Summary,
            _ => Self::Text,
        }
    }
}

/// One text of a response. Ordered as the texts stand in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// `output_index`: item ids are no keys, GitHub Copilot changes them from event to event.
    pub(super) item: u64,
    pub(super) kind: Kind,
    /// `content_index`, or `summary_index` of a summary.
    pub(super) index: u64,
}

/// The parts of a message or of reasoning.
pub(super) fn parts<'i>(item: &'i Item<'i>) -> impl Iterator<Item = (Kind, u64, &'i Part<'i>)> {
    let (content, summary): (&[Obj<Part<'_>>], &[Obj<Part<'_>>]) = match item.kind.as_str() {
        "message" => (&item.content.0, &[]),
        "reasoning" => (&item.content.0, &item.summary.0),
        _ => (&[], &[]),
    };
    let thought = item.kind.as_str() == "reasoning";
    let content = (0..).zip(content).filter_map(move |(index, part)| {
        let part = part.0.as_ref()?;
        Some((if thought { Kind::Reasoning } else { Kind::of_part(part.kind.as_str()) }, index, part))
    });
    let summary =
        (0..).zip(summary).filter_map(|(index, part)| Some((Kind::Summary, index, part.0.as_ref()?)));
    content.chain(summary)
}
