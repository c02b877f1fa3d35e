//! Units, told apart by what they measure, so that `5 km` is not `5 miles` and `450 °F` is `232 °C`.

use std::sync::LazyLock;

use crate::text::table::Table;
use crate::text::token::word_hash;

/// What a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    /// Nothing, or countable things (`5 apples`).
    None,
    Percent,
    Money,
    /// In metres.
    Length,
    /// In grams.
    Mass,
    /// In litres.
    Volume,
    /// In degrees Celsius.
    Temperature,
    /// In seconds.
    Duration,
    /// In bytes.
    Data,
}

/// A unit of measure: the place of its row in [`UNITS`], from 1; 0 is no unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unit(u8);

/// The one unit whose zero is not that of its dimension's base unit, after all others.
const FAHRENHEIT: u8 = UNITS.len() as u8 + 1;

impl Unit {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const PERCENT: Self = Self::of(Dimension::Percent, 1.0);
    pub(crate) const MONEY: Self = Self::of(Dimension::Money, 1.0);
    pub(crate) const CELSIUS: Self = Self::of(Dimension::Temperature, 1.0);
    pub(crate) const FAHRENHEIT: Self = Self(FAHRENHEIT);

    /// The unit of which one is so much of the dimension's base unit; there must be a row for it.
    const fn of(dimension: Dimension, factor: f64) -> Self {
        let mut row = 0;
        while UNITS[row].1 as u8 != dimension as u8 || UNITS[row].2 != factor {
            row += 1;
        }
        Self(row as u8 + 1)
    }

    /// What it measures.
    pub(crate) fn dimension(self) -> Dimension {
        match self.0 {
            0 => Dimension::None,
            FAHRENHEIT => Dimension::Temperature,
            row => UNITS[usize::from(row) - 1].1,
        }
    }

    /// One of it, and its zero, in the dimension's base unit.
    fn scale(self) -> (f64, f64) {
        match self.0 {
            0 => (1.0, 0.0),
            FAHRENHEIT => (5.0 / 9.0, -160.0 / 9.0),
            row => (UNITS[usize::from(row) - 1].2, 0.0),
        }
    }

    /// `value` of this unit in the dimension's base unit.
    pub(crate) fn base(self, value: f64) -> f64 {
        let (factor, zero) = self.scale();
        value.mul_add(factor, zero)
    }

    /// The unit that a lower-case word names.
    #[cfg(test)]
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::of_hash(word_hash(word))
    }

    /// The unit that the word with this hash names.
    pub(crate) fn of_hash(raw: u32) -> Option<Self> {
        NAMES.get(raw)
    }

    /// The unit that a single letter names directly after a number.
    pub(crate) fn letter(letter: &str) -> Option<Self> {
        Some(match letter {
            "g" => Self::of(Dimension::Mass, 1.0),
            "l" | "L" => Self::of(Dimension::Volume, 1.0),
            "m" => Self::of(Dimension::Length, 1.0),
            "h" => Self::of(Dimension::Duration, 3600.0),
            "F" => Self::FAHRENHEIT,
            "C" => Self::CELSIUS,
            _ => return None,
        })
    }

    /// Whether there is no unit.
    pub(crate) fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Whether it can be converted at all.
    pub(crate) fn is_measure(self) -> bool {
        !matches!(self.dimension(), Dimension::None | Dimension::Percent | Dimension::Money)
    }

    /// `value` of this unit in another of the same dimension.
    pub(crate) fn convert(self, value: f64, to: Self) -> Option<f64> {
        let (factor, zero) = to.scale();
        (self.dimension() == to.dimension()).then(|| (self.base(value) - zero) / factor)
    }
}

/// The names of all units by hash.
static NAMES: LazyLock<Table<Unit>> = LazyLock::new(|| {
    let mut names: Vec<(u32, Unit)> = vec![(word_hash("fahrenheit"), Unit::FAHRENHEIT)];
    for (words, dimension, factor) in UNITS {
        names.extend(words.split(' ').map(|word| (word_hash(word), Unit::of(*dimension, *factor))));
    }
    Table::new(names)
});

#[rustfmt::skip]
const UNITS: &[(&str, Dimension, f64)] = &[
    ("percent pct percentage", Dimension::Percent, 1.0),
    ("dollar dollars usd euro euros eur gbp yen jpy inr rupees cents bucks", Dimension::Money, 1.0),
    ("mm millimeter millimeters millimetre millimetres", Dimension::Length, 0.001),
    ("cm centimeter centimeters centimetre centimetres", Dimension::Length, 0.01),
    ("meter meters metre metres", Dimension::Length, 1.0),
    ("km kms kilometer kilometers kilometre kilometres", Dimension::Length, 1000.0),
    ("inch inches", Dimension::Length, 0.0254),
    ("foot feet ft", Dimension::Length, 0.3048),
    ("yard yards", Dimension::Length, 0.9144),
    ("mile miles", Dimension::Length, 1609.344),
    ("mcg microgram micrograms", Dimension::Mass, 1e-6),
    ("mg milligram milligrams", Dimension::Mass, 0.001),
    ("gram grams", Dimension::Mass, 1.0),
    ("kg kgs kilogram kilograms kilos", Dimension::Mass, 1000.0),
    ("ton tons tonne tonnes", Dimension::Mass, 1e6),
    ("oz ounce ounces", Dimension::Mass, 28.349_523),
    ("lb lbs pound pounds", Dimension::Mass, 453.592_37),
    ("ml milliliter milliliters millilitre millilitres", Dimension::Volume, 0.001),
    ("liter liters litre litres", Dimension::Volume, 1.0),
    ("tsp teaspoon teaspoons", Dimension::Volume, 0.004_928_92),
    ("tbsp tablespoon tablespoons", Dimension::Volume, 0.014_786_8),
    ("cup cups", Dimension::Volume, 0.236_588),
    ("pint pints", Dimension::Volume, 0.473_176),
    ("quart quarts", Dimension::Volume, 0.946_353),
    ("gallon gallons", Dimension::Volume, 3.785_41),
    ("celsius", Dimension::Temperature, 1.0),
    ("ms millisecond milliseconds", Dimension::Duration, 0.001),
    ("second seconds sec secs", Dimension::Duration, 1.0),
    ("minute minutes min mins", Dimension::Duration, 60.0),
    ("hour hours hr hrs", Dimension::Duration, 3600.0),
    ("day days", Dimension::Duration, 86_400.0),
    ("week weeks", Dimension::Duration, 604_800.0),
    ("month months", Dimension::Duration, 2_629_800.0),
    ("year years yr yrs", Dimension::Duration, 31_557_600.0),
    ("decade decades", Dimension::Duration, 315_576_000.0),
    ("century centuries", Dimension::Duration, 3_155_760_000.0),
    ("byte bytes", Dimension::Data, 1.0),
    ("kb kib kilobyte kilobytes", Dimension::Data, 1e3),
    ("mb mib megabyte megabytes", Dimension::Data, 1e6),
    ("gb gib gigabyte gigabytes", Dimension::Data, 1e9),
    ("tb tib terabyte terabytes", Dimension::Data, 1e12),
];
