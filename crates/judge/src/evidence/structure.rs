//! JSON evidence as attributes: what it says is so, is not so, or leaves open.

mod keys;
mod read;

pub(crate) use keys::{KeyWord, key_words};
pub(super) use keys::{is_filler, spaced};
pub(super) use read::{Reader, block};

use crate::text::table::Table;
use crate::text::{Token, hash};
use crate::verdict::EvidenceRef;

/// What the evidence says of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Truth {
    True,
    False,
    /// `null`, empty: not known.
    Unknown,
    /// Any other value.
    Value,
}

/// An attribute: the leaves of JSON evidence that stand under the same keys and say the same.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    /// The words of its key, those left out that do not tell attributes apart.
    words: Words,
    /// The words of the key above.
    parent: Words,
    /// Hash of the key's words written as one (`takeout`); 0: it is one word.
    pub joined: u32,
    pub truth: Truth,
    /// How many leaves it is; values count as the same whatever they are.
    pub count: u32,
    /// The first leaf's value, where that is a number.
    pub number: Option<f64>,
    /// The first leaf.
    place: Place,
}

/// A range of the words of all keys.
#[derive(Clone, Copy, Debug, Default)]
struct Words {
    start: u32,
    count: u32,
}

/// A source, and scalar values of it.
#[derive(Clone, Copy, Debug)]
struct Place {
    source: u32,
    start: u32,
    end: u32,
}

/// All attributes, in order.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    all: Vec<Attribute>,
    words: Vec<KeyWord>,
    /// Those that are no values, by a word without which they are not mentioned.
    by_word: Listed,
    /// All, by the stems of their key.
    by_key: Listed,
    /// Labels of the sources.
    labels: Vec<String>,
    /// Opening hours by day, Monday first.
    hours: [Option<(Hours, EvidenceRef)>; 7],
}

/// Opening and closing time in minutes; `true`: the half of the day is open.
pub(crate) type Hours = ((u16, bool), (u16, bool));

/// Attributes of one sentence that are looked at more closely.
const MAX_MENTIONED: usize = 512;

impl Attributes {
    /// Opening hours by day, Monday first.
    pub(crate) fn hours(&self) -> &[Option<(Hours, EvidenceRef)>; 7] {
        &self.hours
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The words of an attribute's key.
    pub(crate) fn words(&self, attribute: &Attribute) -> &[KeyWord] {
        self.range(attribute.words)
    }

    /// The words of the key above.
    pub(crate) fn parent(&self, attribute: &Attribute) -> &[KeyWord] {
        self.range(attribute.parent)
    }

    fn range(&self, words: Words) -> &[KeyWord] {
        &self.words[words.start as usize..][..words.count as usize]
    }

    /// Where an attribute stands.
    pub(crate) fn place(&self, attribute: &Attribute) -> Option<EvidenceRef> {
        let Place { source, start, end } = attribute.place;
        let source = self.labels.get(source as usize)?.clone();
        Some(EvidenceRef { source, start: start as usize, end: end as usize })
    }

    /// The attributes, values aside, that a text of these tokens may mention, in order.
    pub(crate) fn mentioned(&self, text: &str, tokens: &[Token]) -> impl Iterator<Item = &Attribute> {
        let mut found: Vec<u16> = Vec::new();
        let mut add = |hash: u32| {
            if found.len() < MAX_MENTIONED {
                found.extend_from_slice(self.by_word.of(hash));
            }
        };
        for (i, token) in tokens.iter().enumerate() {
            add(token.stem);
            if token.raw != token.stem {
                add(token.raw);
            }
            // `Wi-Fi` for a key `WiFi`.
            if let Some(next) = tokens.get(i + 1)
                && text.as_bytes()[token.end..next.start] == *b"-"
            {
                add(hash::spelled(token.of(text), next.of(text)));
            }
        }
        found.sort_unstable();
        found.dedup();
        found.truncate(MAX_MENTIONED);
        found.into_iter().map(|at| &self.all[usize::from(at)])
    }

    /// The attributes under a key of these words, in order.
    pub(crate) fn under(&self, words: &[KeyWord]) -> impl Iterator<Item = &Attribute> {
        let same = move |a: &&Attribute| {
            let theirs = self.words(a);
            theirs.len() == words.len() && theirs.iter().zip(words).all(|(a, b)| a.stem == b.stem)
        };
        self.by_key.of(stems(words)).iter().map(|at| &self.all[usize::from(*at)]).filter(same)
    }
}

/// The stems of a key as one hash.
fn stems(words: &[KeyWord]) -> u32 {
    words.iter().fold(0, |key, word| hash::join(key, word.stem))
}

/// Attributes by hash.
#[derive(Debug, Default)]
struct Listed {
    /// Where those of a hash begin in `all`, and how many there are.
    places: Option<Table<(u16, u16)>>,
    all: Vec<u16>,
}

impl Listed {
    /// Lists what stands under each hash; no more than a table holds.
    fn new(mut entries: Vec<(u32, u16)>) -> Self {
        entries.truncate(usize::from(u16::MAX));
        entries.sort_unstable();
        entries.dedup();
        let mut places: Vec<(u32, (u16, u16))> = Vec::new();
        for (at, (hash, _)) in (0..).zip(&entries) {
            match places.last_mut() {
                Some((last, (_, count))) if last == hash => *count += 1,
                _ => places.push((*hash, (at, 1))),
            }
        }
        let places = (!places.is_empty()).then(|| Table::new(places));
        Self { places, all: entries.into_iter().map(|(_, at)| at).collect() }
    }

    fn of(&self, hash: u32) -> &[u16] {
        let place = self.places.as_ref().and_then(|places| places.get(hash));
        place.map_or(&[], |(start, count)| &self.all[usize::from(start)..][..usize::from(count)])
    }
}
