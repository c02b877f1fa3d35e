//! Names that the evidence does not hold.

use std::sync::LazyLock;

use super::names::Name;
use super::{Analysis, Finding, Rule};
use crate::evidence::Evidence;
use crate::text::table::Table;
use crate::text::token::{word_hash, word_hashes};
use crate::text::{Class, Shape, Token, hash};

/// Adds a finding for every name with unknown words.
pub(crate) fn find(analysis: &Analysis<'_>, evidence: &Evidence, out: &mut Vec<Finding>) {
    for name in &analysis.names {
        out.extend(judge(analysis, evidence, name));
    }
    calendar(analysis, evidence, out);
}

/// Words of the name that the evidence does not know, and whether none is known.
pub(crate) fn unknown(
    analysis: &Analysis<'_>,
    evidence: &Evidence,
    name: &Name,
) -> Option<(usize, usize, bool)> {
    let tokens = &analysis.tokens[name.first..=name.last];
    let significant = |t: &Token| {
        t.is_content()
            && !t.class.has(Class::PLAIN_CAPITAL)
            && !t.class.has(Class::MONTH)
            && !t.class.has(Class::WEEKDAY)
    };
    let foreign = |i: &usize| significant(&tokens[*i]) && !known(analysis, evidence, name.first + i);
    let first = (0..tokens.len()).find(foreign)?;
    let last = (0..tokens.len()).rev().find(foreign)?;
    let whole = (0..tokens.len()).filter(|i| significant(&tokens[*i])).all(|i| foreign(&i));
    if abbreviated(analysis, evidence, name) {
        return None;
    }
    Some((name.first + first, name.first + last, whole))
}

fn judge(analysis: &Analysis<'_>, evidence: &Evidence, name: &Name) -> Option<Finding> {
    let (first, last, whole) = unknown(analysis, evidence, name)?;
    let tokens = &analysis.tokens;
    let single = first == last;
    // One capital at the beginning of a sentence says nothing; an acronym or a name of several words does.
    if name.initial && first == name.first && single && tokens[first].shape == Shape::Capital {
        return None;
    }
    if single && tokens[first].class.has(Class::DEMONYM) {
        return None;
    }
    let rule = if whole && (!single || tokens[first].shape != Shape::Upper) {
        Rule::NameAbsent
    } else {
        Rule::NamePartAbsent
    };
    Some(Finding { start: tokens[first].start, end: tokens[last].end, rule, evidence: None })
}

/// Whether the evidence knows the word in one of the forms a name takes.
fn known(analysis: &Analysis<'_>, evidence: &Evidence, i: usize) -> bool {
    let index = evidence.index();
    let (text, token) = (analysis.text, &analysis.tokens[i]);
    if analysis.known[i] || token.end - token.start == 1 {
        return true;
    }
    let word = token.of(text);
    // `Wi-Fi` for `WiFi`.
    let joined = |a: &Token, b: &Token| {
        text[a.end..b.start] == *"-" && index.has_raw(hash::spelled(a.of(text), b.of(text)))
    };
    let tokens = &analysis.tokens;
    if tokens.get(i + 1).is_some_and(|next| joined(token, next)) || i > 0 && joined(&tokens[i - 1], token) {
        return true;
    }
    if aliases(&word.to_lowercase()).any(|alias| alias.split(' ').all(|part| index.has_raw(word_hash(part))))
    {
        return true;
    }
    // `CDC` for "Centers for Disease Control", `SSDs` for "solid-state drives".
    let letters = word.strip_suffix('s').unwrap_or(word).trim_end_matches(['\'', '’']);
    let capitals: String =
        letters.chars().filter(char::is_ascii_uppercase).map(|c| c.to_ascii_lowercase()).collect();
    if (2..=6).contains(&capitals.len()) && letters.len() <= capitals.len() + 2 {
        let lower = letters.to_ascii_lowercase();
        let shorter = lower.get(..lower.len().saturating_sub(1)).filter(|s| s.len() >= 4);
        return index.has_initials(&capitals)
            || index.has_raw(hash::bytes(lower.as_bytes()))
            || shorter.is_some_and(|s| index.has_raw(hash::bytes(s.as_bytes())))
            || spelled_out(analysis, i, &capitals);
    }
    // `Texan` for Texas, `Hinduism` for Hindu, `Senators` for the Senate.
    let derived = ["an", "ans", "ese", "ish", "i", "is", "ism", "ist", "ists", "ity", "or", "ors", "ce"];
    let lower = word.to_ascii_lowercase();
    derived.iter().any(|suffix| lower.ends_with(suffix)) && index.has_root(&lower)
}

/// "Required minimum distributions (RMDs)": the answer itself says what the letters stand for.
fn spelled_out(analysis: &Analysis<'_>, i: usize, capitals: &str) -> bool {
    let words = analysis.tokens[..i]
        .iter()
        .rev()
        .take(capitals.len())
        .filter_map(|t| t.of(analysis.text).chars().next());
    let initials: String = words.map(|c| c.to_ascii_lowercase()).collect();
    analysis.text[..analysis.tokens[i].start].ends_with('(') && initials.chars().rev().eq(capitals.chars())
}

