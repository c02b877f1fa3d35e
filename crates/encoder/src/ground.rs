//! The evidence of an exchange, prepared once: tokens of its segments, and which words are in which.

use std::collections::HashMap;

use crate::tokenizer::{Token, Tokenizer, Word, words};
use crate::window::{self, Window};

/// Tokens of evidence kept; segments beyond are not seen. 256 Ki tokens are about a megabyte of English text.
const MAX_TOKENS: usize = 1 << 18;
/// Tokens of the question.
const MAX_QUESTION: usize = 24;
/// Segments shorter than this on average are facts (`key: value`) rather than prose.
const FACT: usize = 12;
/// Tokens of evidence in a window, of prose and of facts.
const ROOM: usize = 128;
const ROOM_OF_FACTS: usize = 160;
/// The vocabulary begins with the most frequent words: those before this row tell segments apart least.
const FREQUENT: u16 = 1_206;
/// What a frequent word counts, and a word that is only in the text before the sentence.
const FREQUENT_WEIGHT: f32 = 0.3;
const BEFORE_WEIGHT: f32 = 0.25;
/// What the better neighbour of a segment adds to it.
const NEIGHBOUR: f32 = 0.2;
/// Prose that scores less than this share of the best segment is left out.
const LEAST: f32 = 0.1;

/// A word: a hash of its first letters, and whether it is a frequent one.
type Term = (u32, bool);

/// Evidence prepared for one exchange. Costs time in proportion to its text: make it while the provider thinks.
#[derive(Debug, Default)]
pub struct Ground {
    question: Vec<u16>,
    /// Token ids of all segments, one after the other.
    ids: Vec<u16>,
    /// Where each segment begins in `ids`; one more at the end.
    starts: Vec<u32>,
    /// Segments by word, ascending.
    postings: HashMap<u32, Vec<u32>>,
    /// Tokens of evidence that a window has room for.
    room: usize,
}

