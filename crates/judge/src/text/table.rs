//! A map from word hashes to values that is made once and never changes: sorted, with an index over the first bits of the hash.
//! A look-up reads one or two lines of memory. Only for our own word lists: nobody else may choose the keys.

/// The map.
#[derive(Debug)]
pub(crate) struct Table<V> {
    /// Where the keys with these first bits begin; one more at the end.
    starts: Vec<u16>,
    shift: u32,
    keys: Vec<u32>,
    values: Vec<V>,
}

impl<V: Copy> Table<V> {
    /// A table of these entries; of equal keys the first counts. More than 65,535 entries are not read.
    pub(crate) fn new(mut entries: Vec<(u32, V)>) -> Self {
        entries.truncate(usize::from(u16::MAX));
        entries.sort_by_key(|(key, _)| *key);
        entries.dedup_by_key(|(key, _)| *key);
        let bits = entries.len().next_power_of_two().trailing_zeros().max(1);
        let shift = u32::BITS - bits;
        let start = |bucket: u32| entries.partition_point(|(key, _)| key >> shift < bucket) as u16;
        let starts = (0..=1 << bits).map(start).collect();
        let (keys, values) = entries.iter().copied().unzip();
        Self { starts, shift, keys, values }
    }

    /// The value under that key.
    pub(crate) fn get(&self, key: u32) -> Option<V> {
        let bucket = (key >> self.shift) as usize;
        let (from, to) = (usize::from(self.starts[bucket]), usize::from(self.starts[bucket + 1]));
        let at = self.keys[from..to].iter().position(|known| *known == key)?;
        Some(self.values[from + at])
    }
}

#[cfg(test)]
mod tests;
