//! Names in an answer: runs of capitalised words that are not capitalised for another reason.

use crate::claims::{Claim, Form};
use crate::text::{Class, Shape, Token};

/// A run of tokens that reads as a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// First token.
    pub first: usize,
    /// Last token.
    pub last: usize,
    /// It opens the sentence, so that its first capital may mean nothing.
    pub initial: bool,
}

/// Small words inside names: `Bank of America`, `Rio de Janeiro`.
const LINKS: [&str; 12] = ["of", "de", "la", "del", "du", "di", "da", "van", "von", "the", "al", "for"];

/// Share of capitalised words from which on a line is in title case.
const TITLE_CASE: f32 = 0.75;

/// Appends the names of a claim to `found`.
pub(crate) fn find(claim: &Claim, tokens: &[Token], found: &mut Vec<Name>) {
    let text = claim.text.as_str();
    if is_title_case(text, tokens) {
        return;
    }
    let from = label_end(claim, tokens);
    let mut i = from;
    while i < tokens.len() {
        let glued = text[..tokens[i].start].ends_with(|c: char| c.is_ascii_digit());
        if !starts_name(&tokens[i]) || glued {
            i += 1;
            continue;
        }
        let mut last = i;
        while let Some(next) = continuation(text, tokens, last) {
            last = next;
        }
        found.push(Name { first: i, last, initial: is_initial(text, tokens, i, from) });
        i = last + 1;
    }
}

fn starts_name(token: &Token) -> bool {
    token.is_capital() || token.shape == Shape::Mixed
}

/// The token that continues a name after token `last`.
fn continuation(text: &str, tokens: &[Token], last: usize) -> Option<usize> {
    let next = tokens.get(last + 1)?;
    let gap = &text[tokens[last].end..next.start];
    // A full stop only follows an initial.
    let initial = tokens[last].end - tokens[last].start == 1;
    let joins = matches!(gap, " " | "-" | "'" | "’" | " & ") || (gap == ". " && initial);
    if !joins {
        return None;
    }
    if starts_name(next) {
        return Some(last + 1);
    }
    let after = tokens.get(last + 2)?;
    let linked = gap == " "
        && LINKS.contains(&next.of(text))
        && &text[next.end..after.start] == " "
        && starts_name(after)
        && !after.class.has(Class::STOP);
    linked.then_some(last + 2)
}

/// Whether the line is in title case: most of its telling words are capitalised, and when it ends as a sentence does, nearly all
/// of its words are.
fn is_title_case(text: &str, tokens: &[Token]) -> bool {
    let sentence = text.trim_end().ends_with(['.', '!', '?']);
    let counted = |t: &&Token| (sentence || t.is_content()) && !matches!(t.shape, Shape::Digits | Shape::Cjk);
    let (capitals, all) =
        tokens.iter().filter(counted).fold((0, 0), |(c, n), t| (c + usize::from(t.is_capital()), n + 1));
    all >= 4 && capitals as f32 / all as f32 >= TITLE_CASE
}

/// The first token after a label: `**Short sale:** the lender …`, `Wi-Fi: yes`.
fn label_end(claim: &Claim, tokens: &[Token]) -> usize {
    let text = claim.text.as_str();
    let labelled = claim.form == Form::Item || text.starts_with("**");
    match text.find(':').filter(|at| *at < 80 && labelled) {
        Some(colon) => tokens.iter().position(|t| t.start > colon).unwrap_or(tokens.len()),
        None => 0,
    }
}

/// Whether a capital at that token is owed to the sentence, a quotation or a clause that begins there.
fn is_initial(text: &str, tokens: &[Token], i: usize, from: usize) -> bool {
    let before = text[..tokens[i].start].trim_end();
    let opener = text[..tokens[i].start].ends_with(['"', '“', '‘', '(', '*', '_', '[']);
    i == from
        || opener
        || before.is_empty()
        || before.ends_with([':', '.', '!', '?', '|', '–', '—', ';'])
        || before.ends_with(" -")
}
