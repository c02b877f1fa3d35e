//! The quantities that the evidence holds, ready to be compared.

use crate::quantity::{self, Date, Precision, Quantity, Unit, Value};
use crate::text::{Class, Shape, Token};

/// Quantities kept; text with more (tables of numbers) is compared by its tokens only.
const MAX_FACTS: usize = 200_000;

/// A number of the evidence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    pub value: f64,
    pub unit: Unit,
    pub sentence: u32,
    /// Half a unit of the last digit, where it is rounded itself.
    pub slack: f64,
}

/// All quantities.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    numbers: Vec<Number>,
    dates: Vec<(Date, u32)>,
    times: Vec<(u16, bool, u32)>,
    /// The highest number of a passage, document or bracketed source.
    materials: Option<u32>,
    scratch: Vec<Quantity>,
}

impl Facts {
    pub(crate) fn add(&mut self, sentence: u32, text: &str, tokens: &[Token]) {
        self.number_materials(text, tokens);
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        quantity::scan(text, tokens, &mut scratch);
        for quantity in &scratch {
            if self.numbers.len() + self.dates.len() + self.times.len() >= MAX_FACTS {
                break;
            }
            match quantity.value {
                Value::Number(value, unit) => {
                    self.numbers.push(Number { value, unit, sentence, slack: quantity.slack });
                }
                Value::Date(date) => {
                    self.dates.push((date, sentence));
                    let parts = [f64::from(date.year), f64::from(date.day)];
                    let known = parts.into_iter().filter(|part| *part > 0.0);
                    self.numbers.extend(known.map(|value| Number {
                        value,
                        unit: Unit::NONE,
                        sentence,
                        slack: 0.0,
                    }));
                }
                Value::Time(minutes, open) => {
                    self.times.push((minutes, open, sentence));
                    // `13:0 hours` in machine-written text.
                    if minutes % 60 == 0 {
                        let value = f64::from(minutes / 60);
                        self.numbers.push(Number { value, unit: Unit::NONE, sentence, slack: 0.0 });
                    }
                }
            }
        }
        self.scratch = scratch;
    }

    /// Adds the length of a list: "based on three reviews" follows from an array of three.
    pub(crate) fn count(&mut self, items: usize, sentence: u32) {
        if items > 1 && self.numbers.len() < MAX_FACTS {
            self.numbers.push(Number { value: items as f64, unit: Unit::NONE, sentence, slack: 0.0 });
        }
    }

    /// `passage 3: …`, `[3] …` at the beginning of a sentence.
    fn number_materials(&mut self, text: &str, tokens: &[Token]) {
        let Some(first) = tokens.first() else { return };
        let named =
            first.class.has(Class::MATERIAL) && tokens.get(1).is_some_and(|t| t.shape == Shape::Digits);
        let number =
            if named { tokens.get(1) } else { Some(first).filter(|t| text[..t.start].trim() == "[") };
        let Some(number) = number.and_then(|t| t.of(text).parse::<u32>().ok()).filter(|n| *n < 1_000) else {
            return;
        };
        self.materials = self.materials.max(Some(number));
    }

    /// The highest number of a passage, document or bracketed source.
    pub(crate) fn materials(&self) -> Option<u32> {
        self.materials
    }

    pub(crate) fn seal(&mut self) {
        self.numbers.sort_by(|a, b| a.value.total_cmp(&b.value));
        self.dates.sort_unstable();
        self.dates.dedup();
        self.times.sort_unstable();
        self.times.dedup();
    }

    /// The numbers between two values.
    pub(crate) fn between(&self, low: f64, high: f64) -> &[Number] {
        let first = self.numbers.partition_point(|n| n.value < low);
        let count = self.numbers[first..].partition_point(|n| n.value <= high);
        &self.numbers[first..first + count]
    }

    /// All numbers, by value.
    pub(crate) fn numbers(&self) -> &[Number] {
        &self.numbers
    }

    /// All dates with their sentences.
    pub(crate) fn dates(&self) -> &[(Date, u32)] {
        &self.dates
    }

    /// All times of day (minutes, half of the day open, sentence).
    pub(crate) fn times(&self) -> &[(u16, bool, u32)] {
        &self.times
    }

