//! Where each choice's text stands: counted while a stream is decoded, followed again while text is edited.

use serde_json::Value;
use smallvec::SmallVec;

use crate::event::Events;
use crate::{Edits, Event};

/// The text of a choice so far.
#[derive(Clone, Copy, Debug, Default)]
struct Track {
    /// Unicode scalar values so far.
    chars: usize,
    /// Something that is not text came after text.
    gap: bool,
}

/// The texts of all choices so far; turns text into events that know their offset.
#[derive(Debug, Default)]
pub(crate) struct Offsets(SmallVec<[(u32, Track); 1]>);

impl Offsets {
    fn track(&mut self, choice: u32) -> &mut Track {
        let at = self.0.iter().position(|(c, _)| *c == choice).unwrap_or_else(|| {
            self.0.push((choice, Track::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    /// More text of a choice, after a [`Event::Break`] when something else stood in between. Empty text is no event.
    pub(crate) fn text(&mut self, choice: u32, text: String, out: &mut Events) {
        if text.is_empty() {
            return;
        }
        let track = self.track(choice);
        let start = track.chars;
        track.chars += text.chars().count();
        if std::mem::take(&mut track.gap) {
            out.push(Event::Break { choice, at: start });
        }
        out.push(Event::Text { choice, start, text });
    }

    /// How much text the choice has, in Unicode scalar values.
    pub(crate) fn length(&self, choice: u32) -> usize {
        self.0.iter().find(|(c, _)| *c == choice).map_or(0, |(_, track)| track.chars)
    }

    /// Something that is not text stands here.
    pub(crate) fn gap(&mut self, choice: u32) {
        let track = self.track(choice);
        track.gap = track.chars > 0;
    }
}

/// Whether an edit of the choice touches `start..end`.
pub(crate) fn overlaps(edits: &Edits, choice: u32, start: usize, end: usize) -> bool {
    edits.of(choice).iter().any(|edit| edit.start < end && start < edit.end)
}

/// Whether the edits change a frame with these events: its text, or a text that it repeats.
pub(crate) fn touched(events: &Events, edits: &Edits) -> bool {
    events.iter().any(|event| match event {
        Event::Text { choice, start, text } => overlaps(edits, *choice, *start, start + text.chars().count()),
        Event::Snapshot { choice } => !edits.of(*choice).is_empty(),
        _ => false,
    })
}

/// Edits texts of a payload or body in the order in which they were decoded.
pub(crate) struct Rewrite<'e> {
    edits: &'e Edits,
    at: SmallVec<[(u32, usize); 2]>,
    changed: bool,
}

impl<'e> Rewrite<'e> {
    /// For a whole body: every choice's text begins at 0.
    pub(crate) fn body(edits: &'e Edits) -> Self {
        Self { edits, at: SmallVec::new(), changed: false }
    }

    /// For a stream payload: texts begin where its events say.
    pub(crate) fn payload(edits: &'e Edits, events: &Events) -> Self {
        let mut at = SmallVec::<[(u32, usize); 2]>::new();
        for event in events {
            if let Event::Text { choice, start, .. } = event
                && !at.iter().any(|(c, _)| c == choice)
            {
                at.push((*choice, *start));
            }
        }
        Self { edits, at, changed: false }
    }

    /// Edits the next text of the choice; anything but a string is left alone. Whether it changed.
    pub(crate) fn text(&mut self, choice: u32, value: &mut Value) -> bool {
        let Value::String(text) = value else { return false };
        let chars = text.chars().count();
        let start = self.advance(choice, chars);
        if !overlaps(self.edits, choice, start, start + chars) {
            return false;
        }
        let edited = self.edits.apply(choice, start, text);
        if edited == *text {
            return false;
        }
        *text = edited;
        self.changed = true;
        true
    }

    /// Moves past a text of that length; gives where it began.
    fn advance(&mut self, choice: u32, chars: usize) -> usize {
        let at = self.at.iter().position(|(c, _)| *c == choice).unwrap_or_else(|| {
            self.at.push((choice, 0));
            self.at.len() - 1
        });
        let start = self.at[at].1;
        self.at[at].1 += chars;
        start
    }

    /// Where the choice's next text would begin.
    pub(crate) fn position(&self, choice: u32) -> usize {
        self.at.iter().find(|(c, _)| *c == choice).map_or(0, |(_, at)| *at)
    }

    /// Whether an edit of the choice begins before that offset.
    pub(crate) fn edited_before(&self, choice: u32, offset: usize) -> bool {
        self.edits.of(choice).first().is_some_and(|edit| edit.start < offset)
    }

    /// Notes a change beside the text (an annotation taken out).
    pub(crate) fn touch(&mut self) {
        self.changed = true;
    }

    /// Whether anything changed.
    pub(crate) fn changed(&self) -> bool {
        self.changed
    }
}
