//! Dates and parts of dates. 0 stands for "not said".

use crate::text::token::word_hash;

/// A date, whole or in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

impl Date {
    /// A date of which day and month are possible; `None` otherwise.
    pub(crate) fn new(year: u32, month: u32, day: u32) -> Option<Self> {
        let possible = month <= 12 && day <= 31 && year <= 9999 && (month > 0 || day == 0);
        let narrow = |n: u32| u8::try_from(n).ok();
        possible.then_some(())?;
        Some(Self { year: u16::try_from(year).ok()?, month: narrow(month)?, day: narrow(day)? })
    }

    /// Whether everything that this date says, the other says too.
    pub(crate) fn within(self, other: Self) -> bool {
        (self.year == 0 || self.year == other.year)
            && (self.month == 0 || self.month == other.month)
            && (self.day == 0 || self.day == other.day)
    }

    /// Whether the two differ in something that both say.
    pub(crate) fn conflicts(self, other: Self) -> bool {
        let differ = |a: u16, b: u16| a != 0 && b != 0 && a != b;
        differ(self.year, other.year)
            || differ(self.month.into(), other.month.into())
            || differ(self.day.into(), other.day.into())
    }
}

const MONTHS: [(u32, u8); 24] = [
    (word_hash("january"), 1),
    (word_hash("jan"), 1),
    (word_hash("february"), 2),
    (word_hash("feb"), 2),
    (word_hash("march"), 3),
    (word_hash("mar"), 3),
    (word_hash("april"), 4),
    (word_hash("apr"), 4),
    (word_hash("may"), 5),
    (word_hash("june"), 6),
    (word_hash("jun"), 6),
    (word_hash("july"), 7),
    (word_hash("jul"), 7),
    (word_hash("august"), 8),
    (word_hash("aug"), 8),
    (word_hash("september"), 9),
    (word_hash("sep"), 9),
    (word_hash("sept"), 9),
    (word_hash("october"), 10),
    (word_hash("oct"), 10),
    (word_hash("november"), 11),
    (word_hash("nov"), 11),
    (word_hash("december"), 12),
    (word_hash("dec"), 12),
];

/// The month that a word names.
pub(crate) fn month(raw: u32) -> Option<u8> {
    MONTHS.iter().find(|(hash, _)| *hash == raw).map(|(_, month)| *month)
}
