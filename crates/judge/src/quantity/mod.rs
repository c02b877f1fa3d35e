//! Numbers, dates, times, money and measures in text, brought to forms that can be compared.

pub(crate) mod date;
pub(crate) mod number;
pub(crate) mod scan;
pub(crate) mod time;
pub(crate) mod unit;

pub(crate) use date::Date;
pub(crate) use scan::scan;
pub(crate) use unit::{Dimension, Unit};

/// A quantity at a place in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quantity {
    /// First byte, the currency sign included.
    pub start: usize,
    /// One past the last byte, the unit excluded, scale words and `%` included.
    pub end: usize,
    /// What it says.
    pub value: Value,
    /// How exactly it is meant.
    pub precision: Precision,
    /// Written in words (`three`).
    pub spelled: bool,
    /// `5th`.
    pub ordinal: bool,
    /// Half a unit of the last digit written: `1.2 million` → 50,000.
    pub slack: f64,
}

/// The value of a quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    /// A bare number, or one with a unit.
    Number(f64, Unit),
    /// A date or a part of one.
    Date(Date),
    /// A time of day in minutes; `true`: the half of the day is not said.
    Time(u16, bool),
}

/// What stands before the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    /// Nothing.
    Exact,
    /// `about`, `around`, `nearly`, `~`.
    About,
    /// `over`, `more than`, `at least`.
    Above,
    /// `under`, `less than`, `up to`, `at most`.
    Below,
}

#[cfg(test)]
mod tests;
