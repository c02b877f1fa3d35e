//! Spans against labelled spans, by characters: what counts is which characters are marked, not by how many spans.

use std::ops::Range;

use super::share;

/// Characters over any number of responses (micro average).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::eval) struct Overlap {
    both: usize,
    predicted: usize,
    labelled: usize,
}

impl Overlap {
    /// Adds a response. Ranges are in scalar values, half open, in any order; overlapping ones count once.
    pub(in crate::eval) fn add(&mut self, predicted: Vec<Range<usize>>, labelled: Vec<Range<usize>>) {
        let (predicted, labelled) = (union(predicted), union(labelled));
        let length =
            |ranges: &[Range<usize>]| ranges.iter().map(|range| range.end - range.start).sum::<usize>();
        self.predicted += length(&predicted);
        self.labelled += length(&labelled);
        let (mut p, mut l) = (0, 0);
        while let (Some(a), Some(b)) = (predicted.get(p), labelled.get(l)) {
            self.both += a.end.min(b.end).saturating_sub(a.start.max(b.start));
            if a.end <= b.end { p += 1 } else { l += 1 }
        }
    }

    /// Adds another count.
    pub(in crate::eval) fn merge(&mut self, other: Self) {
        self.both += other.both;
        self.predicted += other.predicted;
        self.labelled += other.labelled;
    }

    /// Share of the marked characters that are labelled.
    pub(in crate::eval) fn precision(&self) -> Option<f64> {
        share(self.both as f64, self.predicted as f64)
    }

    /// Share of the labelled characters that are marked.
    pub(in crate::eval) fn recall(&self) -> Option<f64> {
        share(self.both as f64, self.labelled as f64)
    }

    /// Harmonic mean of the two; 0 where no marked character is labelled.
    pub(in crate::eval) fn f1(&self) -> Option<f64> {
        share(2.0 * self.both as f64, (self.predicted + self.labelled) as f64)
    }
}

/// Sorted, without overlap, without empty ranges.
fn union(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| range.start < range.end);
    ranges.sort_by_key(|range| range.start);
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}
