//! What is taken out of an event before anything outside of this process sees it: the spool on disk, the control plane.
//!
//! Spans and their evidence are moved with the words that they stand for.

use std::collections::BTreeMap;

use agentguard_api::{Content, VerdictEvent};
use agentguard_judge::{EvidenceRef, Span};
use agentguard_redact::{Form, Mapping, Redactor};

/// Takes it out of content, names and explanation.
pub(crate) fn apply(event: &mut VerdictEvent, redactor: &Redactor) {
    let mut cutter = Cutter { redactor, counts: &mut event.redactions };
    for name in [&mut event.model, &mut event.path, &mut event.response_id, &mut event.explanation] {
        cutter.cut(name, Form::Text);
    }
    if let Some(content) = &mut event.content {
        self::content(content, &mut event.spans, &mut cutter);
    }
    // Labels hold names that a model or a tool's author chose. They are the same in spans and in content, before and after.
    let mut uncounted = Default::default();
    let mut cutter = Cutter { redactor, counts: &mut uncounted };
    for reference in event.spans.iter_mut().filter_map(|span| span.evidence.as_mut()) {
        cutter.cut(&mut reference.source, Form::Text);
    }
}

/// Leaves nothing that could hold anything of the conversation.
pub(crate) fn bare(event: &mut VerdictEvent) {
    event.content = None;
    event.redactions.clear();
    event.model.clear();
    event.path.clear();
    event.response_id.clear();
    event.explanation = "The content could not be redacted and was left out.".to_owned();
    event.spans.iter_mut().for_each(|span| span.evidence = None);
}

fn content(content: &mut Content, spans: &mut [Span], cutter: &mut Cutter<'_>) {
    for (choice, text) in (0_u32..).zip(&mut content.texts) {
        if let Some(mapping) = cutter.cut(text, Form::Text) {
            let here = |span: &&mut Span| span.choice == choice && span.call.is_none();
            spans.iter_mut().filter(here).for_each(|span| span.follow(&mapping));
        }
    }
    for call in &mut content.tool_calls {
        cutter.cut(&mut call.name, Form::Text);
        if let Some(mapping) = cutter.cut(&mut call.arguments, Form::Json) {
            let here = |span: &&mut Span| span.choice == call.choice && span.call == Some(call.call);
            spans.iter_mut().filter(here).for_each(|span| span.follow(&mapping));
        }
    }
    for source in &mut content.evidence {
        let form = form(&source.text);
        if let Some(mapping) = cutter.cut(&mut source.text, form) {
            let shown = spans.iter_mut().filter_map(|span| span.evidence.as_mut());
            shown.filter(|shown| shown.source == source.label).for_each(|shown| shown.follow(&mapping));
        }
        cutter.cut(&mut source.label, Form::Text);
    }
    if let Some(hashes) = &mut content.hashes {
        let names = hashes.tool_calls.iter_mut().map(|call| &mut call.name);
        let labels = hashes.evidence.iter_mut().map(|source| &mut source.label);
        for name in names.chain(labels) {
            cutter.cut(name, Form::Text);
        }
    }
}

/// Tools answer in JSON more often than not, and the page lays it out.
fn form(text: &str) -> Form {
    if text.trim_start().starts_with(['{', '[']) { Form::Json } else { Form::Text }
}

/// Cuts and counts.
struct Cutter<'a> {
    redactor: &'a Redactor,
    counts: &'a mut BTreeMap<String, u64>,
}

impl Cutter<'_> {
    /// Takes out what is found; the map for offsets into the text, if anything was.
    fn cut(&mut self, text: &mut String, form: Form) -> Option<Mapping> {
        let redacted = self.redactor.redact(text, form)?;
        for found in &redacted.found {
            *self.counts.entry(self.redactor.name(found.kind).to_owned()).or_default() += 1;
        }
        *text = redacted.text;
        Some(redacted.mapping)
    }
}

/// Something that points into a text.
trait Follow {
    fn follow(&mut self, mapping: &Mapping);
}

impl Follow for Span {
    fn follow(&mut self, mapping: &Mapping) {
        let range = mapping.range(self.start..self.end);
        (self.start, self.end) = (range.start, range.end);
    }
}

impl Follow for EvidenceRef {
    fn follow(&mut self, mapping: &Mapping) {
        let range = mapping.range(self.start..self.end);
        (self.start, self.end) = (range.start, range.end);
    }
}

#[cfg(test)]
mod tests;
