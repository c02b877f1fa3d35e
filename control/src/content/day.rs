//! A day in UTC: what a data key is for, and what is erased at once.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// Microseconds of a day.
const MICROS: i64 = 86_400_000_000;
/// Days from 1970-01-01 to 9999-12-31.
const LAST: i64 = 2_932_896;

/// Days since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Day(i64);

impl Day {
    /// That of a time in microseconds since the Unix epoch.
    pub(crate) fn of(micros: i64) -> Self {
        Self(micros.div_euclid(MICROS))
    }

    /// From the database.
    pub(crate) fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// As the database keeps it.
    pub(crate) fn number(self) -> i64 {
        self.0
    }

    /// Its microseconds since the Unix epoch.
    pub(crate) fn range(self) -> std::ops::Range<i64> {
        self.0 * MICROS..(self.0 + 1) * MICROS
    }
}

impl fmt::Display for Day {
    /// `2026-11-28`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.clamp(0, LAST) * MICROS;
        let date = jiff::Timestamp::from_microsecond(micros).unwrap_or_default().to_string();
        f.write_str(&date[..10.min(date.len())])
    }
}

impl FromStr for Day {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        let date: Date = text.parse()?;
        let midnight = jiff::tz::TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0))?;
        Ok(Self::of(midnight.as_microsecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_dates() {
        let day: Day = "2026-01-01".parse().unwrap();
        assert_eq!(day, Day::of(crate::testing::DAY0));
        assert_eq!((day.to_string(), day.range().start), ("2026-01-01".to_owned(), crate::testing::DAY0));
        assert_eq!(Day::of(day.range().end - 1), day);
        assert!("2026-13-01".parse::<Day>().is_err() && "yesterday".parse::<Day>().is_err());
    }
}
