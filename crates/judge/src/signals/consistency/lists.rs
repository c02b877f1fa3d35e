//! "Three reasons:" and the items that follow. More items than announced are noticed; fewer are not, since what was said
//! before is settled by then.

use crate::claims::Form;
use crate::quantity::{Precision, Value};
use crate::signals::{Analysis, Finding, Rule};

/// The list being counted.
#[derive(Debug, Default)]
pub(super) struct Lists {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    announced: u32,
    items: u32,
    indent: usize,
    /// The first item's kind of marker.
    numbered: bool,
}

/// Longer lists are announced loosely.
const MOST: f64 = 20.0;

impl Lists {
    pub(super) fn find(&mut self, analysis: &Analysis<'_>, out: &mut Vec<Finding>) {
        let claim = analysis.claim;
        let item = claim.marker > 0
            && matches!(claim.form, Form::Item | Form::Heading)
            && !analysis.text.starts_with('#');
        if !item {
            if let Some(announced) = announced(analysis) {
                self.open = Some(Open { announced, items: 0, indent: 0, numbered: false });
            } else if claim.form == Form::Heading {
                self.open = None;
            }
            return;
        }
        let Some(open) = &mut self.open else { return };
        let numbered = analysis.text.starts_with(|c: char| c.is_ascii_digit());
        if open.items == 0 {
            (open.indent, open.numbered) = (claim.indent, numbered);
        }
        if claim.indent != open.indent || numbered != open.numbered {
            return;
        }
        // A list that starts anew is another list.
        if numbered && open.items > 0 && analysis.text.starts_with("1.") {
            self.open = None;
            return;
        }
        open.items += 1;
        if open.items == open.announced + 1 {
            out.push(Finding {
                start: 0,
                end: analysis.text.trim_end().len(),
                rule: Rule::ListCount,
                evidence: None,
            });
            self.open = None;
        }
    }
}

/// The number of a line that announces a list: "There are three reasons:".
fn announced(analysis: &Analysis<'_>) -> Option<u32> {
    if !analysis.text.trim_end_matches(['*', ' ']).ends_with(':') {
        return None;
    }
    let mut counts = analysis.quantities.iter().filter_map(|q| match q.value {
        Value::Number(n, unit)
            if unit.is_none()
                && (2.0..=MOST).contains(&n)
                && n.fract() == 0.0
                && q.precision == Precision::Exact
                && !q.ordinal =>
        {
            Some((n as u32, q.end))
        }
        _ => None,
    });
    let (count, end) = counts.next().filter(|_| analysis.quantities.len() == 1)?;
    // "three reasons", not "in 3." or "version 3:".
    let follows = analysis.tokens.iter().find(|t| t.start >= end)?;
    let plural = follows.of(analysis.text).ends_with('s')
        || analysis.tokens.iter().any(|t| t.start > follows.start && t.of(analysis.text).ends_with('s'));
    plural.then_some(count)
}
