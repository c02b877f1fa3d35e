//! Evidence as the encoder is shown it: a sentence of prose or a `key: value;` line of JSON at a time.

use std::borrow::Cow;
use std::collections::HashSet;

use super::asked;
use super::sentences::sentences;
use super::structure::{self, is_filler, spaced};
use super::{Evidence, Source, SourceKind};
use crate::json::{self, Scalar, Step};
use crate::signals::structured::hours;
use crate::text::{chars, hash};
use crate::verdict::EvidenceRef;

/// A piece of evidence that something can follow from.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment<'e> {
    /// As the encoder reads it.
    pub text: Cow<'e, str>,
    /// Which source.
    source: usize,
    /// Its bytes there.
    start: usize,
    end: usize,
}

/// A string longer than this is prose.
const MAX_VALUE: usize = 80;

impl Evidence {
    /// The segments, in order; of those that read the same only the first. Each costs little more than its text: prepare
    /// them once, while the provider thinks.
    #[must_use]
    pub fn segments(&self) -> Vec<Segment<'_>> {
        let mut found: Vec<Segment<'_>> = Vec::new();
        for (number, source) in self.sources.iter().enumerate().filter(|(_, source)| source.kind.proves()) {
            of_source(number, source, &mut found);
        }
        let mut seen: HashSet<String> = HashSet::new();
        found.retain(|segment| seen.insert(segment.text.clone().into_owned()));
        found
    }

    /// A segment's place for the verdict.
    #[must_use]
    pub fn segment_reference(&self, segment: &Segment<'_>) -> Option<EvidenceRef> {
        let source = self.sources.get(segment.source)?;
        let (start, end) = chars::range(&source.text, segment.start, segment.end);
        Some(EvidenceRef { source: source.label.clone(), start, end })
    }

    /// The question that is answered, without the words around it that say how; empty: none was seen.
    #[must_use]
    pub fn asked(&self) -> &str {
        let request = self.sources.iter().rev().find(|s| s.kind == SourceKind::Question);
        request.map_or("", |request| asked::question(&request.text))
    }
}

fn of_source<'e>(number: usize, source: &'e Source, found: &mut Vec<Segment<'e>>) {
    let text = source.text.as_str();
    let (json_start, json_end) = structure::block(source).unwrap_or((text.len(), text.len()));
    let prose = |from, to, found: &mut Vec<Segment<'e>>| {
        sentences(text, from, to, |start, end| {
            found.push(Segment { text: text[start..end].into(), source: number, start, end });
        });
    };
    prose(0, json_start, found);
    if json_start < json_end {
        json::leaves(text, json_start, |path, leaf| {
            let mut keys = path.iter().rev().filter_map(|step| match step {
                Step::Key { start, end } => Some((&text[*start..*end], *start)),
                Step::Index(_) => None,
            });
            if leaf.kind == Scalar::String && leaf.end - leaf.start > MAX_VALUE {
                sentences(text, leaf.start, leaf.end, |start, end| {
                    found.push(Segment { text: unescaped(&text[start..end]), source: number, start, end });
                });
                return;
            }
            let key = keys.next();
            let parent = keys.next().map_or("", |(parent, _)| parent);
            let start = match path.last() {
                Some(Step::Key { start, .. }) => *start,
                _ => leaf.start,
            };
            let line = line(parent, key.map_or("", |(key, _)| key), &text[leaf.start..leaf.end]);
            found.push(Segment { text: line.into(), source: number, start, end: leaf.end });
        });
    }
    prose(json_end, text.len(), found);
}

/// `Business Parking valet: false;`
fn line(parent: &str, key: &str, value: &str) -> String {
    let mut line = String::with_capacity(parent.len() + key.len() + value.len() + 8);
    for key in [parent, key] {
        let key = spaced(key);
        if !key.is_empty() && !is_filler(&key) {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&key);
        }
    }
    if !line.is_empty() {
        line.push_str(": ");
    }
    match hours::read(value)
        .filter(|_| hours::day(hash::bytes(key.to_ascii_lowercase().as_bytes())).is_some())
    {
        // As an answer says it: `open hours Monday: 11 am - 5:30 pm;`
        Some(((from, _), (to, _))) => line = format!("open {line}{} - {}", clock(from), clock(to)),
        None => line.push_str(&unescaped(value)),
    }
    line.push(';');
    line
}

/// A time of day in minutes, as `5:30 pm`.
fn clock(minutes: u16) -> String {
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    let half = if hour < 12 { "am" } else { "pm" };
    let hour = (hour + 11) % 12 + 1;
    if minute == 0 { format!("{hour} {half}") } else { format!("{hour}:{minute:02} {half}") }
}

/// The text of a JSON string, or of a part of one.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    serde_json::from_str::<String>(&format!("\"{text}\""))
        .map_or(text.into(), |text| text.replace('\n', " ").into())
}
