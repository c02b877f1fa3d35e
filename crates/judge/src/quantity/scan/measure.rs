//! What stands before and after a number: currency, unit, and how exactly it is meant.

use super::Scanner;
use crate::quantity::{Precision, Quantity, Unit, Value, time};

/// Bytes of the longest word that says how a number is meant.
const LONGEST: usize = "approximately".len();

impl Scanner<'_> {
    /// Whether a currency stands before byte `start`, and where the amount then begins.
    pub(super) fn currency_before(&self, start: usize) -> (bool, usize) {
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
    pub(super) fn unit_after(&self, i: usize) -> (Unit, usize) {
        let end = self.tokens[i].end;
        let rest = &self.text[end..];
        let trimmed = rest.trim_start_matches(' ');
        let skipped = rest.len() - trimmed.len();
        if skipped <= 1 {
            if trimmed.starts_with('%') {
                return (Unit::PERCENT, end + skipped + 1);
            }
            if let Some(degree) = trimmed.chars().next().filter(|c| matches!(c, '°' | 'º' | '˚')) {
                let after = trimmed[degree.len_utf8()..].trim_start();
                let used = end + rest.len() - after.len();
                return match after.bytes().next() {
                    Some(b'F') => (Unit::FAHRENHEIT, used + 1),
                    Some(b'C') => (Unit::CELSIUS, used + 1),
                    _ => (Unit::NONE, end),
                };
            }
            if let Some(c @ ('℃' | '℉')) = trimmed.chars().next() {
                let unit = if c == '℃' { Unit::CELSIUS } else { Unit::FAHRENHEIT };
                return (unit, end + skipped + c.len_utf8());
            }
            if let Some(c @ ('€' | '£' | '¥')) = trimmed.chars().next() {
                return (Unit::MONEY, end + skipped + c.len_utf8());
            }
        }
        let near = |g: &str| matches!(g, "" | " " | "-" | "\u{a0}" | "‑");
        let Some(gap) = self.gap(i).filter(|g| near(g)) else { return (Unit::NONE, end) };
        let word = self.word(i + 1);
        if let Some(unit) = Unit::letter(word)
            .filter(|u| gap.is_empty() || u.is_measure() && *u != Unit::FAHRENHEIT && *u != Unit::CELSIUS)
        {
            return (unit, end);
        }
        if matches!(word, "degrees" | "degree") {
            return match self.word(i + 2) {
                "F" | "Fahrenheit" | "fahrenheit" => (Unit::FAHRENHEIT, end),
                "C" | "Celsius" | "celsius" => (Unit::CELSIUS, end),
                _ => (Unit::NONE, end),
            };
        }
        if word == "per" && self.word(i + 2) == "cent" {
            return (Unit::PERCENT, end);
        }
        (self.tokens.get(i + 1).and_then(|t| Unit::of_hash(t.raw)).unwrap_or(Unit::NONE), end)
    }

    /// The word of a token in ASCII lower case; nothing where there is none or it is longer than any that is asked about.
    fn lower<'b>(&self, i: Option<usize>, buffer: &'b mut [u8; LONGEST]) -> &'b str {
        let word = i.map_or("", |i| self.word(i));
        let Some(lower) = buffer.get_mut(..word.len()) else { return "" };
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        std::str::from_utf8(lower).unwrap_or_default()
    }

    pub(super) fn precision(&self, i: usize) -> Precision {
        let token = &self.tokens[i];
        if self.text[..token.start].trim_end_matches(['$', '€', '£']).ends_with('~') {
            return Precision::About;
        }
        let Some(before) = i.checked_sub(1) else { return Precision::Exact };
        if self.gap(i - 1).is_none_or(|g| g.len() > 4) {
            return Precision::Exact;
        }
        let (mut buffer, mut other) = ([0; LONGEST], [0; LONGEST]);
        match (self.lower(i.checked_sub(2), &mut other), self.lower(Some(before), &mut buffer)) {
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

/// `20-30%`, `5 to 7 minutes`, `$10–15`: the unit said once holds for both ends.
pub(super) fn share_range_units(text: &str, quantities: &mut [Quantity]) {
    for i in 1..quantities.len() {
        let (a, b) = (quantities[i - 1], quantities[i]);
        let between = text.get(a.end..b.start).unwrap_or_default().trim();
        if !matches!(between, "-" | "–" | "—" | "to" | "or" | "and") {
            continue;
        }
        if let (Value::Number(x, ua), Value::Number(y, ub)) = (a.value, b.value) {
            if ua.is_none() {
                quantities[i - 1].value = Value::Number(x, ub);
            } else if ub.is_none() && ua == Unit::MONEY {
                quantities[i].value = Value::Number(y, ua);
            }
        }
        if let (Value::Number(hour, unit), Value::Time(minutes, false)) = (a.value, b.value)
            && unit.is_none()
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
