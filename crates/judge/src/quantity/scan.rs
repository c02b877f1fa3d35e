//! Finds the quantities of a tokenized text.

use super::number::{self, Word};
use super::{Date, Precision, Quantity, Unit, Value, date, time};
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
    share_range_units(text, &mut out[first..]);
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
            && !loose.contains(&self.word(before).to_ascii_lowercase().as_str())
    }

    /// `2024-03-05`, `3/5/2024`, `05.03.2024`.
    fn numeric_date(&self, i: usize) -> Option<Found> {
        let token = &self.tokens[i];
        let dotted = token.of(self.text);
        if dotted.matches('.').count() == 2 {
            let mut parts = dotted.split('.').map(|p| p.parse::<u32>().ok());
            let (day, month, year) = (parts.next()??, parts.next()??, parts.next()??);
            let date = Date::new(year, month, day).filter(|_| (1000..2200).contains(&year) && day > 0)?;
            return Some((Some(self.quantity(token.start, token.end, Value::Date(date), i)), i + 1));
        }
        let separator = self.gap(i).filter(|g| *g == "-" || *g == "/")?;
        if self.gap(i + 1) != Some(separator) {
            return self.fraction(i, separator);
        }
        let (a, b, c) = (self.value(i)?, self.value(i + 1)?, self.value(i + 2)?);
        let date = if (1000..2200).contains(&a) {
            Date::new(a, b, c)
        } else {
            let year = if c < 100 { 2000 + c } else { c };
            let plausible = (1000..2200).contains(&year);
            // Month first unless that is impossible; the comparison tries the other reading.
            Date::new(year, a, b).or_else(|| Date::new(year, b, a)).filter(|_| plausible && separator == "/")
        }?;
        let end = self.tokens[i + 2].end;
        (date.month > 0 && date.day > 0)
            .then(|| (Some(self.quantity(token.start, end, Value::Date(date), i)), i + 3))
    }

    /// `1/2`, `3/4`.
    fn fraction(&self, i: usize, separator: &str) -> Option<Found> {
        let (a, b) = (self.value(i)?, self.value(i + 1)?);
        if separator != "/" || a == 0 || a >= b || b > 16 {
            return None;
        }
        let value = Value::Number(f64::from(a) / f64::from(b), self.unit_after(i + 1).0);
        Some((Some(self.quantity(self.tokens[i].start, self.tokens[i + 1].end, value, i)), i + 2))
    }

    /// `11:30`, `11:30 pm`, `5 pm`.
    fn clock(&self, i: usize) -> Option<Found> {
        let token = &self.tokens[i];
        let digits = token.of(self.text);
        let half = time::half(&self.text[token.end..]);
        let minutes = if digits.contains(':') {
            time::clock(digits)?
        } else {
            half?;
            let hour = self.value(i).filter(|h| (1..=12).contains(h))?;
            u16::try_from(hour).ok()? * 60
        };
        let (value, end) = match half {
            Some((pm, length)) => (Value::Time(time::apply(minutes, pm), false), token.end + length),
            None => (Value::Time(minutes, minutes / 60 <= 12 && minutes >= 60), token.end),
        };
        let next =
            (i + 1..self.tokens.len()).find(|n| self.tokens[*n].start >= end).unwrap_or(self.tokens.len());
        Some((Some(self.quantity(token.start, end, value, i)), next))
    }

    /// `March 5`, `March 5th, 2024`, `March 2024`, `May of 2020`.
    fn month_first(&self, i: usize) -> Option<Found> {
        let month = u32::from(date::month(self.tokens[i].raw)?);
        let near = |g: &str| g.len() <= 3 && g.bytes().all(|b| b" ,.-".contains(&b));
        if !self.gap(i).is_some_and(near) {
            return None;
        }
        let mut next = i + 1;
        if matches!(self.word(next), "of" | "the") {
            next += 1;
        }
        let first = self.value(next)?;
        let make = |date: Option<Date>, last: usize| {
            let value = Value::Date(date?);
            Some((Some(self.quantity(self.tokens[i].start, self.tokens[last].end, value, i)), last + 1))
        };
        if (1000..2200).contains(&first) {
            return make(Date::new(first, month, 0), next);
        }
        if first == 0 || first > 31 || self.word(next).len() > 2 {
            return None;
        }
        let mut last = next;
        if matches!(self.word(last + 1), "st" | "nd" | "rd" | "th") && self.gap(last) == Some("") {
            last += 1;
        }
        let year = self.value(last + 1).filter(|y| (1000..2200).contains(y));
        match year.filter(|_| self.gap(last).is_some_and(near)) {
            Some(year) => make(Date::new(year, month, first), last + 1),
            None => make(Date::new(0, month, first), last),
        }
    }

    /// `5 March 2024`, `5th of March`: the number is already known to be plain.
    fn day_first(&self, i: usize, day: u32, mut next: usize) -> Option<Found> {
        if self.word(next) == "of" {
            next += 1;
        }
        let token = self.tokens.get(next).filter(|t| t.class.has(Class::MONTH) && t.is_capital())?;
        if self.text[self.tokens[next - 1].end..token.start].len() > 2 {
            return None;
        }
        let month = u32::from(date::month(token.raw)?);
        let year = self
            .value(next + 1)
            .filter(|y| (1000..2200).contains(y) && self.gap(next).is_some_and(|g| g.len() <= 2));
        let last = if year.is_some() { next + 1 } else { next };
        let value = Value::Date(Date::new(year.unwrap_or(0), month, day)?);
        Some((Some(self.quantity(self.tokens[i].start, self.tokens[last].end, value, i)), last + 1))
    }

    fn number(&self, i: usize) -> Found {
        let token = &self.tokens[i];
        let Some((mut value, mut decimals)) = number::digits(token.of(self.text)) else {
            return (None, i + 1);
        };
        let mut start = token.start;
        let before = self.text[..start].as_bytes();
        if before.ends_with(b".") && !before.iter().rev().nth(1).is_some_and(u8::is_ascii_alphanumeric) {
            let width = token.of(self.text).len();
            decimals = u32::try_from(width).unwrap_or(u32::MAX);
            value /= 10f64.powi(i32::try_from(width).unwrap_or(i32::MAX));
            start -= 1;
        }
        let (money, start) = self.currency_before(start);
        let mut last = i;
        let ordinal = matches!(self.word(i + 1), "st" | "nd" | "rd" | "th") && self.gap(i) == Some("");
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
        let gap = self.gap(last);
        let scale = number::scale(self.word(last + 1))
            .filter(|_| gap == Some("") || gap == Some(" ") && self.word(last + 1).len() > 3)
            .filter(|_| !ordinal);
        if scale.is_some() {
            last += 1;
        }
        let mut end = self.tokens[last].end;
        let (unit, unit_end) = self.unit_after(last);
        end = end.max(unit_end);
        let unit = if money { Unit::Money } else { unit };
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

    /// Whether a currency stands before byte `start`, and where the amount then begins.
    fn currency_before(&self, start: usize) -> (bool, usize) {
        let before = &self.text[..start];
        match before.trim_end_matches(' ').chars().next_back() {
            Some(c @ ('$' | '€' | '£' | '¥' | '₹')) => {
                let sign = before.trim_end_matches(' ').len() - c.len_utf8();
                if start - sign > 4 { (false, start) } else { (true, sign) }
            }
            _ => {
                let code = ["USD ", "EUR ", "GBP ", "INR ", "Rs. ", "Rs "]
                    .iter()
                    .find(|code| before.ends_with(**code));
                code.map_or((false, start), |code| (true, start - code.len()))
            }
        }
    }

    /// The unit that follows token `i`, and the end of what of it belongs to the number (`%`, `°F`).
    fn unit_after(&self, i: usize) -> (Unit, usize) {
        let end = self.tokens[i].end;
        let rest = &self.text[end..];
        let trimmed = rest.trim_start_matches(' ');
        let skipped = rest.len() - trimmed.len();
        if skipped <= 1 {
            if trimmed.starts_with('%') {
                return (Unit::Percent, end + skipped + 1);
            }
            if let Some(degree) = trimmed.chars().next().filter(|c| matches!(c, '°' | 'º' | '˚')) {
                let after = trimmed[degree.len_utf8()..].trim_start();
                let used = end + rest.len() - after.len();
                return match after.bytes().next() {
                    Some(b'F') => (Unit::Fahrenheit, used + 1),
                    Some(b'C') => (Unit::Celsius, used + 1),
                    _ => (Unit::None, end),
                };
            }
            if let Some(c @ ('€' | '£' | '¥')) = trimmed.chars().next() {
                return (Unit::Money, end + skipped + c.len_utf8());
            }
        }
        let near = |g: &str| matches!(g, "" | " " | "-" | "\u{a0}" | "‑");
        let Some(gap) = self.gap(i).filter(|g| near(g)) else { return (Unit::None, end) };
        let word = self.word(i + 1);
        let single = match word {
            "g" => Some(Unit::Mass(super::unit::Gram::Gram)),
            "l" | "L" => Some(Unit::Volume(super::unit::Litre::Litre)),
            "m" => Some(Unit::Length(super::unit::Metre::Metre)),
            "h" => Some(Unit::Duration(super::unit::Second::Hour)),
            "F" if gap.is_empty() => Some(Unit::Fahrenheit),
            "C" if gap.is_empty() => Some(Unit::Celsius),
            _ => None,
        };
        if single.is_some() {
            return (single.unwrap_or(Unit::None), end);
        }
        if matches!(word, "degrees" | "degree") {
            return match self.word(i + 2) {
                "F" | "Fahrenheit" | "fahrenheit" => (Unit::Fahrenheit, end),
                "C" | "Celsius" | "celsius" => (Unit::Celsius, end),
                _ => (Unit::None, end),
            };
        }
        if word == "per" && self.word(i + 2) == "cent" {
            return (Unit::Percent, end);
        }
        if word.len() > 12 {
            return (Unit::None, end);
        }
        (Unit::named(&word.to_ascii_lowercase()).unwrap_or(Unit::None), end)
    }

    fn precision(&self, i: usize) -> Precision {
        let token = &self.tokens[i];
        if self.text[..token.start].trim_end_matches(['$', '€', '£']).ends_with('~') {
            return Precision::About;
        }
        let Some(before) = i.checked_sub(1).map(|b| self.word(b).to_ascii_lowercase()) else {
            return Precision::Exact;
        };
        if !self.gap(i - 1).is_some_and(|g| g.len() <= 4) {
            return Precision::Exact;
        }
        let earlier = i.checked_sub(2).map(|b| self.word(b).to_ascii_lowercase()).unwrap_or_default();
        match (earlier.as_str(), before.as_str()) {
            (
                _,
                "about" | "around" | "approximately" | "approx" | "roughly" | "nearly" | "almost" | "circa"
                | "some" | "estimated",
            )
            | ("close", "to") => Precision::About,
            (_, "over" | "above" | "exceeding" | "exceeds" | "exceeded" | "least")
            | ("more" | "greater" | "higher" | "longer", "than") => Precision::Above,
            (_, "under" | "below" | "within")
            | ("less" | "fewer" | "lower" | "shorter", "than")
            | ("at", "most")
            | ("up", "to") => Precision::Below,
            _ => Precision::Exact,
        }
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

/// `20-30%`, `5 to 7 minutes`, `$10–15`: the unit said once holds for both ends.
fn share_range_units(text: &str, quantities: &mut [Quantity]) {
    for i in 1..quantities.len() {
        let (a, b) = (quantities[i - 1], quantities[i]);
        let between = text.get(a.end..b.start).unwrap_or_default().trim();
        if !matches!(between, "-" | "–" | "—" | "to" | "or" | "and") {
            continue;
        }
        if let (Value::Number(x, ua), Value::Number(y, ub)) = (a.value, b.value) {
            if ua == Unit::None {
                quantities[i - 1].value = Value::Number(x, ub);
            } else if ub == Unit::None && ua == Unit::Money {
                quantities[i].value = Value::Number(y, ua);
            }
        }
        if let (Value::Number(hour, Unit::None), Value::Time(minutes, false)) = (a.value, b.value)
            && (1.0..=12.0).contains(&hour)
            && hour.fract() == 0.0
        {
            let pm = minutes >= 720;
            let reading = time::apply(hour as u16 * 60, pm);
            let reading = if reading > minutes { reading - reading.min(720) } else { reading };
            quantities[i - 1].value = Value::Time(reading, true);
        }
    }
}
