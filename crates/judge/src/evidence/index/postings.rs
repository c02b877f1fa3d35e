//! Which sentences hold a word, and which of them come closest to a claim.

use std::cmp::Ordering;

use super::Index;
use crate::text::set::Numbered;

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

/// Sentences that share words with a claim and are compared with it. Sentences that are alike count once.
const MAX_CANDIDATES: usize = 512;
/// A word in more sentences than this does not help to find the one meant.
const MAX_POSTINGS: usize = 256;

/// Sentences by stem.
#[derive(Debug, Default)]
pub(super) struct Postings {
    /// All stems, numbered.
    stems: Numbered,
    /// Where the sentences of each stem begin; one more at the end.
    starts: Vec<u32>,
    /// Numbers of sentences, ascending for each stem.
    sentences: Vec<u32>,
}

impl Postings {
    pub(super) fn has(&self, stem: u32) -> bool {
        self.stems.get(stem).is_some()
    }

    fn of(&self, stem: u32) -> &[u32] {
        let Some(number) = self.stems.get(stem) else { return &[] };
        let range = self.starts.get(number as usize).zip(self.starts.get(number as usize + 1));
        range.map_or(&[], |(from, to)| &self.sentences[*from as usize..*to as usize])
    }

    /// Whether a sentence holds both stems; words in very many sentences are taken to.
    pub(super) fn together(&self, a: u32, b: u32) -> bool {
        let (mut a, mut b) = (self.of(a), self.of(b));
        if a.len() > MAX_POSTINGS || b.len() > MAX_POSTINGS {
            return true;
        }
        while let (Some(first), Some(second)) = (a.first(), b.first()) {
            match first.cmp(second) {
                Ordering::Less => a = &a[1..],
                Ordering::Greater => b = &b[1..],
                Ordering::Equal => return true,
            }
        }
        false
    }

    /// Whether that sentence holds the stem.
    pub(super) fn holds(&self, sentence: u32, stem: u32) -> bool {
        self.of(stem).binary_search(&sentence).is_ok()
    }
}

/// Postings being gathered.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    stems: Numbered,
    /// The last sentence each stem was found in, and in how many.
    seen: Vec<(u32, u32)>,
    /// Stem and sentence, in order of the sentences.
    found: Vec<(u32, u32)>,
}

impl Gathering {
    /// Notes a stem that is somewhere.
    pub(super) fn note(&mut self, stem: u32) -> u32 {
        let number = self.stems.number(stem);
        if number as usize == self.seen.len() {
            self.seen.push((u32::MAX, 0));
        }
        number
    }

    /// Notes that a sentence, not before the last one noted, holds the stem of that number; whether that is new.
    pub(super) fn post(&mut self, number: u32, sentence: u32) -> bool {
        let (last, count) = &mut self.seen[number as usize];
        let new = *last != sentence;
        if new {
            *last = sentence;
            *count += 1;
            self.found.push((number, sentence));
        }
        new
    }

    pub(super) fn seal(mut self) -> Postings {
        self.stems.seal();
        let mut starts = Vec::with_capacity(self.seen.len() + 1);
        let mut sum = 0;
        starts.push(0);
        for (_, count) in &mut self.seen {
            let from = sum;
            sum += *count;
            starts.push(sum);
            // From here on where the stem's next sentence goes.
            *count = from;
        }
        let mut sentences = vec![0; self.found.len()];
        for (number, sentence) in self.found {
            let at = &mut self.seen[number as usize].1;
            sentences[*at as usize] = sentence;
            *at += 1;
        }
        Postings { stems: self.stems, starts, sentences }
    }
}

/// Memory that is used again from claim to claim.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// By sentence: which of the claim's stems it holds. All 0 between two claims.
    bits: Vec<u64>,
    /// The sentences that hold any.
    found: Vec<u32>,
}

impl Index {
    /// The sentences that hold most of these distinct content stems.
    pub(crate) fn closest(&self, stems: &[u32], scratch: &mut Scratch) -> Match {
        let Scratch { bits, found } = scratch;
        bits.resize(self.sentences.len(), 0);
        for (bit, stem) in stems.iter().enumerate().take(64) {
            let postings = self.postings.of(*stem);
            if postings.len() > MAX_POSTINGS {
                continue;
            }
            for sentence in postings {
                let held = &mut bits[*sentence as usize];
                if *held == 0 {
                    found.push(*sentence);
                }
                *held |= 1 << bit;
            }
        }
        if found.len() > MAX_CANDIDATES {
            found.select_nth_unstable(MAX_CANDIDATES);
            for sentence in found.drain(MAX_CANDIDATES..) {
                bits[sentence as usize] = 0;
            }
        }
        let best = self.best(bits, found);
        let closest = best.map_or_else(Match::default, |best| {
            let mine = bits[best as usize];
            let count = mine.count_ones();
            // Another sentence of the same words is the second best.
            let twin = if self.sentences[best as usize].twin { count } else { 0 };
            let (mut second, mut both) = (twin, count);
            for sentence in found.iter().filter(|s| **s != best) {
                let theirs = bits[*sentence as usize];
                second = second.max(theirs.count_ones());
                both = both.max((theirs | mine).count_ones());
            }
            let share = |n: u32| n as f32 / stems.len().clamp(1, 64) as f32;
            Match { sentence: Some(best), best: share(count), second: share(second), both: share(both) }
        });
        found.drain(..).for_each(|sentence| bits[sentence as usize] = 0);
        closest
    }

    /// The most words; of equals the shorter sentence, then the earlier one.
    fn best(&self, bits: &[u64], found: &[u32]) -> Option<u32> {
        let key = |sentence: &&u32| {
            let at = **sentence as usize;
            (bits[at].count_ones(), u32::MAX - self.sentences[at].words, u32::MAX - **sentence)
        };
        found.iter().max_by_key(key).copied()
    }
}
