//! Hashes of words and word sequences. 32 bits: a set of a million words then answers wrongly once in four thousand
//! look-ups, and the index of a long context stays small. Not for untrusted keys in hash maps: the sets are sorted vectors.

/// A hash being built from bytes (FNV-1a, folded).
#[derive(Clone, Copy)]
pub(crate) struct Hasher(u64);

impl Hasher {
    pub(crate) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) const fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3);
    }

    pub(crate) const fn finish(self) -> u32 {
        let x = (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (x >> 32) as u32
    }
}

/// The hash of some bytes as they are.
pub(crate) const fn bytes(text: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    let mut i = 0;
    while i < text.len() {
        hasher.byte(text[i]);
        i += 1;
    }
    hasher.finish()
}

/// The hash of two words written as one, in ASCII lower case.
pub(crate) fn spelled(a: &str, b: &str) -> u32 {
    let mut hasher = Hasher::new();
    for byte in a.bytes().chain(b.bytes()) {
        hasher.byte(byte.to_ascii_lowercase());
    }
    hasher.finish()
}

/// The hash of a word's first four letters in lower case; `None`: it has fewer, or others than ASCII ones.
pub(crate) fn root(word: &str) -> Option<u32> {
    letters(word, 4)
}

/// The same of its first five letters.
pub(crate) fn beginning(word: &str) -> Option<u32> {
    letters(word, 5)
}

fn letters(word: &str, count: usize) -> Option<u32> {
    let first = word.as_bytes().get(..count).filter(|b| b.iter().all(u8::is_ascii_alphabetic))?;
    let mut hasher = Hasher::new();
    first.iter().for_each(|byte| hasher.byte(byte.to_ascii_lowercase()));
    Some(hasher.finish())
}

/// The hash of two hashes in order.
pub(crate) const fn join(a: u32, b: u32) -> u32 {
    let x = (((a as u64) << 32) | b as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) as u32
}
