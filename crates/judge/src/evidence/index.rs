//! The lexical index: which words and word sequences the evidence holds, and in which sentence.

use super::facts::Facts;
use super::sentences::sentences;
use super::{Source, SourceKind};
use crate::json::{self, Scalar};
use crate::text::{Class, Token, chars, hash, tokenize};
use crate::verdict::EvidenceRef;

/// One sentence of the evidence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sentence {
    /// Which source.
    pub source: u32,
    /// First byte in the source's text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// First scalar value.
    pub char_start: usize,
    /// One past the last scalar value.
    pub char_end: usize,
    /// Distinct content stems.
    pub words: u32,
    /// It holds a negation.
    pub negated: bool,
    /// Something can follow from it.
    pub proves: bool,
}

/// The evidence sentence that an answer's sentence comes closest to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Match {
    /// Number of the best sentence.
    pub sentence: Option<u32>,
    /// Share of the claim's content words that it holds.
    pub best: f32,
    /// Share that the second best holds.
    pub second: f32,
    /// Share that the best two hold together.
    pub both: f32,
}

/// A sealed set of hashes.
#[derive(Debug, Default)]
struct Set(Vec<u32>);

impl Set {
    fn has(&self, hash: u32) -> bool {
        self.0.binary_search(&hash).is_ok()
    }

    fn seal(&mut self) {
        self.0.sort_unstable();
        self.0.dedup();
        self.0.shrink_to_fit();
    }
}

/// The index.
#[derive(Debug, Default)]
pub(crate) struct Index {
    sentences: Vec<Sentence>,
    /// (stem, sentence), only sentences that prove something.
    postings: Vec<(u32, u32)>,
    stems: Set,
    raws: Set,
    pairs: Set,
    triples: Set,
    /// First four letters of words that begin with a capital.
    roots: Set,
    /// First letters of all words, and of all but function words; a line per sentence. Acronyms are sought in them.
    initials: String,
    content_initials: String,
    labels: Vec<String>,
    bytes: usize,
    json_bytes: usize,
}

/// Sentences that share words with a claim and are compared with it.
const MAX_CANDIDATES: usize = 512;
/// A word in more sentences than this does not help to find the one meant.
const MAX_POSTINGS: usize = 256;

impl Index {
    /// Adds a source. `json`: the byte range of it that is JSON.
    pub(crate) fn add(
        &mut self,
        number: usize,
        source: &Source,
        json: Option<(usize, usize)>,
        facts: &mut Facts,
    ) {
        let text = &source.text;
        self.labels.push(source.label.clone());
        self.bytes += if source.kind.proves() { text.len() } else { 0 };
        self.json_bytes += json.filter(|_| source.kind.proves()).map_or(0, |(start, end)| end - start);
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        let mut push = |start, end| ranges.push((start, end));
        let (json_start, json_end) = json.unwrap_or((text.len(), text.len()));
        sentences(text, 0, json_start, &mut push);
        let mut arrays: Vec<usize> = Vec::new();
        if json.is_some() {
            json_sentences(text, json_start, &mut push, &mut arrays);
        }
        sentences(text, json_end, text.len(), &mut push);
        let source_number = u32::try_from(number).unwrap_or(u32::MAX);
        let (mut byte, mut scalar) = (0, 0);
        let mut tokens: Vec<Token> = Vec::with_capacity(64);
        for (start, end) in ranges {
            scalar += chars::count(&text[byte..start]);
            let char_end = scalar + chars::count(&text[start..end]);
            tokens.clear();
            tokenize(&text[start..end], &mut tokens);
            let place = Sentence {
                source: source_number,
                start,
                end,
                char_start: scalar,
                char_end,
                words: 0,
                negated: false,
                proves: source.kind.proves(),
            };
            self.sentence(place, &text[start..end], &tokens, source.kind, facts);
            (byte, scalar) = (end, char_end);
        }
        let last = u32::try_from(self.sentences.len().saturating_sub(1)).unwrap_or(u32::MAX);
        arrays.into_iter().for_each(|items| facts.count(items, last));
    }

    fn sentence(
        &mut self,
        mut place: Sentence,
        text: &str,
        tokens: &[Token],
        kind: SourceKind,
        facts: &mut Facts,
    ) {
        let number = u32::try_from(self.sentences.len()).unwrap_or(u32::MAX);
        let first = self.postings.len();
        for (i, token) in tokens.iter().enumerate() {
            self.raws.0.push(token.raw);
            self.stems.0.push(token.stem);
            if token.is_capital() {
                self.roots.0.extend(hash::root(token.of(text)));
            }
            place.negated |= token.class.has(Class::NEGATION);
            let initial = text.as_bytes()[token.start].to_ascii_lowercase();
            let initial = if initial.is_ascii() { initial as char } else { '\u{1}' };
            self.initials.push(initial);
            if token.is_content() {
                self.content_initials.push(initial);
                if place.proves {
                    self.postings.push((token.stem, number));
                }
            }
            // Sequences of the question count too, those of an earlier answer do not: it may have been wrong.
            if kind != SourceKind::EarlierTurn
                && let Some(next) = tokens.get(i + 1)
            {
                // `Wi-Fi` is also `WiFi`.
                if &text[token.end..next.start] == "-" {
                    self.raws.0.push(hash::spelled(token.of(text), next.of(text)));
                }
                let pair = hash::join(token.stem, next.stem);
                self.pairs.0.push(pair);
                if let Some(third) = tokens.get(i + 2) {
                    self.triples.0.push(hash::join(pair, third.stem));
                }
            }
        }
        self.initials.push('\n');
        self.content_initials.push('\n');
        let own = &mut self.postings[first..];
        own.sort_unstable();
        let distinct = own.iter().enumerate().filter(|(i, p)| *i == 0 || own[i - 1] != **p).count();
        place.words = u32::try_from(distinct).unwrap_or(u32::MAX);
        facts.add(number, text, tokens);
        self.sentences.push(place);
    }

