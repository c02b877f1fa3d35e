//! Finds the quantities of a tokenized text.

mod calendar;
mod measure;

use super::number::{self, Word};
use super::{Precision, Quantity, Unit, Value};
use crate::text::token::word_hash;
use crate::text::{Class, Shape, Token};

/// Appends the quantities of `text` to `out`, in order and free of overlap.
pub(crate) fn scan(text: &str, tokens: &[Token], out: &mut Vec<Quantity>) {
    let first = out.len();
    let scanner = Scanner { text, tokens };
    let mut i = 0;
    while i < tokens.len() {
        let (quantity, next) = scanner.at(i);
        out.extend(quantity);
        i = next.max(i + 1);
    }
    measure::share_range_units(text, &mut out[first..]);
}

struct Scanner<'t> {
    text: &'t str,
    tokens: &'t [Token],
}

/// What was found at a token, and the token to go on with.
type Found = (Option<Quantity>, usize);

impl Scanner<'_> {
    fn at(&self, i: usize) -> Found {
        let token = &self.tokens[i];
        if token.shape == Shape::Digits {
            if self.is_identifier_part(i) {
                return (None, i + 1);
            }
            return self.numeric_date(i).or_else(|| self.clock(i)).unwrap_or_else(|| self.number(i));
        }
        if token.class.has(Class::MONTH)
            && token.is_capital()
            && let Some(found) = self.month_first(i)
        {
            return found;
        }
        if token.class.has(Class::NUMBER) {
            return self.words(i);
        }
        let named = match token.raw {
            raw if raw == const { word_hash("noon") } => Some(720),
            raw if raw == const { word_hash("midnight") } => Some(0),
            _ => None,
        };
        let quantity = named.map(|m| self.quantity(token.start, token.end, Value::Time(m, false), i));
        (quantity, i + 1)
    }

    fn quantity(&self, start: usize, end: usize, value: Value, i: usize) -> Quantity {
        Quantity {
            start,
            end,
            value,
            precision: self.precision(i),
            spelled: false,
            ordinal: false,
            slack: 0.0,
        }
    }

    fn gap(&self, i: usize) -> Option<&str> {
        let next = self.tokens.get(i + 1)?;
        Some(&self.text[self.tokens[i].end..next.start])
    }

    fn word(&self, i: usize) -> &str {
        self.tokens.get(i).map_or("", |t| t.of(self.text))
    }

    fn value(&self, i: usize) -> Option<u32> {
        let token = self.tokens.get(i).filter(|t| t.shape == Shape::Digits)?;
        token.of(self.text).parse().ok()
    }

    /// `COVID-19`, `GPT-4`: the digits belong to the name.
    fn is_identifier_part(&self, i: usize) -> bool {
        let Some(before) = i.checked_sub(1) else { return false };
        let token = &self.tokens[before];
        let word =
            token.shape != Shape::Digits && token.shape != Shape::Cjk && !token.class.has(Class::NUMBER);
        let loose = ["mid", "pre", "post", "late", "early", "since", "to"];
        word && self.gap(before).is_some_and(|g| g == "-" || g == "_" || g == "/")
            && !token.class.has(Class::MONTH)
            && !loose.iter().any(|word| word.eq_ignore_ascii_case(self.word(before)))
    }

    fn number(&self, i: usize) -> Found {
        let token = &self.tokens[i];
        let Some((mut value, mut decimals)) = number::digits(token.of(self.text)) else {
            return (None, i + 1);
        };
        let mut start = token.start;
        let before = &self.text.as_bytes()[..start];
        if before.ends_with(b".") && !before.iter().rev().nth(1).is_some_and(u8::is_ascii_alphanumeric) {
            let width = token.of(self.text).len();
            decimals = u32::try_from(width).unwrap_or(u32::MAX);
            value /= 10f64.powi(i32::try_from(width).unwrap_or(i32::MAX));
            start -= 1;
        }
        let (money, start) = self.currency_before(start);
        let mut last = i;
        let ordinal =
            matches!(self.word(i + 1), "st" | "nd" | "rd" | "th") && matches!(self.gap(i), Some("" | " "));
        if ordinal {
            last += 1;
        }
        if !money
            && (1.0..=31.0).contains(&value)
            && decimals == 0
            && let Some(found) = self.day_first(i, value as u32, last + 1)
        {
            return found;
        }
        let (fraction, fraction_last) = self.fraction_after(last);
        if fraction > 0.0 {
            value += fraction;
            last = fraction_last;
        }
        let gap = self.gap(last);
        let scale = number::scale(self.word(last + 1))
            .filter(|_| gap == Some("") || gap == Some(" ") && self.word(last + 1).len() > 3)
            .filter(|_| !ordinal);
        if scale.is_some() {
            last += 1;
        }
        let mut end = self.tokens[last].end;
        if fraction > 0.0 && fraction_last == i {
            let rest = &self.text[end..];
            let spaces = rest.len() - rest.trim_start_matches(' ').len();
            end += spaces + rest[spaces..].chars().next().map_or(0, char::len_utf8);
        }
        let (unit, unit_end) = self.unit_after(last);
        end = end.max(unit_end);
        let unit = if money { Unit::MONEY } else { unit };
        let mut precision = self.precision(i);
        if self.text[end..].starts_with('+') {
            precision = Precision::Above;
        }
        let scale_factor = scale.unwrap_or(1.0);
        let slack = if scale.is_some() || decimals > 0 {
            0.5 * 10f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX)) * scale_factor
        } else if precision == Precision::Exact {
            0.0
        } else {
            0.5 * last_digit(value)
        };
        let value = Value::Number(value * scale_factor, unit);
        (Some(Quantity { start, end, value, precision, spelled: false, ordinal, slack }), last + 1)
    }

    /// `1/2` in `5 1/2`, `½` in `5½`: the value, and the token it ends with.
    fn fraction_after(&self, last: usize) -> (f64, usize) {
        let rest = &self.text[self.tokens[last].end..];
        let vulgar = match rest.trim_start_matches(' ').chars().next() {
            Some('½') => 0.5,
            Some('¼') => 0.25,
            Some('¾') => 0.75,
            Some('⅓') => 1.0 / 3.0,
            Some('⅔') => 2.0 / 3.0,
            _ => 0.0,
        };
        if vulgar > 0.0 {
            return (vulgar, last);
        }
        let spaced = matches!(self.gap(last), Some(" " | "-" | " and "));
        let found =
            if spaced && self.gap(last + 1) == Some("/") { self.fraction(last + 1, "/") } else { None };
        match found {
            Some((Some(Quantity { value: Value::Number(value, _), .. }), next)) => (value, next - 1),
            _ => (0.0, last),
        }
    }

    /// `three`, `twenty-five`, `two hundred and ten thousand`.
    fn words(&self, i: usize) -> Found {
        let (mut total, mut group, mut last, mut any, mut scaled) = (0.0, 0.0, i, false, false);
        let mut at = i;
        while let Some(token) = self.tokens.get(at) {
            if at > i {
                let joined = self.gap(at - 1).is_some_and(|g| g == " " || g == "-");
                if !joined {
                    break;
                }
            }
            let and = token.raw == const { word_hash("and") };
            match number::word(token.raw) {
                Some(Word::Unit(_)) if any && group != 0.0 && group % 10.0 != 0.0 => break,
                Some(Word::Unit(n)) => group += n,
                Some(Word::Hundred) => group = if group == 0.0 { 100.0 } else { group * 100.0 },
                Some(Word::Scale(factor)) => {
                    total += if group == 0.0 { 1.0 } else { group } * factor;
                    group = 0.0;
                    scaled = true;
                }
                None if and && any && (scaled || group >= 100.0) => {
                    at += 1;
                    continue;
                }
                None => break,
            }
            any = true;
            last = at;
            at += 1;
        }
        if !any {
            return (None, i + 1);
        }
        let value = total + group;
        let (unit, unit_end) = self.unit_after(last);
        let precision = self.precision(i);
        let slack = if scaled || precision != Precision::Exact { 0.5 * last_digit(value) } else { 0.0 };
        let end = self.tokens[last].end.max(unit_end);
        let quantity = Quantity {
            start: self.tokens[i].start,
            end,
            value: Value::Number(value, unit),
            precision,
            spelled: true,
            ordinal: false,
            slack,
        };
        (Some(quantity), last + 1)
    }
}

/// The place value of the last digit that is not zero: 1,200 → 100.
fn last_digit(value: f64) -> f64 {
    let mut place = 1.0;
    while value >= place * 10.0 && value % (place * 10.0) == 0.0 && place < 1e15 {
        place *= 10.0;
    }
    place
}
