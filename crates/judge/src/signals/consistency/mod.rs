//! Arithmetic, list counts and statements that contradict one another within the answer. Needs no evidence.

mod lists;
mod repeats;

use self::lists::Lists;
use self::repeats::Repeats;
use super::{Analysis, Finding, Rule};

/// What the answer has said so far that later sentences may contradict; bounded.
#[derive(Debug, Default)]
pub(crate) struct Consistency {
    lists: Lists,
    repeats: Repeats,
}

impl Consistency {
    /// Adds findings for a sentence and remembers it.
    pub(crate) fn find(&mut self, analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
        let wrong = analysis.equations.iter().filter(|equation| !equation.holds);
        out.extend(wrong.map(|e| Finding {
            start: e.start,
            end: e.end,
            rule: Rule::Arithmetic,
            evidence: None,
        }));
        self.lists.find(analysis, out);
        self.repeats.find(analysis, out);
    }
}
