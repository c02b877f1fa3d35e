//! Unsigned LEB128, for the small integers in stored histograms and ledgers.

/// Appends a number.
pub(crate) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes a number off the front; `None` when it is cut short or larger than 64 bits.
pub(crate) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        if shift == 63 && part > 1 {
            return None;
        }
        value |= part << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #[test]
    fn round_trips_at_the_edges() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            super::put(&mut bytes, value);
            let mut rest = bytes.as_slice();
            assert_eq!(super::take(&mut rest), Some(value));
            assert!(rest.is_empty());
            assert_eq!(super::take(&mut &bytes[..bytes.len() - 1]), None);
        }
        assert_eq!(super::take(&mut [0xff; 10].as_slice()), None);
    }
}
