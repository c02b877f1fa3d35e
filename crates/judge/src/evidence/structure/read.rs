//! JSON sources → attributes.

use std::collections::HashMap;

use super::{Attribute, Attributes, Listed, Place, Truth, Words, keys, stems};
use crate::evidence::{Source, SourceKind};
use crate::json::{self, Leaf, Scalar, Step};
use crate::signals::structured::hours;
use crate::text::chars;
use crate::verdict::EvidenceRef;

/// Attributes kept.
const MAX_ATTRIBUTES: usize = 4_096;
/// JSON smaller than this inside other text is an example, not data.
const MIN_BLOCK: usize = 40;
/// Bytes of a value that are looked at.
const MAX_VALUE: usize = 64;

/// Attributes being read.
#[derive(Default)]
pub(in crate::evidence) struct Reader<'s> {
    attributes: Attributes,
    /// What is known of each key. Keyed at random, so that no text makes it slow.
    keys: HashMap<&'s str, Key>,
    /// Attributes by the numbers of their keys and what is said.
    known: HashMap<(u32, u32, Truth), u16>,
}

#[derive(Clone, Copy)]
struct Key {
    number: u32,
    words: Words,
    joined: u32,
}

impl<'s> Reader<'s> {
    /// Reads the source of that number; returns the byte range of it that is JSON.
    pub(in crate::evidence) fn read(&mut self, number: usize, source: &'s Source) -> Option<(usize, usize)> {
        let (start, end) = block(source)?;
        let text = source.text.as_str();
        self.attributes.labels.resize(number, String::new());
        self.attributes.labels.push(source.label.clone());
        let (mut byte, mut scalar) = (0, 0);
        json::leaves(text, start, |path, leaf| {
            if self.attributes.all.len() >= MAX_ATTRIBUTES {
                return;
            }
            let mut keys = path.iter().rev().filter_map(|step| match step {
                Step::Key { start, end } => Some(&text[*start..*end]),
                Step::Index(_) => None,
            });
            let Some(key) = keys.next() else { return };
            let parent = keys.next().unwrap_or_default();
            let from = match path.last() {
                Some(Step::Key { start, .. }) => *start,
                _ => leaf.start,
            };
            if from < byte {
                (byte, scalar) = (0, 0);
            }
            scalar += chars::count(&text[byte..from]);
            byte = from;
            let end = scalar + chars::count(&text[from..leaf.end]);
            self.leaf(key, parent, leaf, text, (number, scalar, end));
        });
        Some((start, end))
    }

    fn leaf(&mut self, key: &'s str, parent: &'s str, leaf: Leaf, text: &str, place: (usize, usize, usize)) {
        let value = &text[leaf.start..leaf.end];
        let value = &value[..chars::floor(value, MAX_VALUE)];
        let truth = truth(leaf.kind, value);
        let (key, parent) = (self.key(key), self.key(parent));
        self.hours(key, value, place);
        let next = u16::try_from(self.attributes.all.len()).unwrap_or(u16::MAX);
        let at = *self.known.entry((key.number, parent.number, truth)).or_insert(next);
        if let Some(known) = self.attributes.all.get_mut(usize::from(at)) {
            known.count = known.count.saturating_add(1);
            return;
        }
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.attributes.all.push(Attribute {
            words: key.words,
            parent: parent.words,
            joined: if key.words.count > 1 { key.joined } else { 0 },
            truth,
            count: 1,
            number: if truth == Truth::Value { value.parse().ok() } else { None },
            place: Place { source: narrow(place.0), start: narrow(place.1), end: narrow(place.2) },
        });
    }

    fn key(&mut self, key: &'s str) -> Key {
        let number = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        let all = &mut self.attributes.words;
        *self.keys.entry(key).or_insert_with(|| {
            let words = keys::key_words(key);
            let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let range = Words { start: narrow(all.len()), count: narrow(words.len()) };
            all.extend(words);
            Key { number, words: range, joined: keys::joined(key) }
        })
    }

    fn hours(&mut self, key: Key, value: &str, (source, start, end): (usize, usize, usize)) {
        let attributes = &mut self.attributes;
        let [word] = attributes.range(key.words) else { return };
        if let (Some(day), Some(hours)) = (hours::day(word.raw), hours::read(value)) {
            let source = attributes.labels[source].clone();
            attributes.hours[day].get_or_insert((hours, EvidenceRef { source, start, end }));
        }
    }

    /// Nothing is read after this.
    pub(in crate::evidence) fn seal(self) -> Attributes {
        let mut attributes = self.attributes;
        let all = || (0..).zip(&attributes.all);
        // Of a key's words the one that the fewest keys share.
        let mut frequent: HashMap<u32, u32> = HashMap::new();
        for (_, attribute) in all() {
            for word in attributes.words(attribute) {
                *frequent.entry(word.stem).or_default() += 1;
            }
        }
        let mut by_word: Vec<(u32, u16)> = Vec::new();
        for (at, attribute) in all().filter(|(_, a)| a.truth != Truth::Value) {
            let words = attributes.words(attribute);
            let rarest = words.iter().min_by_key(|word| frequent.get(&word.stem));
            by_word.extend(rarest.map(|word| (word.stem, at)));
            match words {
                [word] => by_word.push((word.raw, at)),
                [] => {}
                _ => by_word.push((attribute.joined, at)),
            }
        }
        let by_key = all().map(|(at, attribute)| (stems(attributes.words(attribute)), at)).collect();
        attributes.by_word = Listed::new(by_word);
        attributes.by_key = Listed::new(by_key);
        attributes.all.shrink_to_fit();
        attributes.words.shrink_to_fit();
        attributes
    }
}

/// The byte range of a source that is JSON, of sources that something can follow from.
pub(in crate::evidence) fn block(source: &Source) -> Option<(usize, usize)> {
    if !source.kind.proves() || source.kind == SourceKind::Instructions && source.text.len() < 80 {
        return None;
    }
    json::find_block(&source.text, MIN_BLOCK.min(source.text.trim().len()))
}

fn truth(kind: Scalar, value: &str) -> Truth {
    let bare = value.trim_start_matches("u'").trim_matches('\'').trim();
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(bare));
    match kind {
        Scalar::True => Truth::True,
        Scalar::False => Truth::False,
        Scalar::Null => Truth::Unknown,
        Scalar::String if is(&["no", "false", "none", "not available", "unavailable"]) => Truth::False,
        Scalar::String if is(&["yes", "true"]) => Truth::True,
        Scalar::String if is(&["", "n/a", "unknown", "null"]) => Truth::Unknown,
        Scalar::String | Scalar::Number => Truth::Value,
    }
}
