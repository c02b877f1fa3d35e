//! Values that follow from what was said without having been said: sums, conversions, relative dates.

use super::known::Known;
use crate::quantity::{Date, Quantity, Value};
use crate::text::hash;

/// Constants that need not be said.
#[allow(clippy::approx_constant, reason = "as they are written in arguments")]
const CONSTANTS: [f64; 12] =
    [3.14, 3.1416, 3.14159, 2.718, 9.8, 9.81, 273.15, 6.674e-11, 8.99e9, 299_792_458.0, 3e8, 1.6e-19];
/// A larger or smaller unit of the same, whatever the unit; percent.
const SCALES: [f64; 4] = [100.0, 1e3, 1e6, 1e9];
/// Numbers that a word stands for: of a unit, how many smaller ones; how often, how many to a set.
#[rustfmt::skip]
const MEANT: &[(&str, &[f64])] = &[
    ("minute", &[60.0]), ("minutes", &[60.0]), ("min", &[60.0]), ("mins", &[60.0]),
    ("hour", &[60.0, 3600.0]), ("hours", &[60.0, 3600.0]), ("day", &[24.0, 1440.0, 86_400.0]), ("days", &[24.0, 1440.0, 86_400.0]),
    ("week", &[7.0, 168.0]), ("weeks", &[7.0, 168.0]), ("weekly", &[7.0, 52.0]), ("month", &[30.0]), ("months", &[30.0]),
    ("monthly", &[12.0]), ("quarterly", &[4.0]), ("daily", &[365.0]), ("year", &[12.0, 52.0, 365.0]), ("years", &[12.0, 52.0, 365.0]),
    ("annual", &[12.0]), ("yearly", &[12.0]), ("decade", &[10.0]), ("century", &[100.0]), ("feet", &[12.0]), ("foot", &[12.0]),
    ("ft", &[12.0]), ("gb", &[1024.0]), ("mb", &[1024.0]), ("kb", &[1024.0]), ("once", &[1.0]), ("twice", &[2.0]), ("double", &[2.0]),
    ("both", &[2.0]), ("pair", &[2.0]), ("couple", &[2.0]), ("triple", &[3.0]), ("dozen", &[12.0]), ("half", &[0.5, 2.0]),
    ("quarter", &[0.25, 4.0]), ("third", &[3.0]), ("coin", &[2.0]), ("die", &[6.0]), ("dice", &[6.0]),
    ("cards", &[52.0, 13.0, 4.0, 26.0]),
];
const MONTHS: [[&str; 2]; 12] = [
    ["january", "jan"],
    ["february", "feb"],
    ["march", "mar"],
    ["april", "apr"],
    ["may", "may"],
    ["june", "jun"],
    ["july", "jul"],
    ["august", "aug"],
    ["september", "sep"],
    ["october", "oct"],
    ["november", "nov"],
    ["december", "dec"],
];
/// From which dates are reckoned.
#[rustfmt::skip]
const RELATIVE_DAYS: [&str; 33] = [
    "today", "tomorrow", "yesterday", "tonight", "now", "current", "currently", "next", "last", "this", "upcoming", "coming",
    "weekend", "ago", "later", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "christmas", "easter",
    "birthday", "holiday", "holidays", "recent", "recently", "latest", "since", "past", "previous",
];
const RELATIVE_TIMES: [&str; 14] = [
    "now",
    "morning",
    "noon",
    "afternoon",
    "evening",
    "night",
    "tonight",
    "midnight",
    "hour",
    "hours",
    "minutes",
    "later",
    "breakfast",
    "dinner",
];

fn said_any(known: &Known<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| known.said.has_hash(hash::bytes(word.as_bytes())))
}

/// Whether the number was said, is so common that it need not be, or is calculated from ones that were.
pub(super) fn is_known_number(known: &Known<'_>, value: f64) -> bool {
    let value = value.abs();
    value <= 1.0 && value.fract() == 0.0
        || known.has_number(value)
        || CONSTANTS.contains(&value)
        || SCALES.iter().any(|scale| scaled(known, value, *scale))
        || by_word(known, value)
        || (1900.0..2100.0).contains(&value) && value.fract() == 0.0 && said_any(known, &RELATIVE_DAYS)
        || calculated(known.said.latest(), value)
}

/// Floating point leaves `0.07 * 100` beside 7.
fn round(value: f64) -> f64 {
    let digits = 1e9 / 10f64.powf(value.abs().max(1e-300).log10().floor());
    if digits.is_finite() && digits > 0.0 { (value * digits).round() / digits } else { value }
}

fn scaled(known: &Known<'_>, value: f64, scale: f64) -> bool {
    known.has_number(round(value * scale)) || known.has_number(round(value / scale))
}

/// Whether a word that was said means the number, or makes it of others: minutes of hours, inches of feet and inches.
fn by_word(known: &Known<'_>, value: f64) -> bool {
    let said = MEANT.iter().filter(|(word, _)| known.said.has_hash(hash::bytes(word.as_bytes())));
    said.flat_map(|(_, numbers)| numbers.iter()).any(|number| {
        let rest = value % number;
        let mixed = rest > 0.0
            && value > *number
            && known.has_number(rest)
            && known.has_number((value / number).floor());
        *number == value || scaled(known, value, *number) || mixed
    })
}

/// Whether it is the sum, difference or product of two of the numbers, or the sum of all.
fn calculated(numbers: &[f64], value: f64) -> bool {
    let same = |result: f64| (result - value).abs() <= value * 1e-6;
    same(numbers.iter().sum())
        || numbers.iter().enumerate().any(|(at, a)| {
            numbers[at + 1..].iter().any(|b| same(a + b) || same((a - b).abs()) || same(a * b))
        })
}

/// Whether the date or time of day was said, or may be reckoned from what was.
pub(super) fn is_known_moment(known: &Known<'_>, quantity: &Quantity) -> bool {
    let facts = known.evidence.facts();
    let as_said = facts.support(quantity).is_some();
    match quantity.value {
        Value::Date(date) => {
            let day_of_month = Quantity { value: Value::Date(Date { year: 0, ..date }), ..*quantity };
            as_said
                || said_any(known, &RELATIVE_DAYS)
                || date.month > 0 && facts.support(&day_of_month).is_some()
                || date.day > 0 && has_month(known, date.month) && known.has_number(date.day.into())
        }
        Value::Time(minutes, _) => {
            let hour = f64::from(minutes / 60);
            as_said
                || said_any(known, &RELATIVE_TIMES)
                || minutes % 60 == 0
                    && (known.has_number(hour) || known.has_number((hour + 11.0) % 12.0 + 1.0))
        }
        Value::Number(..) => as_said,
    }
}

/// Whether the month was said, by name or number.
fn has_month(known: &Known<'_>, month: u8) -> bool {
    let names = usize::from(month).checked_sub(1).and_then(|at| MONTHS.get(at));
    known.has_number(month.into()) || names.is_some_and(|names| said_any(known, names))
}
