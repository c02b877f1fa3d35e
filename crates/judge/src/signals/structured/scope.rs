//! How far a negation reaches.

use crate::text::token::{word_hash, word_hashes};
use crate::text::{Class, Token};

/// Words that turn a sentence round.
#[rustfmt::skip]
const TURNS: [u32; 8] = word_hashes(["but", "however", "although", "while", "though", "despite", "yet", "instead"]);
/// Words with which a new statement begins after `and` or a comma.
#[rustfmt::skip]
const STARTS: [u32; 23] = word_hashes(["is", "are", "has", "have", "offers", "offer", "provides", "provide", "accepts", "serves", "features", "there", "they", "it", "does", "do", "the", "customers", "you", "allows", "includes", "which", "takes",]);

/// Words before the last item of an enumeration.
const CLOSERS: [u32; 3] = word_hashes(["or", "nor", "and"]);
const BEING: [u32; 4] = word_hashes(["is", "are", "was", "were"]);

/// Whether a negation governs the tokens `first..=last`.
pub(super) fn is_negated(text: &str, tokens: &[Token], first: usize, last: usize) -> bool {
    before(text, tokens, first) || after(text, tokens, last)
}

/// A negation before, with nothing between that ends its reach.
fn before(text: &str, tokens: &[Token], first: usize) -> bool {
    for i in (0..first).rev().take(16) {
        let rather = tokens[i].raw == const { word_hash("than") }
            && i > 0
            && tokens[i - 1].raw == const { word_hash("rather") };
        if tokens[i].class.has(Class::NEGATION) || rather {
            return true;
        }
        let next = &tokens[i + 1];
        let gap = &text[tokens[i].end..next.start];
        if tokens[i].is_in(&TURNS) || gap.contains([';', '.', ':', '(', ')']) {
            return false;
        }
        let and = tokens[i].raw == const { word_hash("and") };
        let starts = |t: &Token| t.is_in(&STARTS);
        if and && starts(next) || gap.contains(',') && !in_list(tokens, i + 1) {
            return false;
        }
    }
    false
}

/// Whether a comma before token `at` stands in an enumeration that the negation opened: "no valet, garage, or lot parking".
fn in_list(tokens: &[Token], at: usize) -> bool {
    let closes = |t: &Token| t.is_in(&CLOSERS);
    let starts = |t: &Token| t.is_in(&STARTS);
    let listed = tokens[at..].iter().take(9).take_while(|t| !starts(t)).position(closes);
    // "no bar, and it has seating" closes no list.
    listed.is_some_and(|p| tokens[at + p + 1..].iter().take(2).all(|t| !starts(t)))
}

/// `… is not available`, `garage, street, and valet parking are not`: the first verb after is negated, and no verb before it
/// already governs the words.
fn after(text: &str, tokens: &[Token], last: usize) -> bool {
    let starts = |t: &Token| t.is_in(&STARTS);
    let turns = |t: &Token| t.is_in(&TURNS);
    let governed = tokens[..last].iter().rev().take_while(|t| !turns(t)).any(starts);
    for i in last + 1..(last + 12).min(tokens.len()) {
        let gap = &text[tokens[i - 1].end..tokens[i].start];
        if gap.contains(':') {
            // `WiFi: not available`
            return tokens[i].class.has(Class::NEGATION);
        }
        if gap.contains([';', '.', '(']) || governed && gap.contains(',') {
            return false;
        }
        let negated = tokens[i].class.has(Class::NEGATION);
        if tokens[i].is_in(&BEING) {
            return tokens.get(i + 1).is_some_and(|next| next.class.has(Class::NEGATION));
        }
        if negated || turns(&tokens[i]) || starts(&tokens[i]) {
            return negated && i - last <= 2;
        }
    }
    false
}