    /// Nothing is added after this.
    pub(crate) fn seal(&mut self) {
        self.postings.sort_unstable();
        self.postings.dedup();
        self.postings.shrink_to_fit();
        for set in [&mut self.stems, &mut self.raws, &mut self.pairs, &mut self.triples, &mut self.roots] {
            set.seal();
        }
    }

    /// Whether the word, or another form of it, is there.
    pub(crate) fn has_word(&self, token: &Token) -> bool {
        self.stems.has(token.stem) || self.raws.has(token.raw)
    }

    /// Whether a word with this hash is there as it is.
    pub(crate) fn has_raw(&self, raw: u32) -> bool {
        self.raws.has(raw)
    }

    /// Whether a capitalised word begins with the same four letters.
    pub(crate) fn has_root(&self, word: &str) -> bool {
        hash::root(word).is_some_and(|root| self.roots.has(root))
    }

    /// Whether the two stems stand side by side.
    pub(crate) fn has_pair(&self, a: &Token, b: &Token) -> bool {
        self.pairs.has(hash::join(a.stem, b.stem))
    }

    /// Whether the three stems stand in a row.
    pub(crate) fn has_triple(&self, a: &Token, b: &Token, c: &Token) -> bool {
        self.triples.has(hash::join(hash::join(a.stem, b.stem), c.stem))
    }

    /// Whether the words of the evidence, somewhere in a row, begin with these lower-case letters.
    pub(crate) fn has_initials(&self, letters: &str) -> bool {
        let has = |initials: &str| memchr::memmem::find(initials.as_bytes(), letters.as_bytes()).is_some();
        has(&self.initials) || has(&self.content_initials)
    }

    /// Sentences.
    pub(crate) fn len(&self) -> usize {
        self.sentences.len()
    }

    /// Bytes of text that something can follow from.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether most of it is JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json_bytes * 2 > self.bytes
    }

    /// A sentence by number.
    pub(crate) fn get(&self, number: u32) -> Option<&Sentence> {
        self.sentences.get(number as usize)
    }

    /// A sentence's place for the verdict.
    pub(crate) fn reference(&self, number: u32) -> Option<EvidenceRef> {
        let sentence = self.get(number)?;
        let source = self.labels.get(sentence.source as usize)?.clone();
        Some(EvidenceRef { source, start: sentence.char_start, end: sentence.char_end })
    }

    fn postings(&self, stem: u32) -> &[(u32, u32)] {
        let first = self.postings.partition_point(|(s, _)| *s < stem);
        let count =
            self.postings[first..].iter().take(MAX_POSTINGS + 1).take_while(|(s, _)| *s == stem).count();
        &self.postings[first..first + count]
    }

    /// Whether that sentence holds the stem.
    pub(crate) fn holds(&self, sentence: u32, stem: u32) -> bool {
        self.postings.binary_search(&(stem, sentence)).is_ok()
    }

    /// The sentences that hold most of these distinct content stems.
    pub(crate) fn closest(&self, stems: &[u32]) -> Match {
        let mut hits: Vec<(u32, u32)> = Vec::with_capacity(stems.len() * 4);
        for (bit, stem) in stems.iter().enumerate().take(64) {
            let postings = self.postings(*stem);
            if postings.len() <= MAX_POSTINGS {
                let bit = u32::try_from(bit).unwrap_or(0);
                hits.extend(postings.iter().map(|(_, sentence)| (*sentence, bit)));
            }
        }
        hits.sort_unstable();
        let total = stems.len().clamp(1, 64) as f32;
        let mut found: Vec<(u64, u32)> = Vec::with_capacity(16);
        for (sentence, bit) in hits {
            let full = found.len() >= MAX_CANDIDATES;
            match found.last_mut() {
                Some((bits, last)) if *last == sentence => *bits |= 1 << bit,
                _ if full => break,
                _ => found.push((1 << bit, sentence)),
            }
        }
        // The most words; of equals the shorter sentence, then the earlier one.
        let key = |(bits, sentence): &(u64, u32)| {
            let words = self.get(*sentence).map_or(u32::MAX, |s| s.words);
            (bits.count_ones(), u32::MAX - words, u32::MAX - sentence)
        };
        let Some(best) = found.iter().copied().max_by_key(key) else { return Match::default() };
        let rest = || found.iter().filter(|f| f.1 != best.1);
        let second = rest().map(|(bits, _)| bits.count_ones()).max().unwrap_or(0);
        let both = rest().map(|(bits, _)| (bits | best.0).count_ones()).max().unwrap_or(best.0.count_ones());
        Match {
            sentence: Some(best.1),
            best: best.0.count_ones() as f32 / total,
            second: second as f32 / total,
            both: both as f32 / total,
        }
    }
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
