//! The numbers that the evidence holds.

use crate::quantity::{Dimension, Precision, Quantity, Unit};

/// A number of the evidence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    pub value: f64,
    /// Half a unit of the last digit, where it is rounded itself.
    pub slack: f64,
    pub sentence: u32,
    pub unit: Unit,
}

/// Numbers in order of their sentences, and by value.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    said: Vec<Number>,
    /// Places in `said` by value, then in order; of numbers that are alike only the first.
    by_value: Vec<u32>,
    /// Places in `said` of measures, by dimension and value in its base unit.
    measures: Vec<u32>,
}

/// Numbers looked at in one search; more within a few percent of one value are a table, and any of them will do.
const MAX_NEAR: usize = 1_024;

impl Numbers {
    pub(super) fn push(&mut self, number: Number) {
        self.said.push(number);
    }

    pub(super) fn len(&self) -> usize {
        self.said.len()
    }

    pub(super) fn seal(&mut self) {
        self.said.shrink_to_fit();
        let said = &self.said;
        let mut order: Vec<u32> = (0..).zip(said).map(|(at, _)| at).collect();
        order.sort_by(|a, b| said[*a as usize].value.total_cmp(&said[*b as usize].value));
        let mut kept: Vec<u32> = Vec::with_capacity(order.len());
        // Where the numbers of the same value begin among those kept.
        let mut run = 0;
        for at in order {
            let number = &said[at as usize];
            if kept.last().is_some_and(|last| said[*last as usize].value != number.value) {
                run = kept.len();
            }
            let alike = |other: &Number| other.unit == number.unit && other.slack == number.slack;
            if !kept[run..].iter().any(|other| alike(&said[*other as usize])) {
                kept.push(at);
            }
        }
        kept.shrink_to_fit();
        let key = |at: u32| base(&said[at as usize]);
        let measures = kept.iter().copied().filter(|at| said[*at as usize].unit.is_measure());
        self.measures = measures.collect();
        self.measures.sort_by(|a, b| {
            let ((a, x), (b, y)) = (key(*a), key(*b));
            a.cmp(&b).then(x.total_cmp(&y))
        });
        self.by_value = kept;
    }

    /// The numbers of a sentence.
    pub(super) fn of(&self, sentence: u32) -> &[Number] {
        let first = self.said.partition_point(|n| n.sentence < sentence);
        let count = self.said[first..].partition_point(|n| n.sentence == sentence);
        &self.said[first..first + count]
    }

    /// The numbers between two values, by value.
    fn between(&self, low: f64, high: f64) -> impl Iterator<Item = &Number> {
        let value = |at: &u32| self.said[*at as usize].value;
        let first = self.by_value.partition_point(|at| value(at) < low);
        let near = self.by_value[first..].iter().take(MAX_NEAR).map(|at| &self.said[*at as usize]);
        near.take_while(move |n| n.value <= high)
    }

    /// The evidence's numbers of that value, in whatever unit.
    pub(super) fn exactly(&self, value: f64) -> impl Iterator<Item = &Number> {
        let near = value.abs() * 1e-9 + 1e-12;
        self.between(value - near, value + near)
    }

    /// The sentence with a number that supports that one.
    pub(super) fn support(&self, value: f64, unit: Unit, quantity: &Quantity) -> Option<u32> {
        let agrees = |n: &&Number| units_agree(unit, n.unit);
        if let Some(exact) = self.exactly(value).find(agrees) {
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
        if let Some(near) = self.between(low, high).find(agrees) {
            return Some(near.sentence);
        }
        // What the evidence itself rounds: "1.2 million" supports 1,187,000.
        let rounded =
            |n: &&Number| n.slack > 0.0 && n.value > 1e3 && (n.value - value).abs() <= n.slack && agrees(n);
        if value > 1e3
            && let Some(number) = self.between(value * 0.9, value * 1.1).find(rounded)
        {
            return Some(number.sentence);
        }
        if unit.is_none()
            && value < 1.0
            && let Some(share) = self.exactly(value * 100.0).find(|n| n.unit == Unit::PERCENT)
        {
            return Some(share.sentence);
        }
        if unit == Unit::PERCENT
            && let Some(share) = self.exactly(value / 100.0).find(|n| n.unit.is_none())
        {
            return Some(share.sentence);
        }
        if unit.is_measure() { self.converted(value, unit, quantity.slack) } else { None }
    }

    /// The first number by value that is the same measure in another unit.
    fn converted(&self, value: f64, unit: Unit, slack: f64) -> Option<u32> {
        let margin = (value.abs() * 0.02).max(slack).max(0.5);
        let (low, high) = (unit.base(value - margin), unit.base(value + margin));
        // Rounding must lose none; what is too much is seen below.
        let (low, high) = (low - low.abs() * 1e-9, high + high.abs() * 1e-9);
        let dimension = unit.dimension() as u8;
        let number = |at: &u32| &self.said[*at as usize];
        let first = self.measures.partition_point(|at| {
            let (of, base) = base(number(at));
            of < dimension || of == dimension && base < low
        });
        let near = self.measures[first..].iter().take(MAX_NEAR);
        near.take_while(|at| base(number(at)) <= (dimension, high))
            .filter(|at| {
                let n = number(at);
                n.unit != unit && n.unit.convert(n.value, unit).is_some_and(|v| (v - value).abs() <= margin)
            })
            .min_by(|a, b| number(a).value.total_cmp(&number(b).value).then(a.cmp(b)))
            .map(|at| number(at).sentence)
    }
}

/// Its dimension, and its value in that one's base unit.
fn base(number: &Number) -> (u8, f64) {
    (number.unit.dimension() as u8, number.unit.base(number.value))
}

/// Whether a number said in one unit may be the one given in another: a missing unit is no contradiction.
fn units_agree(a: Unit, b: Unit) -> bool {
    a == b
        || a.is_none()
        || b.is_none()
        || (a.dimension() == Dimension::Money) != (b.dimension() == Dimension::Money)
}
