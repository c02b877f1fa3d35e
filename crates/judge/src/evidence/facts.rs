//! The quantities that the evidence holds, ready to be compared.

mod dates;
mod numbers;
mod times;

pub(crate) use numbers::Number;

use self::dates::Dates;
use self::numbers::Numbers;
use self::times::Times;
use crate::quantity::{self, Date, Quantity, Unit, Value};
use crate::text::{Class, Shape, Token};

/// Quantities kept; text with more (tables of numbers) is compared by its tokens only.
const MAX_FACTS: usize = 200_000;

/// All quantities. Those of a sentence that was there before are not there twice.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    numbers: Numbers,
    /// Dates and times of day in order of their sentences.
    said_dates: Vec<(Date, u32)>,
    said_times: Vec<(u16, bool, u32)>,
    dates: Dates,
    times: Times,
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
            if self.numbers.len() + self.said_dates.len() + self.said_times.len() >= MAX_FACTS {
                break;
            }
            let bare = |value: f64| Number { value, unit: Unit::NONE, sentence, slack: 0.0 };
            match quantity.value {
                Value::Number(value, unit) => {
                    self.numbers.push(Number { value, unit, sentence, slack: quantity.slack });
                }
                Value::Date(date) => {
                    self.said_dates.push((date, sentence));
                    let parts = [f64::from(date.year), f64::from(date.day)];
                    parts
                        .into_iter()
                        .filter(|part| *part > 0.0)
                        .for_each(|part| self.numbers.push(bare(part)));
                }
                Value::Time(minutes, open) => {
                    self.said_times.push((minutes, open, sentence));
                    // `13:0 hours` in machine-written text.
                    if minutes % 60 == 0 {
                        self.numbers.push(bare(f64::from(minutes / 60)));
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
        self.numbers.seal();
        self.dates = Dates::new(&self.said_dates);
        self.times = Times::new(&self.said_times);
        self.said_dates.shrink_to_fit();
        self.said_times.shrink_to_fit();
        self.scratch = Vec::new();
    }

    /// The numbers that a sentence says.
    pub(crate) fn numbers_of(&self, sentence: u32) -> &[Number] {
        self.numbers.of(sentence)
    }

    /// The dates that a sentence says.
    pub(crate) fn dates_of(&self, sentence: u32) -> &[(Date, u32)] {
        let first = self.said_dates.partition_point(|d| d.1 < sentence);
        let count = self.said_dates[first..].partition_point(|d| d.1 == sentence);
        &self.said_dates[first..first + count]
    }

    /// Whether a sentence says a time of day.
    pub(crate) fn has_time(&self, sentence: u32) -> bool {
        self.said_times.binary_search_by_key(&sentence, |t| t.2).is_ok()
    }

    /// Whether a date in that month is there.
    pub(crate) fn has_month(&self, month: u8) -> bool {
        self.dates.in_month(month)
    }

    /// Whether the evidence holds that value, in whatever unit.
    pub(crate) fn has_value(&self, value: f64) -> bool {
        self.numbers.exactly(value).next().is_some()
    }

    /// The sentence that supports a quantity, if one does.
    pub(crate) fn support(&self, quantity: &Quantity) -> Option<u32> {
        match quantity.value {
            Value::Number(value, unit) => self.numbers.support(value, unit, quantity),
            Value::Date(date) => self.date(date),
            Value::Time(minutes, open) => self.times.same(minutes, open).or_else(|| {
                // `5 pm` from "17:00" written as a bare number, `10 am` from "from 10 to 5".
                let hour = f64::from(minutes / 60);
                let bare = |h: f64| self.numbers.exactly(h).next().map(|n| n.sentence);
                (minutes % 60 == 0).then(|| bare(hour).or_else(|| bare((hour + 11.0) % 12.0 + 1.0))).flatten()
            }),
        }
    }

    fn date(&self, date: Date) -> Option<u32> {
        if let Some(sentence) = self.dates.within(date) {
            return Some(sentence);
        }
        // Day and month the other way round: 3/5/2024.
        let swapped = Date::new(date.year.into(), date.day.into(), date.month.into());
        if let Some(sentence) = swapped.and_then(|s| self.dates.exactly(s)) {
            return Some(sentence);
        }
        // The year said elsewhere.
        let year = self.numbers.exactly(f64::from(date.year)).next();
        if date.month > 0 && (date.year == 0 || year.is_some()) {
            return self.dates.yearless(date);
        }
        if date.month == 0 { year.map(|n| n.sentence) } else { None }
    }
}

#[cfg(test)]
mod tests;
