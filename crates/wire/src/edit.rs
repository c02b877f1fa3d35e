//! Edits of an answer's text, in offsets that are the same streamed or not.

/// Replace `start..end` (Unicode scalar values of a choice's text) by `replacement`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// First scalar value to go.
    pub start: usize,
    /// One past the last; `usize::MAX` removes everything that follows.
    pub end: usize,
    /// What stands there instead. Empty removes.
    pub replacement: String,
}

/// Edits by choice; sorted and free of overlap within a choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    by_choice: Vec<(u32, Vec<Edit>)>,
}

impl Edits {
    /// Adds an edit, keeping order. One that overlaps an existing edit of the choice is merged into it (the earlier
    /// replacement stands).
    pub fn add(&mut self, choice: u32, edit: Edit) {
        let index = self.by_choice.iter().position(|(c, _)| *c == choice).unwrap_or_else(|| {
            self.by_choice.push((choice, Vec::new()));
            self.by_choice.len() - 1
        });
        let edits = &mut self.by_choice[index].1;
        let at = edits.partition_point(|e| e.start <= edit.start);
        edits.insert(at, edit);
        let mut merged: Vec<Edit> = Vec::with_capacity(edits.len());
        for edit in edits.drain(..) {
            match merged.last_mut() {
                Some(last) if edit.start < last.end => last.end = last.end.max(edit.end),
                _ => merged.push(edit),
            }
        }
        *edits = merged;
    }

    /// The edits of a choice.
    #[must_use]
    pub fn of(&self, choice: u32) -> &[Edit] {
        self.by_choice.iter().find(|(c, _)| *c == choice).map_or(&[], |(_, edits)| edits)
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_choice.iter().all(|(_, edits)| edits.is_empty())
    }

    /// The text that begins at offset `start` of the choice, edited. An edit that began before `start` has left its
    /// replacement in the earlier piece; here it only removes. Pieces edited apart and joined equal the whole edited.
    #[must_use]
    pub fn apply(&self, choice: u32, start: usize, text: &str) -> String {
        let edits = self.of(choice);
        let mut edits = edits[edits.partition_point(|edit| edit.end <= start)..].iter().peekable();
        let mut out = String::with_capacity(text.len());
        for (at, ch) in (start..).zip(text.chars()) {
            while edits.next_if(|edit| edit.end <= at).is_some() {}
            match edits.peek() {
                Some(edit) if edit.start == at => out.push_str(&edit.replacement),
                Some(edit) if edit.start < at => {}
                _ => out.push(ch),
            }
        }
        out
    }
}

/// What a client is told when its answer is stopped. Goes out in the client's own dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The exchange's id (`x-agentguard-id`).
    pub id: String,
    /// One sentence for people; holds nothing of the answer's text.
    pub message: String,
}
