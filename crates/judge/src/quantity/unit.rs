//! Units, told apart by dimension so that `5 km` is not `5 miles` and `450 °F` is `232 °C`.

/// A unit of measure. `None` also stands for countable things (`5 apples`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    None,
    Percent,
    Money,
    Length(Metre),
    Mass(Gram),
    Volume(Litre),
    Celsius,
    Fahrenheit,
    Duration(Second),
    Data(Byte),
}

macro_rules! scaled {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $factor:expr),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum $name { $($variant),+ }
        impl $name {
            fn factor(self) -> f64 {
                match self { $(Self::$variant => $factor),+ }
            }
        }
    };
}

scaled!(
    /// Lengths, in metres.
    Metre { Millimetre = 0.001, Centimetre = 0.01, Metre = 1.0, Kilometre = 1000.0, Inch = 0.0254, Foot = 0.3048, Yard = 0.9144, Mile = 1609.344 }
);
scaled!(
    /// Masses, in grams.
    Gram { Microgram = 1e-6, Milligram = 0.001, Gram = 1.0, Kilogram = 1000.0, Tonne = 1e6, Ounce = 28.349_523, Pound = 453.592_37 }
);
scaled!(
    /// Volumes, in litres.
    Litre { Millilitre = 0.001, Litre = 1.0, Teaspoon = 0.004_928_92, Tablespoon = 0.014_786_8, Cup = 0.236_588, Pint = 0.473_176, Quart = 0.946_353, Gallon = 3.785_41 }
);
scaled!(
    /// Durations, in seconds.
    Second { Millisecond = 0.001, Second = 1.0, Minute = 60.0, Hour = 3600.0, Day = 86_400.0, Week = 604_800.0, Month = 2_629_800.0, Year = 31_557_600.0, Decade = 315_576_000.0, Century = 3_155_760_000.0 }
);
scaled!(
    /// Amounts of data, in bytes.
    Byte { Byte = 1.0, Kilobyte = 1e3, Megabyte = 1e6, Gigabyte = 1e9, Terabyte = 1e12 }
);

impl Unit {
    /// The unit that a lower-case word names.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "percent" | "pct" | "percentage" => Self::Percent,
            "dollar" | "dollars" | "usd" | "euro" | "euros" | "eur" | "pounds sterling" | "gbp" | "yen"
            | "jpy" | "inr" | "rupees" | "cents" | "bucks" => Self::Money,
            "mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres" => {
                Self::Length(Metre::Millimetre)
            }
            "cm" | "centimeter" | "centimeters" | "centimetre" | "centimetres" => {
                Self::Length(Metre::Centimetre)
            }
            "meter" | "meters" | "metre" | "metres" => Self::Length(Metre::Metre),
            "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" | "kms" => {
                Self::Length(Metre::Kilometre)
            }
            "inch" | "inches" => Self::Length(Metre::Inch),
            "foot" | "feet" | "ft" => Self::Length(Metre::Foot),
            "yard" | "yards" => Self::Length(Metre::Yard),
            "mile" | "miles" => Self::Length(Metre::Mile),
            "mcg" | "microgram" | "micrograms" | "µg" => Self::Mass(Gram::Microgram),
            "mg" | "milligram" | "milligrams" => Self::Mass(Gram::Milligram),
            "gram" | "grams" => Self::Mass(Gram::Gram),
            "kg" | "kilogram" | "kilograms" | "kilos" | "kgs" => Self::Mass(Gram::Kilogram),
            "ton" | "tons" | "tonne" | "tonnes" => Self::Mass(Gram::Tonne),
            "oz" | "ounce" | "ounces" => Self::Mass(Gram::Ounce),
            "lb" | "lbs" | "pound" | "pounds" => Self::Mass(Gram::Pound),
            "ml" | "milliliter" | "milliliters" | "millilitre" | "millilitres" => {
                Self::Volume(Litre::Millilitre)
            }
            "liter" | "liters" | "litre" | "litres" => Self::Volume(Litre::Litre),
            "tsp" | "teaspoon" | "teaspoons" => Self::Volume(Litre::Teaspoon),
            "tbsp" | "tablespoon" | "tablespoons" => Self::Volume(Litre::Tablespoon),
            "cup" | "cups" => Self::Volume(Litre::Cup),
            "pint" | "pints" => Self::Volume(Litre::Pint),
            "quart" | "quarts" => Self::Volume(Litre::Quart),
            "gallon" | "gallons" => Self::Volume(Litre::Gallon),
            "celsius" => Self::Celsius,
            "fahrenheit" => Self::Fahrenheit,
            "ms" | "millisecond" | "milliseconds" => Self::Duration(Second::Millisecond),
            "second" | "seconds" | "sec" | "secs" => Self::Duration(Second::Second),
            "minute" | "minutes" | "min" | "mins" => Self::Duration(Second::Minute),
            "hour" | "hours" | "hr" | "hrs" => Self::Duration(Second::Hour),
            "day" | "days" => Self::Duration(Second::Day),
            "week" | "weeks" => Self::Duration(Second::Week),
            "month" | "months" => Self::Duration(Second::Month),
            "year" | "years" | "yr" | "yrs" => Self::Duration(Second::Year),
            "decade" | "decades" => Self::Duration(Second::Decade),
            "century" | "centuries" => Self::Duration(Second::Century),
            "byte" | "bytes" => Self::Data(Byte::Byte),
            "kb" | "kib" | "kilobyte" | "kilobytes" => Self::Data(Byte::Kilobyte),
            "mb" | "mib" | "megabyte" | "megabytes" => Self::Data(Byte::Megabyte),
            "gb" | "gib" | "gigabyte" | "gigabytes" => Self::Data(Byte::Gigabyte),
            "tb" | "tib" | "terabyte" | "terabytes" => Self::Data(Byte::Terabyte),
            _ => return None,
        })
    }

    /// The value in the base unit of the dimension.
    fn base(self, value: f64) -> f64 {
        match self {
            Self::Length(unit) => value * unit.factor(),
            Self::Mass(unit) => value * unit.factor(),
            Self::Volume(unit) => value * unit.factor(),
            Self::Duration(unit) => value * unit.factor(),
            Self::Data(unit) => value * unit.factor(),
            Self::Fahrenheit => (value - 32.0) / 1.8,
            Self::None | Self::Percent | Self::Money | Self::Celsius => value,
        }
    }

    /// Whether both measure the same thing.
    pub(crate) fn comparable(self, other: Self) -> bool {
        match (self, other) {
            (Self::Celsius | Self::Fahrenheit, Self::Celsius | Self::Fahrenheit) => true,
            _ => std::mem::discriminant(&self) == std::mem::discriminant(&other),
        }
    }

    /// `value` of this unit in another of the same dimension.
    pub(crate) fn convert(self, value: f64, to: Self) -> Option<f64> {
        if !self.comparable(to) {
            return None;
        }
        let base = self.base(value);
        Some(match to {
            Self::Fahrenheit => base.mul_add(1.8, 32.0),
            _ => base / (to.base(1.0) - to.base(0.0)),
        })
    }
}
