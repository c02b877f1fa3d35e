//! Identifiers that look like each provider's own.
//!
//! They follow from a seed and the request, so the same request is answered with the same bytes: what arrives through a
//! proxy can be compared with what arrives directly.

const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const HEX: &[u8] = b"0123456789abcdef";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// A source of identifiers (SplitMix64, Steele et al. 2014: small, fast, good enough for names).
#[derive(Clone, Debug)]
pub(crate) struct Ids(u64);

impl Ids {
    /// Identifiers of one request: FNV-1a over what it says, started at the seed.
    pub(crate) fn of(seed: u64, path: &str, body: &[u8]) -> Self {
        let hash =
            path.bytes().chain(body.iter().copied()).fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        Self(hash)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound` (not zero).
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len() as u64) as usize])).collect()
    }

    /// Letters and digits.
    pub(crate) fn alnum(&mut self, length: usize) -> String {
        self.pick(ALNUM, length)
    }

    /// Letters and digits without the ones that look alike.
    pub(crate) fn base58(&mut self, length: usize) -> String {
        self.pick(BASE58, length)
    }

    /// Hexadecimal digits.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.pick(HEX, length)
    }

    /// Small letters and digits.
    pub(crate) fn lower(&mut self, length: usize) -> String {
        self.pick(LOWER, length)
    }

    /// A version 4 UUID (RFC 9562, section 5.4).
    pub(crate) fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        uuid::Builder::from_random_bytes(((u128::from(a) << 64) | u128::from(b)).to_be_bytes())
            .into_uuid()
            .to_string()
    }
}