    /// Where the evidence holds that value exactly, in whatever unit.
    pub(crate) fn exactly(&self, value: f64) -> &[Number] {
        let near = value.abs() * 1e-9 + 1e-12;
        self.between(value - near, value + near)
    }

    /// The sentence that supports a quantity, if one does.
    pub(crate) fn support(&self, quantity: &Quantity) -> Option<u32> {
        match quantity.value {
            Value::Number(value, unit) => self.number(value, unit, quantity),
            Value::Date(date) => self.date(date),
            Value::Time(minutes, open) => {
                let same = |t: &&(u16, bool, u32)| quantity::time::same((t.0, t.1), (minutes, open));
                self.times.iter().find(same).map(|t| t.2).or_else(|| {
                    // `5 pm` from "17:00" written as a bare number, `10 am` from "from 10 to 5".
                    let hour = f64::from(minutes / 60);
                    let bare = |h: f64| self.exactly(h).first().map(|n| n.sentence);
                    (minutes % 60 == 0)
                        .then(|| bare(hour).or_else(|| bare((hour + 11.0) % 12.0 + 1.0)))
                        .flatten()
                })
            }
        }
    }

    fn number(&self, value: f64, unit: Unit, quantity: &Quantity) -> Option<u32> {
        let agrees = |n: &&Number| units_agree(unit, n.unit);
        if let Some(exact) = self.exactly(value).iter().find(agrees) {
            return Some(exact.sentence);
        }
        let (low, high) = match quantity.precision {
            Precision::Exact => (value - quantity.slack, value + quantity.slack),
            Precision::About => {
                (value - (value * 0.1).max(quantity.slack), value + (value * 0.1).max(quantity.slack))
            }
            Precision::Above => (value, value * 1.25 + quantity.slack),
            Precision::Below => (value * 0.8 - quantity.slack, value),
        };
        if let Some(near) = self.between(low, high).iter().find(agrees) {
            return Some(near.sentence);
        }
        // What the evidence itself rounds: "1.2 million" supports 1,187,000.
        let rounded =
            |n: &&Number| n.slack > 0.0 && n.value > 1e3 && (n.value - value).abs() <= n.slack && agrees(n);
        if value > 1e3
            && let Some(number) = self.between(value * 0.9, value * 1.1).iter().find(rounded)
        {
            return Some(number.sentence);
        }
        if unit.is_none()
            && value < 1.0
            && let Some(share) = self.exactly(value * 100.0).iter().find(|n| n.unit == Unit::PERCENT)
        {
            return Some(share.sentence);
        }
        if unit == Unit::PERCENT
            && let Some(share) = self.exactly(value / 100.0).iter().find(|n| n.unit.is_none())
        {
            return Some(share.sentence);
        }
        if !unit.is_measure() {
            return None;
        }
        let converted = |n: &&Number| {
            n.unit != unit
                && n.unit
                    .convert(n.value, unit)
                    .is_some_and(|v| (v - value).abs() <= (value.abs() * 0.02).max(quantity.slack).max(0.5))
        };
        self.numbers.iter().find(converted).map(|n| n.sentence)
    }

    fn date(&self, date: Date) -> Option<u32> {
        if let Some((_, sentence)) = self.dates.iter().find(|(known, _)| date.within(*known)) {
            return Some(*sentence);
        }
        // Day and month the other way round: 3/5/2024.
        let swapped = Date::new(date.year.into(), date.day.into(), date.month.into());
        if let Some(found) = swapped.and_then(|s| self.dates.iter().find(|(known, _)| s == *known)) {
            return Some(found.1);
        }
        // The year said elsewhere.
        let yearless = Date { year: 0, ..date };
        let year = self.exactly(f64::from(date.year)).first();
        if date.month > 0 && (date.year == 0 || year.is_some()) {
            let compatible = |known: &&(Date, u32)| yearless.within(known.0) && !date.conflicts(known.0);
            return self.dates.iter().find(compatible).map(|d| d.1);
        }
        if date.month == 0 { year.map(|n| n.sentence) } else { None }
    }
}

/// Whether a number said in one unit may be the one given in another: a missing unit is no contradiction.
fn units_agree(a: Unit, b: Unit) -> bool {
    a == b
        || a.is_none()
        || b.is_none()
        || a.dimension != b.dimension && (a == Unit::MONEY || b == Unit::MONEY)
}
