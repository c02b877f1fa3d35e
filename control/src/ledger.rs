//! Which seqs of an instance are accounted for: stored, rejected or reported lost.
//!
//! A set of closed ranges. In the ordinary case, everything in order, it is one range, and taking up a batch costs nothing
//! that grows with what came before. The ranges are bounded: past [`MAX_RANGES`] the lowest gap is closed and what was missing in it is
//! only counted, as never explained. It does not know which seqs are duplicates: the store does.

use crate::varint;

/// Ranges kept for one instance (some 100 KiB when every one is far from the next).
const MAX_RANGES: usize = 4096;

/// The ledger of one instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// Disjoint, not adjacent, in order.
    ranges: Vec<(u64, u64)>,
    /// Missing seqs in gaps that were closed for want of room.
    forgotten: u64,
}

/// A stored ledger that cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("the stored ledger of an instance is damaged")]
pub(crate) struct Damaged;

impl Ledger {
    /// Whether a seq is accounted for.
    pub(crate) fn contains(&self, seq: u64) -> bool {
        let after = self.ranges.partition_point(|&(start, _)| start <= seq);
        after > 0 && self.ranges[after - 1].1 >= seq
    }

    /// Accounts for every seq from `start` to `end`.
    pub(crate) fn insert(&mut self, start: u64, end: u64) {
        debug_assert!(start <= end);
        // The ranges that touch [start, end]: they end at start − 1 or later and begin at end + 1 or earlier.
        let first = self.ranges.partition_point(|&(_, e)| e.saturating_add(1) < start);
        let last = self.ranges.partition_point(|&(s, _)| s <= end.saturating_add(1));
        if first == last {
            self.ranges.insert(first, (start, end));
        } else {
            let merged = (start.min(self.ranges[first].0), end.max(self.ranges[last - 1].1));
            self.ranges[first] = merged;
            self.ranges.drain(first + 1..last);
        }
        if self.ranges.len() > MAX_RANGES {
            let (start, end) = self.ranges.remove(0);
            self.forgotten += self.ranges[0].0 - end - 1;
            self.ranges[0].0 = start;
        }
    }

    /// Every seq up to here is accounted for; 0 when the first one is missing.
    pub(crate) fn acked(&self) -> u64 {
        match self.ranges.first() {
            Some(&(start, end)) if start <= 1 => end,
            _ => 0,
        }
    }

    /// Seqs below the highest known one that are not accounted for.
    pub(crate) fn unexplained(&self) -> u64 {
        let mut expected = 1;
        let mut missing = self.forgotten;
        for &(start, end) in &self.ranges {
            missing += start.saturating_sub(expected);
            expected = end.saturating_add(1);
        }
        missing
    }

    /// Missing seqs that were counted and then forgotten.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// As stored: distances between the ends of the ranges, as varints.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.ranges.len() * 4);
        let mut previous = 0;
        for &(start, end) in &self.ranges {
            varint::put(&mut out, start - previous);
            varint::put(&mut out, end - start);
            previous = end;
        }
        out
    }

    /// Reads what [`Self::encode`] wrote.
    pub(crate) fn decode(mut bytes: &[u8], forgotten: u64) -> Result<Self, Damaged> {
        let mut ranges = Vec::new();
        let mut previous = 0u64;
        while !bytes.is_empty() {
            let gap = varint::take(&mut bytes).ok_or(Damaged)?;
            let len = varint::take(&mut bytes).ok_or(Damaged)?;
            let start = previous.checked_add(gap).ok_or(Damaged)?;
            let end = start.checked_add(len).ok_or(Damaged)?;
            if !ranges.is_empty() && gap < 2 {
                return Err(Damaged);
            }
            ranges.push((start, end));
            previous = end;
        }
        Ok(Self { ranges, forgotten })
    }
}

#[cfg(test)]
mod tests;