impl Ground {
    /// Prepares a question and the segments of the evidence (sentences, or `key: value` lines) in their order.
    #[must_use]
    pub fn new<'s>(tokenizer: &Tokenizer, question: &str, segments: impl Iterator<Item = &'s str>) -> Self {
        let mut question: Vec<u16> = tokenizer.tokens(question).iter().map(|t| t.id).collect();
        question.truncate(MAX_QUESTION);
        let mut ground = Self { question, starts: vec![0], room: ROOM, ..Self::default() };
        let mut tokens = Vec::new();
        for (number, segment) in (0_u32..).zip(segments) {
            tokens.clear();
            let terms = read(tokenizer, segment, &mut tokens);
            if ground.ids.len() + tokens.len() > MAX_TOKENS {
                break;
            }
            ground.ids.extend(tokens.iter().map(|t| t.id));
            ground.starts.push(u32::try_from(ground.ids.len()).unwrap_or(u32::MAX));
            for (term, _) in terms {
                let list = ground.postings.entry(term).or_default();
                if list.last() != Some(&number) {
                    list.push(number);
                }
            }
        }
        if !ground.is_empty() && ground.ids.len() < FACT * ground.len() {
            ground.room = ROOM_OF_FACTS;
        }
        ground
    }

    /// Segments that can be shown.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether there is nothing to hold a sentence against.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The windows of a sentence: one, or several when it is long. `before` is the text of the answer before it, of which
    /// the end is shown. A sentence without any token has none.
    #[must_use]
    pub fn windows(&self, tokenizer: &Tokenizer, before: &str, sentence: &str) -> Vec<Window> {
        let mut before_tokens = Vec::new();
        let before_terms = read(tokenizer, before, &mut before_tokens);
        let mut tokens = Vec::new();
        let terms = read(tokenizer, sentence, &mut tokens);
        let terms = (terms.as_slice(), before_terms.as_slice());
        window::pieces(&tokens)
            .map(|(from, to)| {
                let lead: Vec<u16> = before_tokens.iter().chain(&tokens[..from]).map(|t| t.id).collect();
                let lead = &lead[lead.len().saturating_sub(window::MAX_BEFORE)..];
                let taken = self.question.len() + lead.len() + (to - from) + window::MARKS;
                let room = self.room.min(window::MAX_TOKENS.saturating_sub(taken));
                let shown = self.pick(self.rank(terms), room);
                let evidence = shown.iter().map(|(segment, kept)| &self.segment(*segment)[..*kept]);
                window::build(&self.question, evidence, lead, &tokens[from..to])
                    .showing(shown.iter().map(|(segment, _)| *segment).collect())
            })
            .collect()
    }

    fn segment(&self, number: u32) -> &[u16] {
        let at = number as usize;
        &self.ids[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// The segments' scores, best first.
    fn rank(&self, (terms, before): (&[Term], &[Term])) -> Vec<(u32, f32)> {
        let count = self.len();
        let mut scores = vec![0.0_f32; count];
        let in_sentence = terms.iter().map(|term| (term, 1.0));
        let only_before =
            before.iter().filter(|term| !terms.contains(term)).map(|term| (term, BEFORE_WEIGHT));
        for ((term, frequent), weight) in in_sentence.chain(only_before) {
            let Some(list) = self.postings.get(term) else { continue };
            let rarity = ((count as f32 + 1.0) / (list.len() as f32 + 0.5)).ln().max(0.05);
            let weight = weight * rarity * if *frequent { FREQUENT_WEIGHT } else { 1.0 };
            for segment in list {
                scores[*segment as usize] += weight;
            }
        }
        for (number, score) in (0_u32..).zip(&mut scores) {
            *score /= 1.0 + 0.02 * self.segment(number).len() as f32;
        }
        let near = |at: usize| {
            let left = at.checked_sub(1).map_or(0.0, |at| scores[at]);
            left.max(scores.get(at + 1).copied().unwrap_or_default())
        };
        let mut ranked: Vec<(u32, f32)> =
            (0_u32..).zip(&scores).map(|(n, score)| (n, score + NEIGHBOUR * near(n as usize))).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked
    }

    /// The best segments that fit, in their original order, with how many of their tokens are shown.
    fn pick(&self, ranked: Vec<(u32, f32)>, room: usize) -> Vec<(u32, usize)> {
        let facts = self.room == ROOM_OF_FACTS;
        let least = ranked.first().map_or(0.0, |(_, best)| best * LEAST);
        let mut left = room;
        let mut shown = Vec::new();
        for (number, score) in ranked {
            if left == 0 || !facts && (score < least || score <= 0.0) && !shown.is_empty() {
                break;
            }
            let length = self.segment(number).len();
            if length <= left {
                shown.push((number, length));
                left -= length;
            } else if left > room / 3 {
                // The beginning of a long one is better than nothing.
                shown.push((number, left));
                left = 0;
            }
        }
        shown.sort_unstable();
        shown
    }
}

/// A text's tokens, and its words as terms: a hash of the first letters, so that `opening` finds `opened`, and whether it is a
/// frequent word. Distinct, in order.
fn read(tokenizer: &Tokenizer, text: &str, tokens: &mut Vec<Token>) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    let mut before = String::new();
    words(text, |word: &Word| {
        let at = tokens.len();
        tokenizer.pieces(word, tokens);
        let letters = word.text.as_str();
        if !letters.contains(char::is_alphanumeric) {
            if letters != "-" {
                before.clear();
            }
            return;
        }
        let digits = letters.bytes().any(|b| b.is_ascii_digit());
        terms.push((term(letters), !digits && tokens.len() == at + 1 && tokens[at].id < FREQUENT));
        // `Wi-Fi` is also `WiFi`, and `take out` `takeout`.
        let short = letters.len() <= SHORT && !digits;
        if short && !before.is_empty() {
            before.push_str(letters);
            terms.push((term(&before), false));
        }
        before.clear();
        if short {
            before.push_str(letters);
        }
    });
    terms.sort_unstable();
    terms.dedup_by_key(|(term, _)| *term);
    terms
}

/// Words of no more bytes are also joined with their neighbours.
const SHORT: usize = 4;
/// Letters of a word that count; numbers count whole.
const STEM: usize = 6;

fn term(word: &str) -> u32 {
    let number = word.bytes().any(|b| b.is_ascii_digit());
    let length = if number { usize::MAX } else { STEM };
    // FNV-1a.
    let hash = word.chars().take(length).fold(0xcbf2_9ce4_8422_2325_u64, |hash, c| {
        (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash ^ (hash >> 32)) as u32
}

#[cfg(test)]
mod tests;
