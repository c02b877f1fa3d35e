//! Sources → index and facts. Every sentence is read once; one that was there before is only counted.

use std::collections::HashMap;

use super::postings::Gathering;
use super::{Index, Sentence};
use crate::evidence::facts::Facts;
use crate::evidence::sentences::sentences;
use crate::evidence::{Source, SourceKind, ask};
use crate::json::{self, Scalar};
use crate::signals::contradiction::denials;
use crate::text::{Class, Token, chars, hash, tokenize};

/// An index being made.
pub(in crate::evidence) struct Builder<'s> {
    index: Index,
    facts: Facts,
    postings: Gathering,
    /// Sentences by their text and what it counts for. Keyed at random, so that no text makes it slow.
    seen: HashMap<(Weight, &'s str), u32>,
    tokens: Vec<Token>,
}

/// What a sentence of a source counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Weight {
    /// Something can follow from it.
    Proves,
    /// The same, and it may tell the model what to do.
    Instructs,
    /// Its words and word sequences are known.
    Asks,
    /// Its words are known; it may have been wrong.
    Said,
}

impl Weight {
    fn of(kind: SourceKind) -> Self {
        match kind {
            SourceKind::EarlierTurn => Self::Said,
            SourceKind::Instructions => Self::Instructs,
            kind if kind.proves() => Self::Proves,
            _ => Self::Asks,
        }
    }
}

impl<'s> Builder<'s> {
    pub(in crate::evidence) fn new() -> Self {
        Self {
            index: Index::default(),
            facts: Facts::default(),
            postings: Gathering::default(),
            seen: HashMap::new(),
            tokens: Vec::with_capacity(64),
        }
    }

    /// Adds a source. `json`: the byte range of it that is JSON.
    pub(in crate::evidence) fn add(
        &mut self,
        number: usize,
        source: &'s Source,
        json: Option<(usize, usize)>,
    ) {
        let text = source.text.as_str();
        self.index.bytes += if source.kind.proves() { text.len() } else { 0 };
        self.index.json_bytes += json.filter(|_| source.kind.proves()).map_or(0, |(start, end)| end - start);
        let mut place = Place { number: narrow(number), byte: 0, scalar: 0 };
        let mut push = |start, end| self.sentence(&mut place, source, start, end);
        let (json_start, json_end) = json.unwrap_or((text.len(), text.len()));
        sentences(text, 0, json_start, &mut push);
        let mut arrays: Vec<usize> = Vec::new();
        if json.is_some() {
            json_sentences(text, json_start, &mut push, &mut arrays);
        }
        sentences(text, json_end, text.len(), &mut push);
        let last = narrow(self.index.sentences.len().saturating_sub(1));
        arrays.into_iter().for_each(|items| self.facts.count(items, last));
    }

    fn sentence(&mut self, place: &mut Place, source: &'s Source, start: usize, end: usize) {
        let text = &source.text[start..end];
        let number = narrow(self.index.sentences.len());
        let weight = Weight::of(source.kind);
        let original = *self.seen.entry((weight, text)).or_insert(number);
        let mut sentence = Sentence {
            source: place.number,
            start: narrow(start),
            end: narrow(end),
            char_start: narrow(place.scalars(&source.text, start)),
            words: 0,
            original,
            denials: 0,
            negated: false,
            twin: false,
            states: false,
        };
        if original == number {
            let mut tokens = std::mem::take(&mut self.tokens);
            tokens.clear();
            tokenize(text, &mut tokens);
            self.read(&mut sentence, number, text, &tokens, weight);
            sentence.states = weight == Weight::Instructs && ask::states(text, &tokens);
            self.tokens = tokens;
        } else {
            let first = &mut self.index.sentences[original as usize];
            first.twin = true;
            let Sentence { words, denials, negated, twin, states, .. } = *first;
            sentence = Sentence { words, denials, negated, twin, states, ..sentence };
        }
        self.index.sentences.push(sentence);
    }

