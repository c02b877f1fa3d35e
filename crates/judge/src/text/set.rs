//! Sets of 32-bit hashes that grow, as small and fast as they can be. The order is keyed anew in every process: who chooses the
//! words cannot choose which of them meet in one place.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// The key of this process.
static KEY: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0x5eed_u32));

/// Slots of a set that holds something.
const LEAST: usize = 16;

/// Where a hash is sought first, among `slots` (a power of two).
fn place(hash: u32, key: u64, slots: usize) -> usize {
    let x = (u64::from(hash) ^ key).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (x >> (64 - slots.trailing_zeros())) as usize
}

/// A set of hashes.
#[derive(Debug, Default)]
pub(crate) struct Set {
    key: u64,
    /// 0 where nothing is.
    slots: Vec<u32>,
    held: usize,
    zero: bool,
}

impl Set {
    /// Adds a hash.
    pub(crate) fn insert(&mut self, hash: u32) {
        if hash == 0 {
            self.zero = true;
            return;
        }
        if self.held * 4 >= self.slots.len() * 3 {
            self.grow();
        }
        if self.put(hash) {
            self.held += 1;
        }
    }

    /// Whether the hash was added.
    pub(crate) fn has(&self, hash: u32) -> bool {
        if hash == 0 || self.slots.is_empty() {
            return hash == 0 && self.zero;
        }
        let mask = self.slots.len() - 1;
        let mut at = place(hash, self.key, self.slots.len());
        loop {
            match self.slots[at & mask] {
                0 => return false,
                held if held == hash => return true,
                _ => at += 1,
            }
        }
    }

    fn put(&mut self, hash: u32) -> bool {
        let mask = self.slots.len() - 1;
        let mut at = place(hash, self.key, self.slots.len());
        loop {
            let slot = &mut self.slots[at & mask];
            if *slot == 0 {
                *slot = hash;
                return true;
            }
            if *slot == hash {
                return false;
            }
            at += 1;
        }
    }

    fn grow(&mut self) {
        self.key = *KEY;
        let more = vec![0; (self.slots.len() * 2).max(LEAST)];
        let before = std::mem::replace(&mut self.slots, more);
        for hash in before.into_iter().filter(|hash| *hash != 0) {
            self.put(hash);
        }
    }
}

/// Hashes numbered from 0 in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Numbered {
    key: u64,
    /// Number plus one; 0 where nothing is.
    slots: Vec<u32>,
    hashes: Vec<u32>,
}

impl Numbered {
    /// The number of a hash, given to it if it is new.
    pub(crate) fn number(&mut self, hash: u32) -> u32 {
        if self.hashes.len() * 4 >= self.slots.len() * 3 {
            self.grow();
        }
        let at = self.seek(hash);
        if self.slots[at] == 0 {
            self.hashes.push(hash);
            self.slots[at] = self.len();
        }
        self.slots[at] - 1
    }

    /// The number of a hash.
    pub(crate) fn get(&self, hash: u32) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        self.slots[self.seek(hash)].checked_sub(1)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.hashes.len()).unwrap_or(u32::MAX)
    }

    /// The slot of a hash, or the empty one where it would stand.
    fn seek(&self, hash: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = place(hash, self.key, self.slots.len()) & mask;
        while self.slots[at] != 0 && self.hashes[self.slots[at] as usize - 1] != hash {
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self) {
        self.key = *KEY;
        self.slots = vec![0; (self.slots.len() * 2).max(LEAST)];
        for number in 0..self.hashes.len() {
            let at = self.seek(self.hashes[number]);
            self.slots[at] = u32::try_from(number + 1).unwrap_or(u32::MAX);
        }
    }

    /// Nothing will be added any more.
    pub(crate) fn seal(&mut self) {
        self.hashes.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests;
