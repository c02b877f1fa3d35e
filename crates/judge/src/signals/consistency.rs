//! Arithmetic, list counts and statements that contradict one another within the answer.

use super::{Analysis, Finding};

/// What the answer has said so far that later sentences may contradict.
#[derive(Debug, Default)]
pub(crate) struct Consistency {}

impl Consistency {
    /// Adds findings for a sentence and remembers it.
    pub(crate) fn find(&mut self, _analysis: &Analysis<'_>, _out: &mut Vec<Finding>) {}
}