    fn read(&mut self, sentence: &mut Sentence, number: u32, text: &str, tokens: &[Token], weight: Weight) {
        let index = &mut self.index;
        for (i, token) in tokens.iter().enumerate() {
            index.raws.insert(token.raw);
            let stem = self.postings.note(token.stem);
            if token.is_capital()
                && let Some(root) = hash::root(token.of(text))
            {
                index.roots.insert(root);
            }
            if token.is_content()
                && let Some(beginning) = hash::beginning(token.of(text))
            {
                index.beginnings.insert(beginning);
            }
            sentence.negated |= token.class.has(Class::NEGATION);
            index.initials.word(text.as_bytes()[token.start].to_ascii_lowercase(), token.is_content());
            if token.is_content() && matches!(weight, Weight::Proves | Weight::Instructs) {
                sentence.words += u32::from(self.postings.post(stem, number));
            }
            if weight != Weight::Said
                && let Some(next) = tokens.get(i + 1)
            {
                // `Wi-Fi` is also `WiFi`.
                if text.as_bytes()[token.end..next.start] == *b"-" {
                    index.raws.insert(hash::spelled(token.of(text), next.of(text)));
                }
                let pair = hash::join(token.stem, next.stem);
                index.pairs.insert(pair);
                if let Some(third) = tokens.get(i + 2) {
                    index.triples.insert(hash::join(pair, third.stem));
                }
            }
        }
        let denials = if sentence.negated { denials(tokens) } else { 0 };
        sentence.denials = u16::try_from(denials).unwrap_or(u16::MAX);
        index.initials.end();
        self.facts.add(number, text, tokens);
    }

    /// Nothing is added after this.
    pub(in crate::evidence) fn seal(mut self) -> (Index, Facts) {
        let index = &mut self.index;
        index.postings = self.postings.seal();
        index.sentences.shrink_to_fit();
        index.initials.seal();
        self.facts.seal();
        (self.index, self.facts)
    }
}

/// How far into a source one has come, in bytes and scalar values.
struct Place {
    number: u32,
    byte: usize,
    scalar: usize,
}

impl Place {
    /// Scalar values before that byte, which is not before the last one asked for.
    fn scalars(&mut self, text: &str, byte: usize) -> usize {
        self.scalar += chars::count(&text[self.byte..byte]);
        self.byte = byte;
        self.scalar
    }
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A sentence per leaf, its key included; long strings sentence by sentence. `arrays`: their lengths.
fn json_sentences(text: &str, from: usize, mut each: impl FnMut(usize, usize), arrays: &mut Vec<usize>) {
    // Open arrays, outermost first: their depth and the elements seen.
    let mut open: Vec<(usize, usize)> = Vec::new();
    json::leaves(text, from, |path, leaf| {
        let kept = open
            .iter()
            .take_while(|(depth, _)| matches!(path.get(*depth), Some(json::Step::Index(_))))
            .count();
        arrays.extend(open.drain(kept..).map(|(_, items)| items));
        for (depth, step) in path.iter().enumerate() {
            if let json::Step::Index(n) = step {
                match open.iter_mut().find(|(d, _)| *d == depth) {
                    Some((_, items)) if n + 1 >= *items => *items = n + 1,
                    Some((_, items)) => arrays.push(std::mem::replace(items, n + 1)),
                    None => open.push((depth, n + 1)),
                }
            }
        }
        let key = match path.last() {
            Some(json::Step::Key { start, .. }) => *start,
            _ => leaf.start,
        };
        if leaf.kind == Scalar::String && leaf.end - leaf.start > 80 {
            sentences(text, leaf.start, leaf.end, &mut each);
        } else if leaf.end - key < 400 {
            each(key, leaf.end);
        } else {
            each(leaf.start, leaf.end);
        }
    });
    arrays.extend(open.into_iter().map(|(_, items)| items));
    arrays.truncate(64);
}
