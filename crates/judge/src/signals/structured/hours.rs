//! Opening hours in words against opening hours as data (`"Monday": "11:0-17:0"`).

use crate::evidence::Evidence;
use crate::quantity::{Value, time};
use crate::signals::{Analysis, Finding, Rule};
use crate::text::Token;
use crate::text::token::word_hashes;
use crate::verdict::EvidenceRef;

const DAYS: [[u32; 4]; 7] = [
    word_hashes(["monday", "mondays", "mon", "mon"]),
    word_hashes(["tuesday", "tuesdays", "tue", "tues"]),
    word_hashes(["wednesday", "wednesdays", "wed", "weds"]),
    word_hashes(["thursday", "thursdays", "thu", "thurs"]),
    word_hashes(["friday", "fridays", "fri", "fri"]),
    word_hashes(["saturday", "saturdays", "sat", "sat"]),
    word_hashes(["sunday", "sundays", "sun", "sun"]),
];
/// Words that leave open which hours hold when.
const VAGUE: [u32; 7] =
    word_hashes(["vary", "varies", "varying", "between", "most", "depending", "extended"]);

const LONGER: [u32; 2] = word_hashes(["extended", "longer"]);
const HOURS: [u32; 2] = word_hashes(["hours", "hour"]);

/// `daily`, `every day`, `seven days a week`.
const EVERY: [u32; 6] = word_hashes(["daily", "everyday", "every", "each", "seven", "7"]);
const DAY: [u32; 2] = word_hashes(["day", "days"]);
const WEEKDAYS: [u32; 2] = word_hashes(["weekday", "weekdays"]);
const WEEKENDS: [u32; 2] = word_hashes(["weekend", "weekends"]);

/// Days as a set of bits, Monday first.
type Days = u8;
const ALL: Days = 0b111_1111;

/// Opening and closing time; `true`: the half of the day is open.
type Span = ((u16, bool), (u16, bool));

/// What stands in a sentence, in order.
#[derive(Clone, Copy)]
enum Part {
    /// A set of days, named together.
    Days(Days),
    /// `11 am to 5 pm`, with its bytes.
    Hours(Span, usize, usize),
    /// A time that is no pair: what it belongs to is left alone.
    Time,
}

/// A finding when the hours that a sentence gives differ from the data.
pub(super) fn differ(analysis: &Analysis<'_>, evidence: &Evidence) -> Option<Finding> {
    let hours = evidence.attributes().hours();
    if hours.iter().all(Option::is_none) {
        return None;
    }
    if let Some(finding) = not_extended(analysis, hours) {
        return Some(finding);
    }
    if analysis.tokens.iter().any(|t| t.is_in(&VAGUE)) {
        return None;
    }
    let parts = parts(analysis);
    let first_is_days = matches!(parts.first(), Some(Part::Days(_)));
    let pairs = parts.iter().filter(|p| matches!(p, Part::Hours(..))).count();
    let mut days_named = false;
    for (i, part) in parts.iter().enumerate() {
        let Part::Hours(said, start, end) = *part else {
            days_named |= matches!(part, Part::Days(_));
            continue;
        };
        // "Monday to Friday 9 to 5, Saturday 10 to 2" or "9 to 5 on weekdays and 10 to 2 on Saturday".
        let neighbour =
            if first_is_days { i.checked_sub(1).map(|b| parts[b]) } else { parts.get(i + 1).copied() };
        let days = match neighbour {
            Some(Part::Days(days)) => days,
            _ if pairs == 1 && !days_named => 0,
            _ => continue,
        };
        let agrees = |given: &Option<(Span, EvidenceRef)>| {
            given.as_ref().is_some_and(|(g, _)| time::same(g.0, said.0) && time::same(g.1, said.1))
        };
        // Midnight to midnight stands for "unknown" as often as for "always open".
        let known = |given: &Option<(Span, EvidenceRef)>| given.as_ref().is_none_or(|(g, _)| g.0.0 != g.1.0);
        let wrong = if days == 0 {
            !hours.iter().any(agrees) && hours.iter().any(|h| h.is_some() && known(h))
        } else {
            (0..7).any(|day| days & (1 << day) != 0 && known(&hours[day]) && !agrees(&hours[day]))
        };
        if wrong {
            let place = (0..7)
                .find(|day| days & (1 << day) != 0 && !agrees(&hours[*day]))
                .and_then(|day| hours[day].as_ref());
            let evidence = place.or_else(|| hours.iter().flatten().next()).map(|(_, place)| place.clone());
            return Some(Finding { start, end, rule: Rule::HoursDiffer, evidence });
        }
    }
    None
}

