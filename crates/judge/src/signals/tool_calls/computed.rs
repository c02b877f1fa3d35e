//! Values that follow from what was said without having been said: sums, conversions, relative dates.

use super::known::Known;
use crate::quantity::{Date, Quantity, Value};
use crate::text::hash;

/// Constants that need not be said.
const CONSTANTS: [f64; 12] =
    [3.14, 3.1416, 3.14159, 2.718, 9.8, 9.81, 273.15, 6.674e-11, 8.99e9, 299_792_458.0, 3e8, 1.6e-19];
/// A larger or smaller unit of the same, whatever the unit.
const SCALES: [f64; 5] = [10.0, 100.0, 1e3, 1e6, 1e9];
/// Of units that are said, how many of a smaller one they are.
#[rustfmt::skip]
const UNITS: [(&str, &[f64]); 22] = [
    ("minute", &[60.0]), ("minutes", &[60.0]), ("min", &[60.0]), ("mins", &[60.0]),
    ("hour", &[60.0, 3600.0]), ("hours", &[60.0, 3600.0]), ("day", &[24.0, 1440.0, 86_400.0]), ("days", &[24.0, 1440.0, 86_400.0]),
    ("week", &[7.0, 168.0]), ("weeks", &[7.0, 168.0]), ("weekly", &[7.0]), ("month", &[30.0]), ("months", &[30.0]),
    ("year", &[12.0, 52.0, 365.0]), ("years", &[12.0, 52.0, 365.0]), ("annual", &[12.0]), ("yearly", &[12.0]),
    ("decade", &[10.0]), ("dozen", &[12.0]), ("feet", &[12.0]), ("foot", &[12.0]), ("gb", &[1024.0]),
];
/// From which dates are reckoned.
#[rustfmt::skip]
const RELATIVE_DAYS: [&str; 33] = [
    "today", "tomorrow", "yesterday", "tonight", "now", "current", "currently", "next", "last", "this", "upcoming", "coming",
    "weekend", "ago", "later", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "christmas", "easter",
    "birthday", "holiday", "holidays", "recent", "recently", "latest", "since", "past", "previous",
];
const RELATIVE_TIMES: [&str; 14] = [
    "now", "morning", "noon", "afternoon", "evening", "night", "tonight", "midnight", "hour", "hours", "minutes", "later",
    "breakfast", "dinner",
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
        || by_unit(known, value)
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

fn by_unit(known: &Known<'_>, value: f64) -> bool {
    let units = UNITS.iter().filter(|(unit, _)| known.said.has_hash(hash::bytes(unit.as_bytes())));
    units.flat_map(|(_, factors)| factors.iter()).any(|factor| *factor == value || scaled(known, value, *factor))
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
                || date.day > 0 && facts.has_month(date.month) && known.has_number(date.day.into())
        }
        Value::Time(minutes, _) => {
            let hour = f64::from(minutes / 60);
            as_said
                || said_any(known, &RELATIVE_TIMES)
                || minutes % 60 == 0 && (known.has_number(hour) || known.has_number((hour + 11.0) % 12.0 + 1.0))
        }
        Value::Number(..) => as_said,
    }
}
