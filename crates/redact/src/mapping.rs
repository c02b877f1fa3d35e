//! Offsets in a text before something was cut out, to offsets after.

use std::ops::Range;

/// The map of one text. Offsets count Unicode scalar values, as spans do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Before and after, in order.
    cuts: Vec<(Range<usize>, Range<usize>)>,
}

impl Mapping {
    /// From cuts in bytes of both texts, in order.
    pub(crate) fn new(
        before: &str,
        after: &str,
        cuts: impl Iterator<Item = (Range<usize>, Range<usize>)>,
    ) -> Self {
        let (mut old, mut new) = (Counter::new(before), Counter::new(after));
        let cuts = cuts.map(|(was, is)| (old.range(was), new.range(is)));
        Self { cuts: cuts.collect() }
    }

    /// A range of the text before, in the text after. What begins or ends inside something that was cut out takes in all that stands
    /// for it.
    #[must_use]
    pub fn range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.place(range.start, |is| is.start);
        let end = self.place(range.end, |is| is.end);
        start..end.max(start)
    }

    /// Where an offset is now; `inside`: which end of what stands there, when it was inside of a cut.
    fn place(&self, offset: usize, inside: impl Fn(&Range<usize>) -> usize) -> usize {
        // The last cut that begins before the offset.
        let index = self.cuts.partition_point(|(was, _)| was.start < offset);
        match index.checked_sub(1).and_then(|index| self.cuts.get(index)) {
            None => offset,
            Some((was, is)) if offset < was.end => inside(is),
            Some((was, is)) => is.end + (offset - was.end),
        }
    }
}

/// Counts characters on the way through a text.
struct Counter<'t> {
    text: &'t str,
    bytes: usize,
    chars: usize,
}

impl<'t> Counter<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, bytes: 0, chars: 0 }
    }

    fn range(&mut self, bytes: Range<usize>) -> Range<usize> {
        let start = self.to(bytes.start);
        start..self.to(bytes.end)
    }

    fn to(&mut self, bytes: usize) -> usize {
        self.chars += self.text[self.bytes..bytes].chars().count();
        self.bytes = bytes;
        self.chars
    }
}
