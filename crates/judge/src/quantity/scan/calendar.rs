//! Dates and times of day.

use super::{Found, Scanner};
use crate::quantity::{Date, Value, date, time};
use crate::text::Class;

impl Scanner<'_> {
    /// `2024-03-05`, `3/5/2024`, `05.03.2024`.
    pub(super) fn numeric_date(&self, i: usize) -> Option<Found> {
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
    pub(super) fn fraction(&self, i: usize, separator: &str) -> Option<Found> {
        let (a, b) = (self.value(i)?, self.value(i + 1)?);
        if separator != "/" || a == 0 || a >= b || b > 16 {
            return None;
        }
        let value = Value::Number(f64::from(a) / f64::from(b), self.unit_after(i + 1).0);
        Some((Some(self.quantity(self.tokens[i].start, self.tokens[i + 1].end, value, i)), i + 2))
    }

    /// `11:30`, `11:30 pm`, `5 pm`.
    pub(super) fn clock(&self, i: usize) -> Option<Found> {
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
    pub(super) fn month_first(&self, i: usize) -> Option<Found> {
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
    pub(super) fn day_first(&self, i: usize, day: u32, mut next: usize) -> Option<Found> {
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
}