/// Whether the evidence has the acronym of the name's words.
fn abbreviated(analysis: &Analysis<'_>, evidence: &Evidence, name: &Name) -> bool {
    let tokens = &analysis.tokens[name.first..=name.last];
    if tokens.len() < 2 {
        return false;
    }
    let phrase = &analysis.text[tokens[0].start..tokens[tokens.len() - 1].end];
    if aliases(&phrase.to_lowercase())
        .any(|alias| alias.split(' ').all(|part| evidence.index().has_raw(word_hash(part))))
    {
        return true;
    }
    let initials = |content_only: bool| {
        let mut letters = String::new();
        for token in tokens.iter().filter(|t| !content_only || t.is_content()) {
            letters.extend(token.of(analysis.text).chars().next().map(|c| c.to_ascii_lowercase()));
        }
        letters
    };
    [initials(true), initials(false)]
        .iter()
        .any(|a| a.len() >= 2 && evidence.index().has_raw(hash::bytes(a.as_bytes())))
}

/// Months and days that the evidence does not mention in any form.
fn calendar(analysis: &Analysis<'_>, evidence: &Evidence, out: &mut Vec<Finding>) {
    let index = evidence.index();
    for (token, known) in analysis.tokens.iter().zip(&analysis.known) {
        let day = token.class.has(Class::WEEKDAY) && token.end - token.start >= 6;
        let month = token.class.has(Class::MONTH)
            && token.end - token.start >= 4
            && token.raw != const { word_hash("march") };
        if !(day || month) || !token.is_capital() || *known {
            continue;
        }
        let text = token.of(analysis.text).to_lowercase();
        if index.has_raw(word_hash(&text[..3])) || in_quantity(analysis, token) {
            continue;
        }
        let number = crate::quantity::date::month(token.raw);
        if number.is_some_and(|month| evidence.facts().has_month(month))
            || day && DAY_RANGES.iter().any(|word| index.has_raw(*word))
        {
            continue;
        }
        out.push(Finding { start: token.start, end: token.end, rule: Rule::CalendarAbsent, evidence: None });
    }
}

/// Dates are the business of the numbers signal.
fn in_quantity(analysis: &Analysis<'_>, token: &Token) -> bool {
    analysis.quantities.iter().any(|q| q.start <= token.start && token.end <= q.end)
}

/// Words of day ranges ("Mon-Fri", "daily"), which hold days without naming them.
const DAY_RANGES: [u32; 10] = word_hashes([
    "mon", "fri", "monday", "friday", "daily", "weekdays", "weekday", "weekend", "weekends", "week",
]);

/// Other spellings of a name.
fn aliases(word: &str) -> impl Iterator<Item = &'static str> {
    let any = ALIASED.get(hash::bytes(word.as_bytes())).is_some();
    let forms = ALIASES.iter().filter(move |(a, b)| any && (*a == word || *b == word));
    forms.map(move |(a, b)| if *a == word { *b } else { *a })
}

/// The names with other spellings.
static ALIASED: LazyLock<Table<()>> = LazyLock::new(|| {
    let names = ALIASES.iter().flat_map(|(a, b)| [*a, *b]);
    Table::new(names.map(|name| (hash::bytes(name.as_bytes()), ())).collect())
});

/// States, countries and a few names of which both forms are common.
#[rustfmt::skip]
const ALIASES: &[(&str, &str)] = &[
    ("al", "alabama"), ("ak", "alaska"), ("az", "arizona"), ("ar", "arkansas"), ("ca", "california"), ("co", "colorado"),
    ("ct", "connecticut"), ("de", "delaware"), ("fl", "florida"), ("ga", "georgia"), ("hi", "hawaii"), ("id", "idaho"),
    ("il", "illinois"), ("in", "indiana"), ("ia", "iowa"), ("ks", "kansas"), ("ky", "kentucky"), ("la", "louisiana"),
    ("me", "maine"), ("md", "maryland"), ("ma", "massachusetts"), ("mi", "michigan"), ("mn", "minnesota"),
    ("ms", "mississippi"), ("mo", "missouri"), ("mt", "montana"), ("ne", "nebraska"), ("nv", "nevada"),
    ("nj", "new jersey"), ("nm", "new mexico"), ("ny", "new york"), ("nc", "north carolina"), ("nd", "north dakota"),
    ("oh", "ohio"), ("ok", "oklahoma"), ("or", "oregon"), ("pa", "pennsylvania"), ("sc", "south carolina"),
    ("sd", "south dakota"), ("tn", "tennessee"), ("tx", "texas"), ("ut", "utah"), ("vt", "vermont"), ("va", "virginia"),
    ("wa", "washington"), ("wv", "west virginia"), ("wi", "wisconsin"), ("wy", "wyoming"), ("us", "united states"),
    ("usa", "united states"), ("uk", "united kingdom"), ("eu", "european union"), ("un", "united nations"),
    ("america", "united states"), ("britain", "united kingdom"), ("american", "america"), ("british", "britain"),
    ("wifi", "wireless"), ("wi", "wifi"), ("fi", "wifi"), ("wi", "wireless"), ("fi", "wireless"), ("tvs", "tv"), ("tvs", "television"), ("isil", "isis"), ("america", "us"), ("american", "us"), ("americans", "america"), ("united states", "america"), ("united states", "u s"), ("la", "los angeles"), ("nyc", "new york"), ("dc", "washington"), ("tv", "television"),
];