/// "Extended hours on weekends" when one of these days is not open longer than the shortest of the others.
fn not_extended(analysis: &Analysis<'_>, hours: &[Option<(Span, EvidenceRef)>; 7]) -> Option<Finding> {
    let tokens = &analysis.tokens;
    let first = tokens.windows(2).position(|t| t[0].is_in(&LONGER) && t[1].is_in(&HOURS))?;
    let (start, near) = (tokens[first].start, &tokens[first + 2..tokens.len().min(first + 8)]);
    // "extended hours until 9 pm on Friday" is read by its times.
    if analysis.quantities.iter().any(|q| q.start > start && matches!(q.value, Value::Time(..))) {
        return None;
    }
    let named = days(analysis.text, near).into_iter().fold(0, |set, (_, days)| set | days);
    // Past midnight a day closes on the next one; the same time twice stands for "unknown".
    let open = |(span, _): &(Span, EvidenceRef)| (span.1.0 + 24 * 60 - span.0.0) % (24 * 60);
    let length = |day: usize| hours[day].as_ref().map(open).filter(|minutes| *minutes > 0);
    let is_named = |day: &usize| named & (1 << *day) != 0;
    let shortest = (0..7).filter(|day| !is_named(day)).filter_map(length).min()?;
    let wrong =
        (0..7).filter(is_named).find(|day| length(*day).is_some_and(|minutes| minutes <= shortest))?;
    let end = near.iter().rev().find(|t| !days(analysis.text, std::slice::from_ref(t)).is_empty())?.end;
    let evidence = hours[wrong].as_ref().map(|(_, place)| place.clone());
    Some(Finding { start, end, rule: Rule::HoursDiffer, evidence })
}

/// The days and hours of a sentence, in order.
fn parts(analysis: &Analysis<'_>) -> Vec<Part> {
    let text = analysis.text;
    let mut found: Vec<(usize, Part)> = Vec::new();
    let times: Vec<(usize, usize, (u16, bool))> = analysis
        .quantities
        .iter()
        .filter_map(|q| {
            if let Value::Time(minutes, open) = q.value {
                Some((q.start, q.end, (minutes, open)))
            } else {
                None
            }
        })
        .collect();
    let mut i = 0;
    while i + 1 < times.len() {
        let (open, close) = (times[i], times[i + 1]);
        let between = text[open.1..close.0].trim();
        if matches!(between, "-" | "–" | "—" | "to" | "until" | "till" | "through" | "and") {
            found.push((open.0, Part::Hours((open.2, close.2), open.0, close.1)));
            i += 2;
        } else {
            found.push((open.0, Part::Time));
            i += 1;
        }
    }
    found.extend(times.get(i).map(|t| (t.0, Part::Time)));
    if found.is_empty() {
        return Vec::new();
    }
    for (at, days) in days(text, &analysis.tokens) {
        found.push((at, Part::Days(days)));
    }
    found.sort_by_key(|(at, _)| *at);
    // Days named one after another are one set.
    let mut parts: Vec<Part> = Vec::new();
    for (_, part) in found {
        match (parts.last_mut(), part) {
            (Some(Part::Days(set)), Part::Days(more)) => *set |= more,
            _ => parts.push(part),
        }
    }
    parts
}

/// Days and ranges of days, with the byte where they stand.
fn days(text: &str, tokens: &[Token]) -> Vec<(usize, Days)> {
    let mut found = Vec::new();
    let mut before: Option<(usize, usize)> = None;
    for (i, token) in tokens.iter().enumerate() {
        let next = tokens.get(i + 1).map_or(0, |t| t.raw);
        let set = match token.raw {
            raw if EVERY[..2].contains(&raw)
                || EVERY[2..4].contains(&raw) && next == DAY[0]
                || EVERY[4..].contains(&raw) && next == DAY[1] =>
            {
                ALL
            }
            raw if WEEKDAYS.contains(&raw) => 0b001_1111,
            raw if WEEKENDS.contains(&raw) => 0b110_0000,
            _ => 0,
        };
        if set != 0 {
            found.push((token.start, set));
        }
        let Some(day) = DAYS.iter().position(|names| names.contains(&token.raw)) else {
            continue;
        };
        found.push((token.start, 1 << day));
        if let Some((from, end)) = before {
            let between = text[end..token.start].trim();
            if matches!(between, "-" | "–" | "—" | "to" | "through" | "thru") {
                let mut at = from;
                while at != day {
                    found.push((token.start, 1 << at));
                    at = (at + 1) % 7;
                }
            }
        }
        before = Some((day, token.end));
    }
    found
}

/// `11:0-17:0` as opening and closing time.
pub(crate) fn read(value: &str) -> Option<Span> {
    let (open, close) = value.split_once('-')?;
    Some(((time::clock(open.trim())?, false), (time::clock(close.trim())?, false)))
}

/// The day that a key names.
pub(crate) fn day(raw: u32) -> Option<usize> {
    DAYS.iter().position(|names| names.contains(&raw))
}
