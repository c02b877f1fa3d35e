//! Citations: which stretch of a content block rests on which documents or tool outputs.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::event::Events;
use crate::loose::lenient::{List, Obj, Text};
use crate::loose::{count_of, str_of, text_of};
use crate::offsets::overlaps;
use crate::{Citation, Edits, Event};

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Cited<'a> {
    sources: List<Obj<Source<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Source<'a> {
    id: Text<'a>,
    document: Value,
    tool_output: Value,
}

/// One event for every source.
pub(super) fn cite(cited: Cited<'_>, out: &mut Events) {
    for source in cited.sources.0.into_iter().filter_map(|source| source.0) {
        let content = if source.document.is_object() { &source.document } else { &source.tool_output };
        let quote = ["text", "snippet", "content"].iter().find_map(|name| content.get(name)?.as_str());
        let citation = Citation {
            source: match source.id.as_str() {
                "" => str_of(content, "id").to_owned(),
                id => id.to_owned(),
            },
            title: str_of(content, "title").to_owned(),
            quote: match quote {
                Some(quote) => quote.to_owned(),
                None => text_of(content),
            },
        };
        out.push(Event::Citation { choice: 0, citation });
    }
}

/// What the edits of the text do to a citation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: it stands before every edit, or cites the tool plan.
    None,
    /// Its offsets moved.
    Moved,
    /// Text that it quotes went, and so must it.
    Gone,
}

/// Adjusts a citation to the edits. Its offsets count from `base`, where its content block begins in the text.
pub(crate) fn adjust(citation: &mut Value, base: usize, edits: &Edits) -> Effect {
    let (Some(start), Some(end)) = (count_of(citation, "start"), count_of(citation, "end")) else {
        return Effect::None;
    };
    if str_of(citation, "type") == "PLAN" {
        return Effect::None;
    }
    let at = |offset: u64| base.saturating_add(usize::try_from(offset).unwrap_or(usize::MAX));
    if overlaps(edits, 0, at(start), at(end)) {
        return Effect::Gone;
    }
    let moved = |offset: u64| shifted(edits, at(offset)) - shifted(edits, base);
    let (to_start, to_end) = (moved(start), moved(end));
    if (to_start, to_end) == (start as i64, end as i64) {
        return Effect::None;
    }
    citation["start"] = to_start.into();
    citation["end"] = to_end.into();
    Effect::Moved
}

/// Makes a citation that has to go but whose frame cannot one that quotes and cites nothing.
pub(super) fn blank(citation: &mut Value) {
    citation["text"] = "".into();
    citation["sources"] = json!([]);
    citation["end"] = citation["start"].clone();
}

/// Where an offset outside of all edits lies once they are made.
fn shifted(edits: &Edits, offset: usize) -> i64 {
    let before = edits.of(0).iter().filter(|edit| edit.end <= offset);
    before.fold(offset as i64, |at, edit| {
        at - (edit.end - edit.start) as i64 + edit.replacement.chars().count() as i64
    })
}
