//! Whether a full stop ends a sentence.

use crate::text::chars;

/// Abbreviations that a sentence never ends with before a capital letter.
const TITLES: [&str; 40] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "vs", "fig", "figs", "vol", "approx", "cf", "gen", "sen", "rep",
    "gov", "lt", "col", "sgt", "capt", "jan", "feb", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov",
    "dec", "dept", "mt", "ft", "rev", "hon", "messrs", "eq", "sec", "ed",
];
/// Abbreviations only before a number.
const BEFORE_NUMBERS: [&str; 6] = ["no", "nos", "p", "pp", "art", "ch"];

/// Bytes of the longest abbreviation.
const LONGEST: usize = "approx".len();
/// Bytes of a word that are looked at, from its end.
const MAX_WORD: usize = 64;

/// Words after which a single capital is the initial of a name.
const BEFORE_NAMES: [&str; 9] = ["and", "by", "with", "from", "to", "for", "of", "or", "as"];

/// Whether `terminator`, after `before` (the text since the sentence began) and before `next` (the first character that is
/// not a space), ends the sentence. `line_start`: the sentence began a line.
pub(crate) fn ends_sentence(before: &str, terminator: char, next: char, line_start: bool) -> bool {
    if matches!(next, ',' | ';' | ':') {
        return false;
    }
    if terminator != '.' {
        return !next.is_lowercase();
    }
    if next.is_lowercase() {
        return false;
    }
    let near = chars::floor(before, before.len().saturating_sub(MAX_WORD));
    let word_start = before[near..]
        .rfind(|c: char| !(c.is_alphanumeric() || c == '.'))
        .map_or(near, |at| near + at + before[near + at..].chars().next().map_or(1, char::len_utf8));
    let (lead, word) = (before[..word_start].trim_end(), &before[word_start..]);
    if word.is_empty() {
        return true;
    }
    if word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit()) {
        // `1.` opens a list item; `in the year 5.` ends a sentence.
        return !(lead.is_empty() || lead.ends_with([':', ';', '\n']));
    }
    let mut letters = word.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        if lead.is_empty() {
            return !(letter.is_uppercase() || line_start);
        }
        // `George W. Bush`, `and J. K. Rowling`, but `take vitamin C. It helps`.
        let word_before = lead.rsplit(char::is_whitespace).next().unwrap_or_default();
        let named = word_before.starts_with(char::is_uppercase) || BEFORE_NAMES.contains(&word_before);
        return !(letter.is_uppercase() && named) || letter == 'I';
    }
    if word.contains('.') {
        // `a.m.` and `p.m.` may end a sentence; `U.S.`, `e.g.` and host names do not before a capital.
        return ["a.m", "p.m"].iter().any(|half| half.eq_ignore_ascii_case(word))
            || word.rsplit('.').next().is_some_and(|part| part.len() > 3);
    }
    if is_in(&TITLES, word) {
        return false;
    }
    !(is_in(&BEFORE_NUMBERS, word) && next.is_ascii_digit())
}

fn is_in(list: &[&str], word: &str) -> bool {
    word.len() <= LONGEST && list.iter().any(|known| known.eq_ignore_ascii_case(word))
}
