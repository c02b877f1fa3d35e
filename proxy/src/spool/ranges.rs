//! Sets of seqs as closed ranges: small when neighbours come together, which seqs do.

/// Disjoint, not adjacent, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Takes in every seq from `start` to `end`. Constant time at the upper end, where most come in.
    pub(super) fn insert(&mut self, start: u64, end: u64) {
        debug_assert!(start <= end, "{start} > {end}");
        // The ranges that touch [start, end]: they end at start − 1 or later and begin at end + 1 or earlier.
        let first = match self.0.last() {
            Some(&(_, last)) if last.saturating_add(1) < start => self.0.len(),
            _ => self.0.partition_point(|&(_, e)| e.saturating_add(1) < start),
        };
        let touched = self.0[first..].iter().take_while(|&&(s, _)| s <= end.saturating_add(1)).count();
        if touched == 0 {
            self.0.insert(first, (start, end));
            return;
        }
        let last = first + touched - 1;
        self.0[first] = (start.min(self.0[first].0), end.max(self.0[last].1));
        self.0.drain(first + 1..=last);
    }

    /// Takes in another set.
    pub(super) fn extend(&mut self, other: &Self) {
        for &(start, end) in &other.0 {
            self.insert(start, end);
        }
    }

    /// Takes out every seq from `start` to `end`.
    pub(super) fn remove(&mut self, start: u64, end: u64) {
        let first = self.0.partition_point(|&(_, e)| e < start);
        let touched = self.0[first..].iter().take_while(|&&(s, _)| s <= end).count();
        let mut left = Vec::new();
        for &(s, e) in &self.0[first..first + touched] {
            if s < start {
                left.push((s, start - 1));
            }
            if e > end {
                left.push((end + 1, e));
            }
        }
        self.0.splice(first..first + touched, left);
    }

    /// Takes out another set, in one pass over both.
    pub(super) fn subtract(&mut self, other: &[(u64, u64)]) {
        let mut left = Vec::with_capacity(self.0.len());
        let mut from = 0;
        for &(start, end) in &self.0 {
            from += other[from..].iter().take_while(|&&(_, e)| e < start).count();
            let mut next = Some(start);
            for &(s, e) in other[from..].iter().take_while(|&&(s, _)| s <= end) {
                left.extend(next.filter(|next| *next < s).map(|next| (next, s - 1)));
                next = e.checked_add(1).filter(|next| *next <= end);
            }
            left.extend(next.map(|next| (next, end)));
        }
        self.0 = left;
    }

    /// The ranges for which this holds.
    pub(super) fn retain(&mut self, keep: impl Fn(u64, u64) -> bool) {
        self.0.retain(|&(start, end)| keep(start, end));
    }

    /// Whether the seq is in it.
    pub(super) fn contains(&self, seq: u64) -> bool {
        let after = self.0.partition_point(|&(start, _)| start <= seq);
        after > 0 && self.0[after - 1].1 >= seq
    }

    /// What lies from `start` to `end` and is not in it.
    pub(super) fn missing(&self, start: u64, end: u64) -> Self {
        let mut missing = Vec::new();
        let mut next = Some(start).filter(|start| *start <= end);
        let first = self.0.partition_point(|&(_, e)| e < start);
        for &(s, e) in self.0[first..].iter().take_while(|&&(s, _)| s <= end) {
            if let Some(from) = next.filter(|from| *from < s) {
                missing.push((from, s - 1));
            }
            next = e.checked_add(1).filter(|next| *next <= end);
        }
        missing.extend(next.map(|from| (from, end)));
        Self(missing)
    }

    /// How many seqs.
    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|(start, end)| end - start + 1).sum()
    }

    /// How many of them are above `seq`.
    pub(super) fn count_above(&self, seq: u64) -> u64 {
        self.0
            .iter()
            .rev()
            .take_while(|(_, end)| *end > seq)
            .map(|(start, end)| end - (*start).max(seq + 1) + 1)
            .sum()
    }

    /// The lowest.
    pub(super) fn first(&self) -> Option<u64> {
        self.0.first().map(|range| range.0)
    }

    /// The highest.
    pub(super) fn last(&self) -> Option<u64> {
        self.0.last().map(|range| range.1)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges, in order.
    pub(super) fn as_slice(&self) -> &[(u64, u64)] {
        &self.0
    }
}

#[cfg(test)]
mod tests;
