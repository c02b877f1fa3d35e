//! Arithmetic, list counts and statements that contradict one another within the answer. Needs no evidence.

mod arithmetic;
mod lists;
mod repeats;

use self::lists::Lists;
use self::repeats::Repeats;
use super::{Analysis, Finding};

/// What the answer has said so far that later sentences may contradict; bounded.
#[derive(Debug, Default)]
pub(crate) struct Consistency {
    lists: Lists,
    repeats: Repeats,
}

impl Consistency {
    /// Adds findings for a sentence and remembers it.
    pub(crate) fn find(&mut self, analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
        arithmetic::find(analysis, out);
        self.lists.find(analysis, out);
        self.repeats.find(analysis, out);
    }
}
