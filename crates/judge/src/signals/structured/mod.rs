//! Claims against JSON evidence: attributes said to hold that it denies or leaves open, opening hours, and the values of a JSON
//! answer.

pub(crate) mod hours;
mod mention;
mod scope;
mod values;

use super::{Analysis, Finding, Rule};
use crate::claims::Form;
use crate::evidence::{Evidence, Truth};
use crate::text::token::word_hashes;

/// How a sentence stands to the attributes of JSON evidence.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said {
    /// Said to hold, denied by the evidence.
    pub denied: u32,
    /// Said to hold, left open by the evidence.
    pub open: u32,
    /// Said to hold, and so it does.
    pub confirmed: u32,
    /// Said not to hold, though it does.
    pub given_denied: u32,
    /// Opening hours that differ.
    pub hours: u32,
    /// Said not to hold, left open by the evidence. No finding by itself: `null` is also how data says "none".
    pub open_negated: u32,
    /// Said not to hold, and so it is.
    pub denied_negated: u32,
}

/// Words of sentences that say what the data leaves open, not what is lacking.
#[rustfmt::skip]
const ADMITS: [u32; 15] = word_hashes([
    "information", "details", "detail", "data", "specified", "specify", "specific", "specifics", "mentioned", "mention", "stated", "indicated", "known",
    "unknown", "unclear",
]);

/// Adds findings; the tally goes into the sentence score.
pub(crate) fn find(analysis: &Analysis<'_>, evidence: &Evidence, out: &mut Vec<Finding>) -> Said {
    let mut said = Said::default();
    let attributes = evidence.attributes();
    if attributes.is_empty() {
        return said;
    }
    if analysis.claim.form == Form::JsonScalar {
        out.extend(values::differs(analysis, attributes));
        return said;
    }
    let admits = analysis.tokens.iter().any(|t| t.is_in(&ADMITS));
    for attribute in attributes.mentioned(analysis.text, &analysis.tokens) {
        let Some((first, last)) = mention::find(analysis, attributes, attribute) else { continue };
        let negated = scope::is_negated(analysis.text, &analysis.tokens, first, last);
        let (count, rule) = match (attribute.truth, negated) {
            (Truth::False, false) => (&mut said.denied, Some(Rule::AttributeDenied)),
            (Truth::Unknown, false) => (&mut said.open, Some(Rule::AttributeOpen)),
            (Truth::True, true) => (&mut said.given_denied, Some(Rule::AttributeGiven)),
            (Truth::True, false) => (&mut said.confirmed, None),
            (Truth::Unknown, true) if admits => continue,
            (Truth::Unknown, true) => (&mut said.open_negated, None),
            (Truth::False, true) => (&mut said.denied_negated, None),
            (Truth::Value, _) => continue,
        };
        *count += attribute.count;
        let (start, end) = (analysis.tokens[first].start, analysis.tokens[last].end);
        out.extend(rule.map(|rule| Finding { start, end, rule, evidence: attributes.place(attribute) }));
    }
    if let Some(finding) = hours::differ(analysis, evidence) {
        said.hours += 1;
        // One finding for the hours instead of one for every time.
        out.retain(|f| f.rule != Rule::TimeAbsent || f.end <= finding.start || finding.end <= f.start);
        out.push(finding);
    }
    said
}
